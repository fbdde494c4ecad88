"""The sums that reports are read from: what they hold, when they are added to, and that a wrong one is found."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from customers.services import create_customer
from customers.tests.races import all_at_once
from metrics.models import CustomerDay, CustomerMonth, EventBatch, OrganizationDay, OrganizationQuarter
from metrics.services import folding
from metrics.services.folding import fold, fold_if_due, rebuild
from metrics.services.verification import Difference, differences
from metrics.tasks import fold_what_is_left
from metrics.tests.sending import event, send
from organizations.models import Organization

pytestmark = pytest.mark.django_db

# A day and a month end between the second and the third.
MOMENTS = (
    "2026-01-31T00:00:00Z",
    "2026-01-31T23:59:59.999999Z",
    "2026-02-01T00:00:00Z",
    "2026-02-01T00:14:59.5Z",
    "2026-02-01T00:15:00Z",
)


@pytest.fixture
def folded(organization: Organization) -> Organization:
    create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, *[event(timestamp=moment) for moment in MOMENTS])
    send(organization, event("nobody", timestamp=MOMENTS[0]))
    assert fold(organization.id) == 2
    return organization


def verify(*arguments: str) -> str:
    output = io.StringIO()
    call_command("verify_rollups", *arguments, stdout=output)
    return output.getvalue()


def test_what_they_hold(folded: Organization) -> None:
    january, february = datetime.date(2026, 1, 31), datetime.date(2026, 2, 1)
    assert dict(OrganizationDay.objects.values_list("day", "events")) == {january: 3, february: 3}
    quarters = OrganizationQuarter.objects.order_by("quarter").values_list("quarter", "events")
    assert [(f"{quarter:%dT%H:%M}", events) for quarter, events in quarters] == [
        ("31T00:00", 2),
        ("31T23:45", 1),
        ("01T00:00", 2),
        ("01T00:15", 1),
    ]
    days = CustomerDay.objects.order_by("day").values_list("day", "events", "quarters")
    assert list(days) == [
        (january, 2, "1" + "0" * 94 + "1"),
        (february, 3, "11" + "0" * 94),
    ]
    assert sorted(CustomerMonth.objects.values_list("month", flat=True)) == [
        datetime.date(2026, 1, 1),
        datetime.date(2026, 2, 1),
    ]


def test_later_and_backdated_events_are_added(folded: Organization) -> None:
    send(folded, *[event(timestamp=moment) for moment in MOMENTS], event(timestamp="2001-01-01T00:00:00Z"))
    fold(folded.id)
    assert sum(CustomerDay.objects.values_list("events", flat=True)) == 11
    assert CustomerMonth.objects.count() == 3
    assert differences(folded) == []


def test_each_organization_has_its_own(folded: Organization, stranger: Organization) -> None:
    send(stranger, event())
    assert fold(folded.id) == 0
    assert EventBatch.objects.get().organization_id == stranger.id


class TestWhenTheyAreAddedTo:
    @pytest.mark.parametrize(
        ("sizes", "due"), [((3, 3), False), ((3, 4), True), ((7,), True), ((1, 1, 1), True)]
    )
    def test_they_are_when_it_is_worth_it(
        self, sizes: tuple[int, ...], due: bool, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "DUE_EVENTS", 7)
        monkeypatch.setattr(folding, "DUE_BATCHES", 3)
        for size in sizes:
            send(organization, *[event()] * size)
        fold_if_due(organization.id)
        assert EventBatch.objects.exists() == (not due)

    @pytest.mark.django_db(transaction=True)
    def test_they_are_right_behind_a_call(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "DUE_EVENTS", 2)
        send(organization, event())
        assert EventBatch.objects.count() == 1
        send(organization, event())
        assert not EventBatch.objects.exists()
        assert differences(organization) == []

    @pytest.mark.django_db(transaction=True)
    def test_a_call_does_not_wait_for_a_rebuild(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "DUE_EVENTS", 1)
        with transaction.atomic():
            rebuild(organization.id)
            [ingested] = all_at_once([lambda: send(organization, event())])
        assert ingested.inserted == 1
        assert EventBatch.objects.count() == 1
        assert differences(organization) == []

    @pytest.mark.django_db(transaction=True)
    def test_a_call_that_cannot_add_succeeds_all_the_same(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "DUE_EVENTS", 1)
        monkeypatch.setattr(folding, "_OF_CUSTOMERS", "SELECT 1 / 0")
        assert send(organization, event()).inserted == 1
        assert EventBatch.objects.count() == 1


class TestVerification:
    def test_it_finds_nothing_where_nothing_is_wrong(self, folded: Organization) -> None:
        send(folded, event())
        assert verify() == verify(folded.slug) == "The rollups and tallies are what they sum up.\n"

    def test_it_tells_which_month_it_is_at(self, folded: Organization) -> None:
        send(folded, event(timestamp="2025-10-05T00:00:00Z"))
        progress = io.StringIO()
        call_command("verify_rollups", stdout=io.StringIO(), stderr=progress)
        months = ("2025-10", "2025-11", "2025-12", "2026-01", "2026-02")
        assert progress.getvalue() == "".join(f"{folded.slug}: {month}\n" for month in months)

    def test_it_gives_as_many_of_each_as_asked_for(self, folded: Organization) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE rollup_days SET events = 7")
            cursor.execute("UPDATE rollup_quarters SET events = 9")
        found = differences(folded, limit=1)
        assert [(one.rollup, one.key) for one in found] == [
            ("rollup_days", "2026-01-31"),
            ("rollup_quarters", "2026-01-31 00:00:00"),
        ]

    @pytest.mark.parametrize(
        ("harm", "found"),
        [
            (
                "UPDATE rollup_days SET events = 7 WHERE day = '2026-01-31'",
                Difference("rollup_days", "2026-01-31", "7", "3"),
            ),
            (
                "DELETE FROM rollup_quarters WHERE events = 2 AND quarter < '2026-02-01'",
                Difference("rollup_quarters", "2026-01-31 00:00:00", None, "2"),
            ),
            (
                "INSERT INTO rollup_days SELECT organization_id, '2020-01-01', 1 FROM rollup_days LIMIT 1",
                None,
            ),
            (
                "UPDATE rollup_customer_days SET quarters = quarters | set_bit(quarters, 50, 1) WHERE events = 3",
                None,
            ),
            ("DELETE FROM rollup_customer_months WHERE month = '2026-02-01'", None),
        ],
    )
    def test_it_says_what_differs_and_a_rebuild_mends_it(
        self, harm: str, found: Difference | None, folded: Organization
    ) -> None:
        columns = "(organization_id, day, events)"
        with connection.cursor() as cursor:
            cursor.execute(harm.replace("INTO rollup_days", f"INTO rollup_days {columns}"))
        [difference] = differences(folded)
        assert found is None or difference == found
        with pytest.raises(CommandError, match="1 sums are wrong"):
            verify(folded.slug)
        call_command("rebuild_rollups", stdout=io.StringIO())
        assert differences(folded) == []

    def test_a_rebuild_leaves_what_waits_to_the_next_fold(self, folded: Organization) -> None:
        send(folded, event())
        rebuild(folded.id)
        assert EventBatch.objects.count() == 1
        assert differences(folded) == []
        fold(folded.id)
        assert differences(folded) == []
        assert sum(OrganizationDay.objects.values_list("events", flat=True)) == 7


def test_the_worker_adds_what_no_call_has_added(organization: Organization, stranger: Organization) -> None:
    send(organization, event())
    send(organization, event())
    send(stranger, event())
    fold_what_is_left(timestamp=0)
    assert not EventBatch.objects.exists()
    assert differences(organization) == differences(stranger) == []
