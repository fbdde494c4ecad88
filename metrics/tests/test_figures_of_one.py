"""The figures of one customer: whether its events are counted one by one or by their sums, and what that takes."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from customers.services import create_customer
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Interval, Span
from metrics.figures.report import Report, read_report
from metrics.services import folding
from metrics.tests.sending import event, send
from organizations.models import Organization

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
