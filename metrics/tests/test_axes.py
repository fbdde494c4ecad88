"""Where the marks of an axis stand, and what periods are called."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from metrics.axes import time_ticks, value_ticks
from metrics.figures.periods import Interval, Span
from metrics.measures import Counted, Measure, Money, Share, exactly
from metrics.period_names import period_name, range_name
from organizations.time_zones import time_zone

WHOLE = Counted("event", "events")


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


def span(start: str, end: str, interval: str, zone: str = "UTC") -> Span:
    return Span(at(start), at(end), Interval(interval), time_zone(zone))


@pytest.mark.parametrize(
    ("measure", "most", "expected"),
    [
        (WHOLE, 0, [0, 1]),
        (WHOLE, 1, [0, 1]),
        (WHOLE, 3, [0, 1, 2, 3]),
        (WHOLE, 7, [0, 2, 4, 6, 8]),
        (WHOLE, 9, [0, 5, 10]),
        (WHOLE, 1204, [0, 500, 1000, 1500]),
        (WHOLE, 10_000, [0, 2500, 5000, 7500, 10_000]),
        (Money("usd"), 0, [0, 100]),
        (Money("usd"), 3, [0, 1, 2, 3]),
        (Money("usd"), 9_900, [0, 2500, 5000, 7500, 10_000]),
        (Money("jpy"), 3, [0, 1, 2, 3]),
        (Share(), 0, [0, 1]),
        (Share(), 1.0, [0, Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), 1]),
        (Share(), 0.03, [0, Decimal("0.01"), Decimal("0.02"), Decimal("0.03")]),
        (Counted(is_whole=False), 0.5, [0, Decimal("0.2"), Decimal("0.4"), Decimal("0.6")]),
    ],
)
def test_values_stand_at_round_numbers(measure: Measure, most: Any, expected: list[Any]) -> None:
    assert value_ticks(most, measure) == expected


@pytest.mark.parametrize("most", [1, 2, 5, 99, 101, 12_345, 2**53, 2**200, 1e-9, 1e300])
@pytest.mark.parametrize("measure", [Counted(is_whole=False), WHOLE, Money("kwd"), Share()])
def test_values_reach_the_greatest_in_few_steps(measure: Measure, most: Any) -> None:
    ticks = value_ticks(most, measure)
    assert 2 <= len(ticks) <= 6
    assert ticks[-1] >= exactly(most) > ticks[-2]


@pytest.mark.parametrize(
    ("start", "end", "interval", "zone", "expected"),
    [
        ("01-12T00:00Z", "01-13T00:00Z", "hour", "UTC", "Jan 12 03:00 06:00 09:00 12:00 15:00 18:00 21:00"),
        ("01-12T05:00Z", "01-12T09:00Z", "hour", "UTC", "05:00 06:00 07:00 08:00"),
        ("01-12T00:00Z", "01-12T00:30Z", "hour", "UTC", "Jan 12"),
        ("01-28T00:00Z", "02-03T00:00Z", "day", "UTC", "Jan 28 Jan 29 Jan 30 Jan 31 Feb 1 Feb 2"),
        ("01-10T00:00Z", "02-10T00:00Z", "day", "UTC", "Jan 12 Jan 19 Jan 26 Feb 2 Feb 9"),
        ("01-14T00:00Z", "01-14T00:30Z", "week", "UTC", "Jan 12"),
        ("03-01T00:00Z", "12-01T00:00Z", "week", "UTC", "Mar May Jul Sep Nov"),
        # In the last night of summer the clock shows 02:00 twice; the day begins at its midnight all the same.
        (
            "10-25T00:00+02:00",
            "10-26T00:00+01:00",
            "hour",
            "Europe/Berlin",
            "Oct 25 03:00 06:00 09:00 12:00 15:00 18:00 21:00",
        ),
        # Where the clocks skip midnight, the day begins at one.
        (
            "04-23T12:00+02:00",
            "04-24T12:00+03:00",
            "hour",
            "Africa/Cairo",
            "12:00 15:00 18:00 21:00 01:00 03:00 06:00 09:00",
        ),
    ],
)
def test_times_stand_where_something_begins(
    start: str, end: str, interval: str, zone: str, expected: str
) -> None:
    asked = span(f"2026-{start}", f"2026-{end}", interval, zone)
    ticks = time_ticks(asked.periods, asked.interval, asked.zone, at_most=8)
    assert " ".join(tick.label for tick in ticks) == expected


def test_january_is_called_by_its_year() -> None:
    asked = span("2025-09-01T00:00Z", "2026-09-01T00:00Z", "month")
    ticks = time_ticks(asked.periods, asked.interval, asked.zone, at_most=8)
    assert [tick.label for tick in ticks] == ["Sep", "Nov", "2026", "Mar", "May", "Jul"]


def test_years_stand_at_round_ones() -> None:
    asked = span("1900-01-01T00:00Z", "2900-01-01T00:00Z", "year")
    ticks = time_ticks(asked.periods, asked.interval, asked.zone, at_most=8)
    assert [tick.label for tick in ticks] == ["2000", "2200", "2400", "2600", "2800"]


@pytest.mark.parametrize("interval", list(Interval))
@pytest.mark.parametrize("count", [1, 2, 11, 60, 400, 1499])
def test_times_are_as_few_as_there_is_room_for(interval: Interval, count: int) -> None:
    days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.4, "year": 365.2}[interval]
    length = datetime.timedelta(days=min(count * days, 365_000))
    asked = Span(at("1950-05-05T05:05Z"), at("1950-05-05T05:05Z") + length, interval, time_zone("UTC"))
    for at_most in (8, 5):
        ticks = time_ticks(asked.periods, interval, asked.zone, at_most=at_most)
        assert 1 <= len(ticks) <= at_most
        assert len({tick.period for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("start", "interval", "zone", "expected"),
    [
        ("2026-01-12T00:00Z", "day", "UTC", "Jan 12, 2026"),
        ("2026-01-11T23:00Z", "day", "Europe/Berlin", "Jan 12, 2026"),
        ("2026-01-12T00:00Z", "week", "UTC", "Week of Jan 12, 2026"),
        ("2026-01-01T00:00Z", "month", "UTC", "January 2026"),
        ("2026-01-01T00:00Z", "year", "UTC", "2026"),
        ("2026-01-12T05:00Z", "hour", "Europe/Berlin", "Jan 12, 2026, 06:00"),
        ("2026-10-25T00:00Z", "hour", "Europe/Berlin", "Oct 25, 2026, 02:00 (UTC+2)"),
        ("2026-10-25T01:00Z", "hour", "Europe/Berlin", "Oct 25, 2026, 02:00 (UTC+1)"),
        ("2026-10-25T02:00Z", "hour", "Europe/Berlin", "Oct 25, 2026, 03:00"),
        ("2026-04-04T15:00Z", "hour", "Australia/Lord_Howe", "Apr 5, 2026, 01:30 (UTC+10:30)"),
        ("2026-11-01T06:00Z", "hour", "America/New_York", "Nov 1, 2026, 01:00 (UTC-5)"),
    ],
)
def test_a_period_is_called_by_its_zones_calendar(
    start: str, interval: str, zone: str, expected: str
) -> None:
    assert period_name(at(start), Interval(interval), time_zone(zone)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-01T00:00Z", "2026-02-01T00:00Z", "Jan 1 – Jan 31, 2026"),
        ("2025-12-01T00:00Z", "2026-02-01T10:00Z", "Dec 1, 2025 – Feb 1, 2026"),
        ("2026-01-01T00:00Z", "2026-01-02T00:00Z", "Jan 1, 2026"),
        ("2026-01-01T06:00Z", "2026-01-02T06:00Z", "Jan 1, 2026, 06:00 – Jan 2, 2026, 06:00"),
    ],
)
def test_a_range_is_called_by_its_first_and_last_day(start: str, end: str, expected: str) -> None:
    assert range_name(at(start), at(end), time_zone("UTC")) == expected
