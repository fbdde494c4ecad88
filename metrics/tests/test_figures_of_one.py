"""The figures of one customer: whether its events are counted one by one or by their sums, and what that takes."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.services import create_customer
from metrics.figures.figures import ALL_FIGURES, Figure
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Interval, Span
from metrics.figures.report import Report, read_report
from metrics.services import folding
from metrics.tests.sending import event, send
from organizations.ids import new_id
from organizations.models import Organization
from organizations.services import create_organization

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def report_on(
    organization: Organization,
    own_id: str,
    days: int = 3,
    interval: Interval = Interval.DAY,
    zone: str = "UTC",
) -> Report:
    span = Span(START, START + days * DAY, interval, ZoneInfo(zone))
    return read_report(organization=organization, span=span, subject=Subject((own_id,)))


def events_of(report: Report) -> list[int]:
    return [period.figures.events for period in report.periods]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 40])
def test_few_and_many_events_are_counted_alike(
    count: int, folded: bool, zone: str, organization: Organization
) -> None:
    """A day's sum is read of three days, so three events are many."""
    create_customer(organization=organization, external_customer_id="cust_1")
    at = (START + DAY).isoformat()
    send(organization, *[event("cust_1", timestamp=at)] * count)
    if folded:
        folding.fold(organization.id)
    send(organization, event("cust_1", timestamp=(START - DAY).isoformat()))
    report = report_on(organization, "cust_1", zone=zone)
    assert [events for events in events_of(report) if events] == [count]
    assert report.totals.events == count
    assert report.totals.active_customers == 1


def test_of_two_customers_one_has_many(organization: Organization) -> None:
    for own_id in ("few", "many"):
        create_customer(organization=organization, external_customer_id=own_id)
    sent = [event("many", timestamp=START.isoformat())] * 9
    send(organization, *sent, event("few", timestamp=START.isoformat()))
    folding.fold(organization.id)
    send(organization, *sent, event("few", timestamp=(START + DAY).isoformat()))
    span = Span(START, START + 3 * DAY, Interval.DAY, ZoneInfo("UTC"))
    report = read_report(organization=organization, span=span, subject=Subject(("few", "many")))
    assert events_of(report) == [19, 1, 0]
    assert [period.figures.active_customers for period in report.periods] == [2, 1, 0]
    assert report.totals.active_customers == 2


def test_what_is_prepared_is_everyones_and_what_it_says_isnt(organization: Organization) -> None:
    """One after the other on one connection: organizations, customers, zones, ranges and intervals."""
    other = create_organization(slug="other", name="Other")
    for whose, own_id, events in ((organization, "a", 1), (organization, "b", 2), (other, "a", 9)):
        create_customer(organization=whose, external_customer_id=own_id)
        send(whose, *[event(own_id, timestamp=(START + DAY / 24).isoformat())] * events)
    for _ in range(7):  # PostgreSQL plans anew five times before it keeps a plan
        assert events_of(report_on(organization, "a")) == [1, 0, 0]
        assert events_of(report_on(other, "a")) == [9, 0, 0]
        assert events_of(report_on(organization, "b")) == [2, 0, 0]
        assert events_of(report_on(other, "b")) == [0, 0, 0]
        assert events_of(report_on(organization, "b", zone="America/New_York")) == [2, 0, 0, 0]
        assert events_of(report_on(organization, "b", interval=Interval.MONTH)) == [2]
        assert events_of(report_on(organization, "b", days=1, interval=Interval.HOUR))[:3] == [0, 2, 0]


def test_whatever_is_asked_of_a_customer_takes_one_query_of_a_few(organization: Organization) -> None:
    """Each other query is kept prepared by every connection."""
    span = Span(START, START + 3 * DAY, Interval.DAY, ZoneInfo("UTC"))
    asked = [
        *[(figure,) for figure in ALL_FIGURES],
        (Figure.ORDERS, Figure.EVENTS),
        (Figure.NEW_CUSTOMERS, Figure.ACTIVE_CUSTOMERS),
        (Figure.REVENUE, Figure.CHECKOUTS),
        ALL_FIGURES,
    ]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        for figures in asked:
            for own_ids in (("a",), ("a", "b", "c")):
                read_report(organization=organization, span=span, figures=figures, subject=Subject(own_ids))
    assert len(captured) == 2 * len(asked)
    assert len({query["sql"] for query in captured}) == 3


@pytest.mark.parametrize("figures", [ALL_FIGURES, (Figure.EVENTS,), (Figure.ORDERS,)])
@pytest.mark.parametrize(
    "subject",
    [Subject(("a",)), Subject(("a", "b")), Subject(customer_id=new_id()), Subject(("a",), new_id())],
)
def test_it_isnt_planned_anew(
    subject: Subject, figures: tuple[Figure, ...], organization: Organization
) -> None:
    """More than the five times that PostgreSQL takes to find out what that costs."""
    span = Span(START, START + 30 * DAY, Interval.DAY, ZoneInfo("UTC"))

    def planned() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(sum(custom_plans), 0) FROM pg_prepared_statements")
            return int(cursor.fetchone()[0])

    before = planned()
    for _ in range(8):
        read_report(organization=organization, span=span, figures=figures, subject=subject)
    assert planned() - before <= 5


def test_what_isnt_asked_for_isnt_told(organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, event("cust_1", timestamp=START.isoformat()))
    span = Span(START, START + DAY, Interval.DAY, ZoneInfo("UTC"))
    figures = (Figure.ORDERS, Figure.ACTIVE_CUSTOMERS)
    totals = read_report(
        organization=organization, span=span, figures=figures, subject=Subject(("cust_1",))
    ).totals
    assert (totals.active_customers, totals.events) == (1, 0)
