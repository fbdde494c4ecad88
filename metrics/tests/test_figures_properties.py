"""Whatever happened, in whatever order, and whichever time zone and range are asked about: what a report says is what
counting every row one by one gives."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from customers.tests.test_properties import undone
from metrics.figures import of_everyone, of_subjects
from metrics.figures.figures import ALL_FIGURES, Figure, Source, sources_of
from metrics.figures.of_subjects import Subject, usage_params
from metrics.figures.periods import Interval, Span
from metrics.figures.ranking import Order, Place, Ranked, read_ranking
from metrics.figures.report import read_report
from metrics.services import binding
from metrics.tests.worlds import (
    OWN_IDS,
    World,
    by_customer,
    by_period,
    counted,
    of_subject,
    rows_of,
)
from organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

# A zone, and a day about which its clocks do something.
ZONES = (
    ("UTC", datetime.datetime(2026, 1, 1)),
    ("Europe/Berlin", datetime.datetime(2025, 3, 30)),
    ("America/New_York", datetime.datetime(2025, 11, 2)),
    ("Asia/Kathmandu", datetime.datetime(2025, 6, 1)),
    ("Australia/Lord_Howe", datetime.datetime(2021, 4, 3)),
    ("America/St_Johns", datetime.datetime(2006, 10, 29)),
    ("America/Sao_Paulo", datetime.datetime(2017, 10, 15)),
    ("Pacific/Apia", datetime.datetime(2011, 12, 30)),
    ("Africa/Casablanca", datetime.datetime(2024, 3, 10)),
)
LENGTHS = {"hour": 50, "day": 24 * 9, "week": 24 * 40, "month": 24 * 200, "year": 24 * 1200}
# As it is, and with everybody busy who has an event.
WAYS = st.sampled_from([usage_params, lambda cuts: {**usage_params(cuts), "enough": "1"}])
MINUTES = st.sampled_from([0, 0, 0, 15, 30, 7, 59])


@st.composite
def spans(draw: st.DrawFn) -> Span:
    name, day = draw(st.sampled_from(ZONES))
    zone = ZoneInfo(name)
    interval = draw(st.sampled_from(list(Interval)))
    length = draw(st.integers(1, LENGTHS[interval]))
    local = day - datetime.timedelta(hours=draw(st.integers(0, length)), minutes=draw(MINUTES))
    start = local.replace(tzinfo=zone).astimezone(datetime.UTC)
    end = start + datetime.timedelta(
        hours=length, minutes=draw(MINUTES), microseconds=draw(st.integers(0, 1))
    )
    return Span(start, end, interval, zone)


def moments_about(span: Span) -> list[datetime.datetime]:
    """Where it is decided which period something lies in: about the ends of the range, of periods, of UTC's days."""
    tick = datetime.timedelta(microseconds=1)
    edges = {span.start, span.end, *[cut.start for cut in span.cuts][:40], *span.periods[:3]}
    for edge in [*edges]:
        day = edge.replace(hour=0, minute=0, second=0, microsecond=0)
        edges |= {day, day + datetime.timedelta(days=1), edge + datetime.timedelta(hours=7, minutes=3)}
    now = datetime.datetime.now(datetime.UTC)  # a range may end later, and events don't
    return sorted(moment for edge in edges for moment in (edge - tick, edge, edge + tick) if moment < now)


generated = settings(
    max_examples=30,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # a made-up life of a business doesn't get simpler by taking parts away
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@generated
@given(span=spans(), seed=st.integers(0, 2**32), data=st.data())
def test_a_report_is_what_counting_gives(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, span: Span, seed: int, data: Any
) -> None:
    monkeypatch.setattr(binding, "CHUNK", 2)
    monkeypatch.setattr(of_subjects, "usage_params", data.draw(WAYS))
    with undone():
        world = World(organization, moments_about(span), seed)
        world.live_for(30)
        rows = list(rows_of(organization))
        # Who was active is counted in another way where there are more periods than bits.
        for bits in (63, 2):
            monkeypatch.setattr(of_everyone, "_BITS", bits)
            assert_same(organization, span, None, rows)
        everyone = list(Customer.objects.for_organization(organization).values_list("id", flat=True))
        own_ids = tuple(data.draw(st.lists(st.sampled_from([*OWN_IDS, "nobody"]), min_size=1, max_size=4)))
        assert_same(organization, span, Subject(external_customer_ids=own_ids), rows)
        if everyone:
            customer_id = data.draw(st.sampled_from(everyone))
            assert_same(organization, span, Subject(customer_id=customer_id), rows)
            assert_same(organization, span, Subject(own_ids, customer_id), rows)


def assert_same(organization: Organization, span: Span, subject: Subject | None, rows: list[Any]) -> None:
    if subject is not None:
        rows = of_subject(organization, rows, subject.external_customer_ids or (), subject.customer_id)
    expected = by_period(rows, span.start, span.end, span.interval, span.zone)
    within = [row for period in expected for row in period]
    currencies = sorted({row.currency for row in within} - {""})
    report = read_report(organization=organization, span=span, subject=subject)
    told = [period.figures.values(ALL_FIGURES) for period in report.periods]
    assert told == [counted(period, currencies) for period in expected]
    assert report.totals.values(ALL_FIGURES) == counted(within, currencies)


@generated
@given(span=spans(), seed=st.integers(0, 2**32), data=st.data())
def test_a_ranking_is_what_counting_gives(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, span: Span, seed: int, data: Any
) -> None:
    monkeypatch.setattr(binding, "CHUNK", 2)
    with undone():
        world = World(organization, moments_about(span), seed)
        world.live_for(30)
        rows = list(rows_of(organization))
        monkeypatch.setattr(of_subjects, "usage_params", data.draw(WAYS))
        figures = data.draw(st.lists(st.sampled_from(ALL_FIGURES), min_size=1, max_size=9, unique=True))
        order = Order(data.draw(st.sampled_from(figures)), data.draw(st.booleans()), "usd")
        everyone = list(Customer.objects.for_organization(organization).values_list("id", flat=True))
        own_ids = tuple(data.draw(st.lists(st.sampled_from([*OWN_IDS, "nobody"]), min_size=1, max_size=4)))
        subjects = [None, Subject(external_customer_ids=own_ids)]
        if everyone:
            subjects.append(Subject(customer_id=data.draw(st.sampled_from(everyone))))
        for subject in subjects:
            assert_ranked(organization, span, figures, order, subject, rows)


def assert_ranked(
    organization: Organization,
    span: Span,
    figures: list[Figure],
    order: Order,
    subject: Subject | None,
    rows: list[Any],
) -> None:
    within = [row for row in rows if span.start <= row.at < span.end]
    currencies = sorted({row.currency for row in within} - {""})
    mine = within
    if subject is not None:
        mine = of_subject(organization, within, subject.external_customer_ids or (), subject.customer_id)
    deleted = subject is not None and subject.customer_id is not None
    sources = sources_of(figures)
    groups = by_customer(organization, mine, deleted=deleted)
    expected = {}
    for whose, found in groups.items():
        told = counted(found, currencies)
        if any(told[figure.value] for figure in shown_by(sources)):
            expected[whose] = told
    walked = walk(organization, span, figures, order, subject)
    assert {row.customer_id or row.external_customer_id: row.figures.values(figures) for row in walked} == {
        whose: {figure.value: told[figure.value] for figure in figures} for whose, told in expected.items()
    }
    assert len(walked) == len(expected)
    values = [
        value_of(counted(groups[row.customer_id or row.external_customer_id], ["usd"]), order)
        for row in walked
    ]
    assert values == sorted(values, reverse=order.descending)


def shown_by(sources: set[Source]) -> list[Figure]:
    """The figures of which one is above zero where there is anything of these sources."""
    whole = {
        Source.ORDERS: Figure.ORDERS,
        Source.CHECKOUTS: Figure.CHECKOUTS,
        Source.CUSTOMERS: Figure.NEW_CUSTOMERS,
        Source.ACTIVE: Figure.ACTIVE_CUSTOMERS,
        Source.EVENTS: Figure.EVENTS,
    }
    return [whole[source] for source in sources]


def value_of(told: dict[str, Any], order: Order) -> float:
    value = told[order.figure.value]
    if isinstance(value, dict):
        value = value["usd"]
    return float("-inf" if order.descending else "inf") if value is None else value


def walk(
    organization: Organization, span: Span, figures: list[Figure], order: Order, subject: Subject | None
) -> list[Ranked]:
    """All rows, page by page, and back again to see that they are the same."""
    fixed: dict[str, Any] = {
        "organization": organization,
        "start": span.start,
        "end": span.end,
        "figures": figures,
        "order": order,
        "subject": subject,
    }
    pages = [read_ranking(**fixed, limit=2)]
    assert not pages[0].has_previous
    while pages[-1].has_next:
        last = pages[-1].rows[-1]
        pages.append(read_ranking(**fixed, limit=2, place=Place(last.value, last.key)))
        assert pages[-1].has_previous
    for later, earlier in zip(pages[:0:-1], pages[-2::-1], strict=True):
        first = later.rows[0]
        back = read_ranking(**fixed, limit=2, place=Place(first.value, first.key, backward=True))
        assert back == replace(earlier, has_next=True)
    return [row for page in pages for row in page.rows]
