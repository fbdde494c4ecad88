"""The tallies that reports are read from: every sale and every new customer is in them, or marked, once."""

from __future__ import annotations

import datetime
import importlib
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from checkout.models import CheckoutSession
from checkout.services.moves import begin_payment, complete_session, expire_session
from checkout.tests.factories import a_session, paid
from customers.models import Customer
from customers.services import create_customer, delete_customer
from customers.tests.races import all_at_once, while_uncommitted
from metrics.figures.periods import Interval, Span
from metrics.figures.report import read_report
from metrics.models import TallyDay, TallyMark, TallyQuarter
from metrics.services.tallies import add_marks, rebuild_tallies
from metrics.services.verification import Difference, differences
from metrics.tasks import add_marks as add_marks_of_all
from organizations.models import Organization

pytestmark = pytest.mark.django_db

DAY = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
MOMENT = DAY.replace(hour=18, minute=29, second=59)
QUARTER = DAY.replace(hour=18, minute=15)


def marks() -> list[tuple[Any, ...]]:
    """What is marked, without what nothing is left of, as source, currency, count and amount."""
    found = TallyMark.objects.order_by("id").values_list("source", "currency", "count", "amount")
    return [(source, currency, count, int(amount)) for source, currency, count, amount in found]


def report_on(organization: Organization, zone: str = "UTC", days: int = 1) -> dict[str, Any]:
    """The totals of the days from DAY, as the zone's calendar has them."""
    start = DAY.replace(tzinfo=ZoneInfo(zone)).astimezone(datetime.UTC)
    span = Span(start, start + datetime.timedelta(days=days), Interval.DAY, ZoneInfo(zone))
    totals = read_report(organization=organization, span=span).totals
    return {
        "orders": totals.orders,
        "revenue": totals.revenue,
        "checkouts": totals.checkouts,
        "succeeded": totals.succeeded_checkouts,
        "customers": totals.new_customers,
    }


def customers_of(organization: Organization, *moments: datetime.datetime) -> list[Customer]:
    """One that came at each moment, all written at once."""
    return Customer.objects.bulk_create(
        [Customer(organization=organization, created_at=moment) for moment in moments]
    )


class TestMarks:
    def test_each_write_leaves_what_it_adds(self, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        session = a_session(organization, customer=customer)
        expire_session(session=a_session(organization))
        order = complete_session(session=begin_payment(session=session))
        assert marks() == [
            ("customers", "", 1, 0),
            ("checkouts", "", 1, 0),
            ("checkouts", "", 1, 0),
            ("checkouts", "", 0, 1),
            ("orders", "usd", 1, order.amount_total),
        ]

    def test_rows_that_are_written_at_once_leave_one_for_each_quarter_of_an_hour(
        self, organization: Organization
    ) -> None:
        customers_of(organization, MOMENT, MOMENT, MOMENT + datetime.timedelta(seconds=1))
        assert sorted(TallyMark.objects.values_list("quarter", "count")) == [
            (QUARTER, 2),
            (QUARTER + datetime.timedelta(minutes=15), 1),
        ]

    def test_a_row_whose_transaction_fails_leaves_none(self, organization: Organization) -> None:
        with transaction.atomic():
            create_customer(organization=organization)
            transaction.set_rollback(True)
        assert marks() == []

    def test_other_changes_leave_none(self, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        session = a_session(organization, customer=customer)
        TallyMark.objects.all().delete()
        delete_customer(customer=customer, anonymize=True)
        CheckoutSession.objects.filter(id=session.id).update(customer_name="Ann")
        Customer.objects.filter(id=customer.id).update(created_at=customer.created_at)
        assert marks() == []

    def test_a_customer_may_turn_out_to_have_come_at_another_time(self, organization: Organization) -> None:
        [customer] = customers_of(organization, MOMENT)
        add_marks(organization.id)
        Customer.objects.filter(id=customer.id).update(created_at=MOMENT - datetime.timedelta(days=1))
        assert report_on(organization)["customers"] == 0
        add_marks(organization.id)
        assert report_on(organization)["customers"] == 0
        assert differences(organization) == []


def test_what_tallies_hold(organization: Organization) -> None:
    customers_of(organization, MOMENT, MOMENT)
    customers_of(organization, MOMENT, DAY, DAY + datetime.timedelta(days=1))
    assert add_marks(organization.id) == 4
    assert marks() == []
    assert sorted(TallyQuarter.objects.values_list("quarter", "source", "currency", "count", "amount")) == [
        (DAY, "customers", "", 1, Decimal(0)),
        (QUARTER, "customers", "", 3, Decimal(0)),
        (DAY + datetime.timedelta(days=1), "customers", "", 1, Decimal(0)),
    ]
    assert sorted(TallyDay.objects.values_list("day", "count")) == [
        (DAY.date(), 4),
        (DAY.date() + datetime.timedelta(days=1), 1),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_a_report_is_the_same_before_and_after_they_are_added(zone: str, organization: Organization) -> None:
    customers_of(organization, MOMENT, MOMENT - datetime.timedelta(minutes=20))
    first = report_on(organization, zone)
    assert first["customers"] == (1 if zone == "Asia/Kathmandu" else 2)
    add_marks(organization.id)
    assert report_on(organization, zone) == first
    assert differences(organization) == []


def test_a_report_reads_them_and_not_the_rows(organization: Organization) -> None:
    customers_of(organization, MOMENT)
    add_marks(organization.id)
    TallyDay.objects.update(count=7)
    TallyQuarter.objects.update(count=8)
    assert report_on(organization)["customers"] == 7
    assert report_on(organization, "America/New_York")["customers"] == 8


def test_each_organization_has_its_own(organization: Organization, stranger: Organization) -> None:
    customers_of(organization, MOMENT)
    customers_of(stranger, MOMENT, MOMENT)
    assert add_marks(organization.id) == 1
    assert report_on(organization)["customers"] == 1
    assert report_on(stranger)["customers"] == 2
    assert TallyMark.objects.get().organization_id == stranger.id


def test_the_worker_adds_them_of_everyone(organization: Organization, stranger: Organization) -> None:
    customers_of(organization, MOMENT)
    customers_of(stranger, MOMENT)
    add_marks_of_all(timestamp=0)
    assert marks() == []
    assert differences(organization) == differences(stranger) == []


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_adding_them_twice_at_a_time_adds_them_once(self, organization: Organization) -> None:
        for _ in range(8):
            customers_of(organization, MOMENT)
        added = all_at_once([lambda: add_marks(organization.id)] * 3)
        assert sum(added) + add_marks(organization.id) == 8
        assert report_on(organization)["customers"] == 8
        assert differences(organization) == []

    @pytest.mark.parametrize("done", [add_marks, rebuild_tallies])
    def test_nobody_waits_for_it(self, done: Callable[[Any], object], organization: Organization) -> None:
        customers_of(organization, MOMENT)
        with transaction.atomic():
            done(organization.id)
            [written] = all_at_once([lambda: customers_of(organization, MOMENT)])
        assert len(written) == 1
        assert report_on(organization)["customers"] == 2
        add_marks(organization.id)
        assert differences(organization) == []

    def test_a_rebuild_and_an_addition_count_a_row_once(self, organization: Organization) -> None:
        customers_of(organization, MOMENT)
        [added] = while_uncommitted(
            lambda: rebuild_tallies(organization.id), [lambda: add_marks(organization.id)]
        )
        assert added == 0
        assert add_marks(organization.id) == 1
        assert report_on(organization)["customers"] == 1
        assert differences(organization) == []

    def test_nobody_adds_behind_a_rebuild_that_waits(self, organization: Organization) -> None:
        customers_of(organization, MOMENT)
        added: list[int] = []
        [rebuilt] = while_uncommitted(
            lambda: add_marks(organization.id),
            [lambda: rebuild_tallies(organization.id)],
            then=lambda: added.extend(all_at_once([lambda: add_marks(organization.id)])),
        )
        assert (rebuilt, added) == (None, [0])
        assert differences(organization) == []

    def test_what_is_completed_while_marks_are_added_succeeds_once(self, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        sessions = [begin_payment(session=a_session(organization, customer=customer)) for _ in range(3)]
        results = all_at_once(
            [
                *[lambda session=session: complete_session(session=session) for session in sessions],
                lambda: add_marks(organization.id),
            ]
        )
        assert not [result for result in results if isinstance(result, Exception)]
        while add_marks(organization.id):
            pass
        assert differences(organization) == []
        assert sum(TallyDay.objects.filter(source="checkouts").values_list("amount", flat=True)) == 3


class TestVerification:
    @pytest.fixture(autouse=True)
    def _sold(self, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        paid(a_session(organization, customer=customer))
        customers_of(organization, MOMENT)
        add_marks(organization.id)

    @pytest.mark.parametrize(
        ("harm", "found"),
        [
            (
                "UPDATE tally_days SET count = 7 WHERE day = '2026-01-31'",
                Difference("tally_days", "2026-01-31 customers", "7 to 0", "1 to 0"),
            ),
            (
                "DELETE FROM tally_quarters WHERE quarter < '2026-02-01'",
                Difference("tally_quarters", "2026-01-31 18:15:00 customers", None, "1 to 0"),
            ),
            ("UPDATE tally_days SET amount = amount + 1 WHERE source = 'orders'", None),
            ("UPDATE tally_quarters SET amount = 0 WHERE source = 'checkouts'", None),
            (
                "INSERT INTO tally_days (organization_id, day, source, currency, count, amount) "
                "SELECT organization_id, '2020-01-01', 'orders', 'eur', 1, 1 FROM tally_days LIMIT 1",
                None,
            ),
        ],
    )
    def test_it_says_what_differs_and_a_rebuild_mends_it(
        self, harm: str, found: Difference | None, organization: Organization
    ) -> None:
        assert differences(organization) == []
        with connection.cursor() as cursor:
            cursor.execute(harm)
        [difference] = differences(organization)
        assert found is None or difference == found
        with pytest.raises(CommandError, match="1 sums are wrong"):
            call_command("verify_rollups", organization.slug, stdout=io.StringIO(), stderr=io.StringIO())
        call_command("rebuild_rollups", stdout=io.StringIO())
        assert differences(organization) == []

    def test_a_lost_mark_is_found(self, organization: Organization) -> None:
        customers_of(organization, MOMENT)
        TallyMark.objects.all().delete()
        assert [difference.rollup for difference in differences(organization)] == [
            "tally_days",
            "tally_quarters",
        ]


def test_the_migration_adds_what_was_there_before_marks(organization: Organization) -> None:
    paid(a_session(organization, customer=create_customer(organization=organization)))
    TallyMark.objects.all().delete()
    customers_of(organization, MOMENT)
    with connection.cursor() as cursor:
        cursor.execute(importlib.import_module("metrics.migrations.0009_tallies_filled").FILL)
    assert marks() == [("customers", "", 1, 0)]
    assert differences(organization) == []
    add_marks(organization.id)
    assert differences(organization) == []
