"""Periods are those that the clocks and calendars of a time zone show."""

from __future__ import annotations

import datetime
from itertools import pairwise

import pytest

from metrics.figures.periods import Interval, Span, usual_span
from metrics.figures.pieces import Unit, pieces_of, quarters_of
from metrics.tests.worlds import clock_period
from organizations.time_zones import names, time_zone

ALL_UNITS = (Unit.MONTH, Unit.DAY, Unit.QUARTER)


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


def span(start: str, end: str, interval: str, zone: str = "UTC") -> Span:
    return Span(at(start), at(end), Interval(interval), time_zone(zone))


def starts(found: Span) -> list[str]:
    return [start.strftime("%d %H:%M") for start in found.periods]


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        (
            "Europe/Berlin",
            "2025-03-29T00:00+01:00",
            "2025-04-01T00:00+02:00",
            ["28 23:00", "29 23:00", "30 22:00"],
        ),
        (
            "Europe/Berlin",
            "2025-10-25T00:00+02:00",
            "2025-10-28T00:00+01:00",
            ["24 22:00", "25 22:00", "26 23:00"],
        ),
        # Clocks are set forward at midnight: the day begins at 01:00.
        ("America/Sao_Paulo", "2017-10-14T12:00Z", "2017-10-16T12:00Z", ["14 03:00", "15 03:00", "16 02:00"]),
        # They are set back at midnight: the day before goes on for an hour.
        ("America/Sao_Paulo", "2018-02-17T12:00Z", "2018-02-19T12:00Z", ["17 02:00", "18 03:00", "19 03:00"]),
        # At 01:00 they are set back to midnight, which comes twice.
        ("America/Havana", "2020-10-31T12:00Z", "2020-11-02T12:00Z", ["31 04:00", "01 04:00", "02 05:00"]),
        # The 30th isn't there.
        ("Pacific/Apia", "2011-12-29T12:00Z", "2011-12-31T12:00Z", ["29 10:00", "30 10:00", "31 10:00"]),
        ("Asia/Kathmandu", "2026-01-01T00:00Z", "2026-01-02T00:00Z", ["31 18:15", "01 18:15"]),
    ],
)
def test_days(zone: str, start: str, end: str, expected: list[str]) -> None:
    assert starts(span(start, end, "day", zone)) == expected


def test_clocks_that_are_set_back_over_midnight_show_the_day_before_once_more() -> None:
    # At 00:01 to 23:01 of the day before.
    found = span("2006-10-28T12:00Z", "2006-10-30T00:00Z", "day", "America/St_Johns")
    assert starts(found) == ["28 02:30", "29 02:30"]
    assert [(cut.start.strftime("%H:%M"), cut.period) for cut in found.cuts] == [
        ("12:00", 0),
        ("02:30", 1),
        ("02:31", 0),
        ("03:30", 1),
    ]


def test_an_hour_ends_where_clocks_are_set() -> None:
    assert starts(span("2025-10-26T00:00Z", "2025-10-26T02:00Z", "hour", "Europe/Berlin")) == [
        "26 00:00",
        "26 01:00",
    ]
    # By half an hour, at 02:00 to 01:30: half an hour that is shown twice is a period of its own.
    found = starts(span("2021-04-03T13:40Z", "2021-04-03T16:00Z", "hour", "Australia/Lord_Howe"))
    assert found == ["03 13:00", "03 14:00", "03 15:00", "03 15:30"]


@pytest.mark.parametrize("interval", list(Interval))
def test_every_zone_of_a_year_is_divided_as_its_clocks_show(interval: Interval) -> None:
    """Every cut begins and ends in the period that it is said to belong to, and there is no gap."""
    for name in sorted(names()):
        start = datetime.datetime(2024, 3, 1, 0, 7, tzinfo=datetime.UTC)
        found = Span(start, start + datetime.timedelta(days=40), interval, time_zone(name))
        assert (found.cuts[0].start, found.cuts[-1].end) == (found.start, found.end)
        assert all(one.end == two.start for one, two in pairwise(found.cuts))
        for cut in found.cuts:
            shown = clock_period(found.periods[cut.period], interval, found.zone)
            for moment in (cut.start, cut.end - datetime.timedelta(microseconds=1)):
                assert clock_period(moment, interval, found.zone) == shown, (name, cut)


def test_the_usual_range_ends_now_and_begins_with_a_period() -> None:
    found = usual_span(Interval.DAY, time_zone("America/New_York"), end=at("2026-03-20T12:00Z"))
    assert (found.start, len(found.periods)) == (at("2026-02-19T05:00Z"), 30)
    assert len(usual_span(Interval.MONTH, time_zone("UTC"), end=at("2026-03-01T00:00Z")).periods) == 12


@pytest.mark.parametrize(
    ("found", "start", "end"),
    [
        (("2026-03-01T00:00Z", "2026-04-01T00:00Z", "month"), "2026-02-01T00:00Z", "2026-03-01T00:00Z"),
        (("2026-03-01T00:00Z", "2026-03-12T06:00Z", "month"), "2026-02-01T00:00Z", "2026-02-12T06:00Z"),
        (("2026-03-31T00:00Z", "2026-04-01T00:00Z", "day"), "2026-03-30T00:00Z", "2026-03-31T00:00Z"),
        (("2024-02-29T00:00Z", "2024-03-01T00:00Z", "year"), "2023-02-28T00:00Z", "2023-03-01T00:00Z"),
        (("2026-01-01T05:00Z", "2026-01-01T08:00Z", "hour"), "2026-01-01T02:00Z", "2026-01-01T05:00Z"),
        (("2026-03-30T00:00Z", "2026-03-31T00:00Z", "month"), "2026-02-28T00:00Z", "2026-03-30T00:00Z"),
    ],
)
def test_what_a_range_is_compared_with(found: tuple[str, str, str], start: str, end: str) -> None:
    before = span(*found).before()
    assert (before.start, before.end) == (at(start), at(end))


def test_the_month_before_is_the_calendars_in_its_zone() -> None:
    march = span("2026-03-01T00:00-05:00", "2026-04-01T00:00-04:00", "month", "America/New_York")
    assert (march.before().start, march.before().end) == (at("2026-02-01T00:00-05:00"), march.start)


def test_a_range_is_made_of_the_coarsest_sums() -> None:
    found = span("2025-11-29T22:10Z", "2026-02-01T01:20Z", "year").cuts
    assert [
        (piece.unit.value, piece.start.strftime("%d %H:%M"), piece.end.strftime("%d %H:%M"), piece.period)
        for piece in pieces_of(found, ALL_UNITS)
    ] == [
        ("event", "29 22:10", "29 22:15", 0),
        ("quarter", "29 22:15", "30 00:00", 0),
        ("day", "30 00:00", "01 00:00", 0),
        ("month", "01 00:00", "01 00:00", 0),
        ("month", "01 00:00", "01 00:00", 1),
        ("quarter", "01 00:00", "01 01:15", 1),
        ("event", "01 01:15", "01 01:20", 1),
    ]


def test_quarters_of_an_hour_are_of_one_day() -> None:
    found = pieces_of(span("2026-01-01T23:30Z", "2026-01-02T00:30Z", "week").cuts, ALL_UNITS)
    assert [quarters_of(piece).index("1") for piece in found] == [94, 0]
    assert [quarters_of(piece).count("1") for piece in found] == [2, 2]


@pytest.mark.parametrize(
    ("start", "end", "interval", "expected"),
    [
        ("2026-01-01T00:00+01:00", "2026-01-04T00:00+01:00", "day", set()),
        ("2026-01-01T00:00+01:00", "2026-01-04T00:01+01:00", "day", {3}),
        ("2026-01-01T00:01+01:00", "2026-01-04T00:00+01:00", "day", {0}),
        ("2026-01-01T12:00+01:00", "2026-01-01T13:00+01:00", "day", {0}),
        ("2026-01-01T00:00+01:00", "2026-02-01T00:00+01:00", "week", {0, 4}),
        ("2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00", "year", set()),
        ("2026-10-25T02:00+02:00", "2026-10-25T02:30+01:00", "hour", {1}),
    ],
)
def test_periods_in_part_are_those_that_the_range_cuts(
    start: str, end: str, interval: str, expected: set[int]
) -> None:
    assert span(start, end, interval, "Europe/Berlin").in_part == expected


def test_a_usual_range_may_have_another_number_of_periods() -> None:
    found = usual_span(Interval.DAY, time_zone("Europe/Berlin"), end=at("2026-03-30T12:00+02:00"), count=3)
    assert found.start == at("2026-03-28T00:00+01:00")
    assert len(found.periods) == 3
