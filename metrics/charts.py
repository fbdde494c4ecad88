"""Charts, as templates/metrics/_chart.html draws them: everything is worked out here, in numbers and words.

All places are shares of the drawing's width or height, so that it is as wide as the page while its text stays as large
as the page's. Nothing here touches a database.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from metrics.axes import time_ticks, value_ticks
from metrics.figures.periods import Interval
from metrics.measures import Measure, Number, exactly
from metrics.period_names import period_name

_WIDE_TICKS, _NARROW_TICKS = 8, 5
_MOST_BARS = 62
_BAR, _WIDEST_BAR = 0.7, 9.0


class Kind(enum.StrEnum):
    """Bars are for amounts of a period that can be added up, a line is for a level, or for more than there is room."""

    BARS = "bars"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Point:
    """A period's value; None where there is none, which isn't 0. `is_partial`: a period that isn't in the range whole,
    or isn't over."""

    start: datetime.datetime
    value: Number | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A period in words, and the one that it is compared with."""

    name: str
    value: str
    before_name: str = ""
    before_value: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """In percent. A bar begins at `top` and ends below the drawing."""

    left: str
    width: str
    top: str
    is_partial: bool


@dataclass(frozen=True, slots=True)
class ValueTick:
    top: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    left: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A series over periods, and possibly the one before it. `id` is unique on its page.

    Lines are paths in a field as many units wide as there are periods, and 100 high. `summary` says what a look at the
    drawing does; `marks` has every value.
    """

    id: str
    title: str
    summary: str
    count: int
    marks: list[Mark]
    bars: list[Bar]
    line: str
    area: str
    before_line: str
    value_ticks: list[ValueTick]
    wide_ticks: list[Tick]
    narrow_ticks: list[Tick]


def chart(
    *,
    id: str,
    title: str,
    points: Sequence[Point],
    interval: Interval,
    zone: ZoneInfo,
    measure: Measure,
    before: Sequence[Point] = (),
    kind: Kind = Kind.BARS,
) -> Chart:
    """The chart of `points`, one for each period and at least one. `before` is compared with it period by period, from
    the first on. Bars become a line where they would be too many."""
    values = [point.value for point in points]
    earlier = [point.value for point in before][: len(points)]
    known = [exactly(value) for value in (*values, *earlier) if value is not None]
    ticks = value_ticks(max(known, default=Decimal(0)), measure)
    heights, heights_before = _heights(values, ticks[-1]), _heights(earlier, ticks[-1])
    has_bars = kind == Kind.BARS and len(points) <= _MOST_BARS
    starts = [point.start for point in points]

    def along(at_most: int) -> list[Tick]:
        found = time_ticks(starts, interval, zone, at_most=at_most)
        return [Tick(_percent((tick.period + 0.5) / len(points)), tick.label) for tick in found]

    return Chart(
        id=id,
        title=title,
        summary=_summary(title, points, interval, zone, measure),
        count=len(points),
        marks=list(_marks(points, before, interval, zone, measure)),
        bars=list(_bars(points, heights)) if has_bars else [],
        line="" if has_bars else _line(heights),
        area="" if has_bars else _area(heights),
        before_line=_line(heights_before),
        value_ticks=[
            ValueTick(_percent(1 - tick / ticks[-1]), measure.short(tick, ticks[-1]))
            for tick in reversed(ticks)
        ],
        wide_ticks=along(_WIDE_TICKS),
        narrow_ticks=along(_NARROW_TICKS),
    )


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The course of some values without any words, for beside a number that has them: templates/metrics/_sparkline.html
    draws it. `count` is how many units the field of the paths is wide."""

    count: int
    line: str
    area: str


def sparkline(values: Sequence[Number | None]) -> Sparkline:
    most = max((exactly(value) for value in values if value is not None), default=Decimal(0))
    heights = _heights(values, most or Decimal(1))
    return Sparkline(max(1, len(values)), _line(heights), _area(heights))


def lengths(values: Sequence[Number | None]) -> list[str]:
    """How long the bars of a ranking are, in percent of the longest; templates/metrics/_rank.html draws one."""
    most = max((exactly(value) for value in values if value is not None), default=Decimal(0))
    return [_percent(exactly(value or 0) / most) if most > 0 else "0%" for value in values]


def _heights(values: Sequence[Number | None], top: Decimal) -> list[float | None]:
    """From 0 to 1."""
    return [None if value is None else float(exactly(value) / top) for value in values]


def _bars(points: Sequence[Point], heights: Sequence[float | None]) -> Iterator[Bar]:
    place = 100 / len(points)
    width = min(_BAR * place, _WIDEST_BAR)
    for number, (point, height) in enumerate(zip(points, heights, strict=True)):
        if height:
            left = (number + 0.5) * place - width / 2
            yield Bar(
                f"{_number(left)}%", f"{_number(width)}%", _percent(1 - height), is_partial=point.is_partial
            )


def _stretches(heights: Sequence[float | None]) -> Iterator[list[tuple[str, str]]]:
    """The places of the values between the gaps."""
    stretch: list[tuple[str, str]] = []
    for number, height in enumerate(heights):
        if height is not None:
            stretch.append((_number(number + 0.5), _number(100 - 100 * height)))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _line(heights: Sequence[float | None]) -> str:
    """A value between two gaps is a line of no length, which round ends make a point."""
    return "".join(
        f"M{' '.join(f'{x} {y}' for x, y in stretch)}{'h0' * (len(stretch) == 1)}"
        for stretch in _stretches(heights)
    )


def _area(heights: Sequence[float | None]) -> str:
    return "".join(
        f"M{stretch[0][0]} 100 {' '.join(f'{x} {y}' for x, y in stretch)} {stretch[-1][0]} 100z"
        for stretch in _stretches(heights)
    )


def _marks(
    points: Sequence[Point],
    before: Sequence[Point],
    interval: Interval,
    zone: ZoneInfo,
    measure: Measure,
) -> Iterator[Mark]:
    for number, point in enumerate(points):
        name = period_name(point.start, interval, zone) + ", in part" * point.is_partial
        if number < len(before):
            earlier = before[number]
            yield Mark(
                name,
                measure.text(point.value),
                period_name(earlier.start, interval, zone),
                measure.text(earlier.value),
            )
        else:
            yield Mark(name, measure.text(point.value))


def _summary(
    title: str, points: Sequence[Point], interval: Interval, zone: ZoneInfo, measure: Measure
) -> str:
    first, last = (period_name(points[number].start, interval, zone) for number in (0, -1))
    told = f"{title} by {interval}, {first if first == last else f'{first} to {last}'}."
    known = [point for point in points if point.value is not None]
    if not any(point.value for point in known):
        return f"{told} {f'Always {measure.text(0)}' if known else 'No value at all'}."
    most = max(known, key=_value_of)
    least = min(known, key=_value_of)
    return (
        f"{told} Most: {measure.text(most.value)}, {period_name(most.start, interval, zone)}. "
        f"Least: {measure.text(least.value)}, {period_name(least.start, interval, zone)}."
    )


def _value_of(point: Point) -> Decimal:
    return exactly(point.value or 0)


def _percent(share: float | Decimal) -> str:
    return f"{_number(100 * share)}%"


def _number(value: float | Decimal) -> str:
    """As SVG reads it, to a hundredth of a percent."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
