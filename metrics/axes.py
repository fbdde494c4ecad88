"""Where the marks beside a chart stand: at round numbers, and where the clock or the calendar begins something anew."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

from metrics.figures.periods import Interval
from metrics.measures import Measure, Number, exactly

_ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_STEPS = 4
_INSTANT = datetime.timedelta(microseconds=1)


def value_ticks(most: Number, measure: Measure) -> list[Decimal]:
    """From 0 up to the first one that isn't below `most`, in equal steps of what people count in: at most six."""
    top = exactly(most)
    if top <= 0:
        return [Decimal(0), measure.unit if measure.is_whole else 100 * measure.unit]
    least = top / measure.unit / _STEPS
    size = Decimal(10) ** least.adjusted()
    steps = [one * size * measure.unit for one in _ROUND if one * size >= least]
    whole = [step for step in steps if step == step.to_integral_value()]
    step = (whole or [Decimal(1)])[0] if measure.is_whole else steps[0]
    count = int((top / step).to_integral_value(ROUND_CEILING))
    return [step * number for number in range(count + 1)]


@dataclass(frozen=True, slots=True)
class TimeTick:
    """What stands below the period of this number."""

    period: int
    label: str


_Bucket = Callable[[datetime.datetime], int]
_Label = Callable[[datetime.datetime], str]


def time_ticks(
    starts: Sequence[datetime.datetime], interval: Interval, zone: ZoneInfo, *, at_most: int
) -> list[TimeTick]:
    """Where something begins that is told apart easily, such as every sixth hour, a Monday, or a quarter, chosen so
    that there are few enough."""
    locals_ = [start.astimezone(zone) for start in starts]
    if not locals_:
        return []
    just_before = (starts[0] - _INSTANT).astimezone(zone)
    for bucket, label in _ladder(interval):
        earlier = [just_before, *locals_]
        begins = [number for number, local in enumerate(locals_) if bucket(local) != bucket(earlier[number])]
        if len(begins) <= at_most:
            return [TimeTick(number, label(locals_[number])) for number in begins or [0]]
    raise AssertionError("every range has few enough millennia")


def _ladder(interval: Interval) -> Iterator[tuple[_Bucket, _Label]]:
    """What can be told apart, the finest first."""
    if interval == Interval.HOUR:
        for hours in (1, 2, 3, 6, 12):
            yield _hours(hours), _hour_label
    if interval in (Interval.HOUR, Interval.DAY):
        for days in (1, 2):
            yield _days(days), _day_label
    if interval in (Interval.HOUR, Interval.DAY, Interval.WEEK):
        for weeks in (1, 2, 4):
            yield _days(7 * weeks), _day_label
    if interval != Interval.YEAR:
        for months in (1, 2, 3, 6):
            yield _months(months), _month_label
    for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        yield _months(12 * years), _year_label


def _hours(count: int) -> _Bucket:
    return lambda local: (local.toordinal() * 24 + local.hour) // count


def _days(count: int) -> _Bucket:
    # The first day of the calendar was a Monday.
    return lambda local: (local.toordinal() - 1) // count


def _months(count: int) -> _Bucket:
    return lambda local: (local.year * 12 + local.month - 1) // count


def _hour_label(local: datetime.datetime) -> str:
    return _day_label(local) if local.hour == 0 else f"{local:%H:%M}"


def _day_label(local: datetime.datetime) -> str:
    return f"{local:%b} {local.day}"


def _month_label(local: datetime.datetime) -> str:
    return f"{local.year}" if local.month == 1 else f"{local:%b}"


def _year_label(local: datetime.datetime) -> str:
    return f"{local.year}"
