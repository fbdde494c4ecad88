"""Charts: what is drawn where, and what is said of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string

from metrics.charts import Bar, Chart, Kind, Point, chart, lengths, sparkline
from metrics.figures.periods import Interval
from metrics.measures import Counted, Measure, Money, Share

UTC = ZoneInfo("UTC")
EVENTS = Counted("event", "events")
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 1, 10, tzinfo=datetime.UTC)


def points(values: Sequence[Any], start: datetime.datetime = START) -> list[Point]:
    return [Point(start + DAY * number, value) for number, value in enumerate(values)]


def drawn(values: Sequence[Any], *, measure: Measure = EVENTS, **options: Any) -> Chart:
    facts: dict[str, Any] = {"id": "events", "title": "Events", "interval": Interval.DAY, "zone": UTC}
    return chart(points=points(values), measure=measure, **facts | options)


def html(shown: Chart, **context: str) -> str:
    return render_to_string("metrics/_chart.html", {"chart": shown, **context})


def test_bars_are_as_high_as_their_values_and_stand_in_the_middle_of_their_periods() -> None:
    shown = drawn([5, 0, 20, 10])
    assert [tick.label for tick in shown.value_ticks] == ["20", "15", "10", "5", "0"]
    assert [tick.top for tick in shown.value_ticks] == ["0%", "25%", "50%", "75%", "100%"]
    assert shown.bars == [
        Bar("8%", "9%", "75%", False),
        Bar("58%", "9%", "0%", False),
        Bar("83%", "9%", "50%", False),
    ]
    assert (shown.line, shown.area) == ("", "")


def test_a_line_goes_through_the_middle_of_every_period() -> None:
    shown = drawn([0.25, 1.0, 0.5], measure=Share(), kind=Kind.LINE)
    assert shown.line == "M0.5 75 1.5 0 2.5 50"
    assert shown.area == "M0.5 100 0.5 75 1.5 0 2.5 50 2.5 100z"
    assert shown.bars == []


def test_a_line_has_gaps_where_there_is_no_value_and_a_point_between_two_of_them() -> None:
    shown = drawn([None, 1.0, None, 0.0, 0.5, None], measure=Share(), kind=Kind.LINE)
    assert shown.line == "M1.5 0h0M3.5 100 4.5 50"
    assert [mark.value for mark in shown.marks] == [
        "no value",
        "100.0%",
        "no value",
        "0.0%",
        "50.0%",
        "no value",
    ]


def test_more_periods_than_there_is_room_for_bars_become_a_line() -> None:
    assert len(drawn([1] * 62).bars) == 62
    many = drawn([1] * 63)
    assert many.bars == []
    assert many.line.startswith("M0.5 0 1.5 0 ")


def test_what_is_compared_with_has_the_same_scale() -> None:
    shown = drawn([5, 10], before=points([20, 0], START - 2 * DAY))
    assert shown.before_line == "M0.5 0 1.5 100"
    assert [bar.top for bar in shown.bars] == ["75%", "50%"]
    first, last = shown.marks
    assert (first.name, first.value) == ("Jan 10, 2026", "5 events")
    assert (first.before_name, first.before_value) == ("Jan 8, 2026", "20 events")
    assert (last.before_name, last.before_value) == ("Jan 9, 2026", "0 events")


def test_what_is_compared_with_may_have_fewer_periods_or_more() -> None:
    assert [mark.before_value for mark in drawn([1, 1], before=points([3])).marks] == ["3 events", ""]
    longer = drawn([1, 1], before=points([3, 3, 900]))
    assert [tick.label for tick in longer.value_ticks] == ["3", "2", "1", "0"]


def test_a_period_in_part_says_so() -> None:
    shown = chart(
        id="events",
        title="Events",
        points=[Point(START, 1), Point(START + DAY, 1, is_partial=True)],
        interval=Interval.DAY,
        zone=UTC,
        measure=EVENTS,
    )
    assert [bar.is_partial for bar in shown.bars] == [False, True]
    assert [mark.name for mark in shown.marks] == ["Jan 10, 2026", "Jan 11, 2026, in part"]
    assert html(shown).count("is-partial") == 1


@pytest.mark.parametrize(
    ("values", "measure", "summary"),
    [
        ([3, 1, 9], EVENTS, "Most: 9 events, Jan 12, 2026. Least: 1 event, Jan 11, 2026."),
        ([0, 0, 0], EVENTS, "Always 0 events."),
        ([0, None, 0], Share(), "Always 0.0%."),
        ([None, None, None], Share(), "No value at all."),
        ([150, None, 50], Money("usd"), "Most: 1.50 USD, Jan 10, 2026. Least: 0.50 USD, Jan 12, 2026."),
    ],
)
def test_a_summary_says_what_a_look_does(values: list[Any], measure: Measure, summary: str) -> None:
    assert drawn(values, measure=measure).summary == f"Events by day, Jan 10, 2026 to Jan 12, 2026. {summary}"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("measure", [EVENTS, Money("jpy"), Share(), Counted(is_whole=False)])
@pytest.mark.parametrize(
    "values",
    [[0], [None], [1], [0] * 30, [None] * 30, [2**53 - 1, 0], [2**200, 1], [1] * 1500, [0, None] * 750],
    ids=["zero", "none", "one", "zeros", "nones", "greatest", "huge", "1500", "1500-gaps"],
)
def test_every_series_can_be_drawn(values: list[Any], measure: Measure, kind: Kind) -> None:
    shown = drawn(values, measure=measure, kind=kind)
    places = [bar.top for bar in shown.bars] + [bar.left for bar in shown.bars]
    places += [tick.top for tick in shown.value_ticks] + [tick.left for tick in shown.wide_ticks]
    assert all(0 <= float(place.removesuffix("%")) <= 100 for place in places)
    heights = [float(y) for y in re.findall(r"[ML ]?[\d.]+ ([\d.]+)", shown.line)]
    assert all(0 <= height <= 100 for height in heights)
    assert len(shown.marks) == len(values)
    assert shown.wide_ticks
    assert shown.narrow_ticks


def test_the_page_has_every_value_and_one_period_chosen() -> None:
    page = html(drawn([1204, 7]))
    assert "Jan 10, 2026: <b>1,204 events</b>" in page
    assert page.count('type="radio"') == 2
    assert re.findall(r"<input[^>]*checked><span[^>]*>([^:]*):", page) == ["Jan 11, 2026"]
    assert 'role="img" aria-label="Events by day, Jan 10, 2026 to Jan 11, 2026. Most: 1,204 events' in page


def test_the_page_tells_two_series_apart_in_words() -> None:
    compared = drawn([1, 2], before=points([3, 4], START - 2 * DAY))
    page = html(compared, now_name="January", before_name="December")
    assert re.findall(r"</svg>(\w+)</li>", page) == ["January", "December"]
    assert "<span>Jan 8, 2026: 3 events</span>" in page
    assert "chart-legend" not in html(drawn([1, 2]))


def test_the_page_has_nothing_that_its_policy_forbids() -> None:
    page = html(drawn([1, None, 3], before=points([1, 2, 3])), before_name="Before")
    assert not re.search(r"style|<script|\son\w+=|javascript:|url\(", page)


def test_names_are_escaped() -> None:
    page = html(drawn([1], title='<b>"x"', measure=Counted("<i>", "<i>")))
    assert "<i>" not in page
    assert '<b>"' not in page


def test_a_small_chart_is_the_line_alone() -> None:
    small = sparkline([1, None, 4, 2])
    assert (small.count, small.line) == (4, "M0.5 75h0M2.5 0 3.5 50")
    assert sparkline([0, 0]).line == "M0.5 100 1.5 100"
    assert sparkline([None]).line == ""


def test_ranks_are_measured_by_the_longest() -> None:
    assert lengths([10, 5, 0, None]) == ["100%", "50%", "0%", "0%"]
    assert lengths([0, 0]) == ["0%", "0%"]
    assert lengths([]) == []
