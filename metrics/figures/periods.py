"""The periods of a report: hours, days, weeks, months and years as the clocks and calendars of a time zone show them.

An instant belongs to the day that the zone's clocks show at it, however long that day is. Where clocks are set back
over midnight, some minutes of the new day are followed by a rest of the old one, so a period may be more than one
stretch of time; where they are set forward over a whole day, that day isn't there. An hour ends where the clock's hour
does, and where the clock is set: the two hours that it shows as 02:00 in autumn are two periods.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MAX_PERIODS = 1500
KEPT_RANGES = 32
"""How many ranges a process remembers the division of: one customer after the other is asked about the same."""
EARLIEST = datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC)
LATEST = datetime.datetime(3000, 1, 1, tzinfo=datetime.UTC)

_HOUR = datetime.timedelta(hours=1)
_DAY = datetime.timedelta(days=1)


class Interval(enum.StrEnum):
    """How long a period is, the finest first."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


USUAL_PERIODS = {Interval.HOUR: 24, Interval.DAY: 30, Interval.WEEK: 12, Interval.MONTH: 12, Interval.YEAR: 5}
"""How many periods a report has unless told."""


class TooManyPeriods(ValueError):
    """`finest` is the finest interval that the range has few enough periods of."""

    def __init__(self, interval: Interval, finest: Interval) -> None:
        super().__init__(
            f"By {interval}, this range has more than {MAX_PERIODS:,} periods. The finest interval possible for it "
            f"is {finest}."
        )
        self.finest = finest


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of time that belongs to the period of this number."""

    start: datetime.datetime
    end: datetime.datetime
    period: int


@dataclass(frozen=True)
class Span:
    """The time from `start` to before `end`, both in UTC, in periods of a time zone."""

    start: datetime.datetime
    end: datetime.datetime
    interval: Interval
    zone: ZoneInfo

    @cached_property
    def _divided(self) -> tuple[tuple[datetime.datetime, ...], tuple[Cut, ...]]:
        return _divide(self, limit=MAX_PERIODS)

    @property
    def periods(self) -> tuple[datetime.datetime, ...]:
        """When each period begins, in UTC; the first one possibly before `start`. Raises TooManyPeriods."""
        return self._divided[0]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """What lies between `start` and `end`, without a gap, by period. Raises TooManyPeriods."""
        return self._divided[1]

    @property
    def in_part(self) -> frozenset[int]:
        """The numbers of the periods that begin before `start`, or end after `end`. Raises TooManyPeriods."""
        last = replace(self, start=self.periods[-1], end=self.end + datetime.timedelta(microseconds=1))
        found = {len(self.periods) - 1} if len(last.periods) == 1 else set()
        return frozenset(found | ({0} if self.periods[0] < self.start else set()))

    def before(self) -> Span:
        """As many periods just before this one, to compare with: last month for this month, and of last month only as
        much as of this one, where it isn't over."""
        count = -len(self.periods)
        start, end = (_moved(moment, self.interval, count, self.zone) for moment in (self.start, self.end))
        return replace(self, start=start, end=min(end, self.start) if end > start else self.start)


def usual_span(
    interval: Interval, zone: ZoneInfo, *, end: datetime.datetime, count: int | None = None
) -> Span:
    """The periods that lead up to `end`: the one that it falls in, and those before, `count` or as many as is usual."""
    current = Span(end - datetime.timedelta(microseconds=1), end, interval, zone).periods[0]
    start = _moved(current, interval, 1 - (count or USUAL_PERIODS[interval]), zone)
    return Span(start, end, interval, zone)


@lru_cache(maxsize=KEPT_RANGES)
def _divide(span: Span, *, limit: int) -> tuple[tuple[datetime.datetime, ...], tuple[Cut, ...]]:
    marks = []
    for mark in _hours(span) if span.interval == Interval.HOUR else _calendar(span):
        marks.append(mark)
        # A few more than periods: where clocks are set back over midnight, and at either end.
        if len(marks) > limit + 2 and mark[1] > limit + 1:
            raise TooManyPeriods(span.interval, _finest(span))
    cuts: list[Cut] = []
    for (start, period), (end, _) in pairwise([*marks, (span.end, -1)]):
        start, end = max(start, span.start), min(end, span.end)
        if start < end:
            cuts.append(Cut(start, end, period))
    present = sorted({cut.period for cut in cuts})
    if len(present) > limit:
        raise TooManyPeriods(span.interval, _finest(span))
    numbers = {period: number for number, period in enumerate(present)}
    begins: dict[int, datetime.datetime] = {}
    for instant, period in marks:
        begins.setdefault(period, instant)
    return (
        tuple(begins[period] for period in present),
        tuple(replace(cut, period=numbers[cut.period]) for cut in cuts),
    )


def _finest(span: Span) -> Interval:
    for interval in list(Interval)[list(Interval).index(span.interval) + 1 :]:
        try:
            _divide(replace(span, interval=interval), limit=MAX_PERIODS)
        except TooManyPeriods:
            continue
        return interval
    raise AssertionError("from EARLIEST to LATEST there are fewer years than periods")


def _hours(span: Span) -> Iterator[tuple[datetime.datetime, int]]:
    """When each hour begins, from the one that `start` lies in, and its number."""
    zone = span.zone
    instant = span.start - _into_the_hour(span.start.astimezone(zone))
    if _offset(instant, zone) != _offset(span.start, zone):
        instant = _change(instant, span.start, zone)
    number = 0
    while instant < span.end:
        yield instant, number
        following = instant + _HOUR - _into_the_hour(instant.astimezone(zone))
        if _offset(following, zone) != _offset(instant, zone):
            following = _change(instant, following, zone)
        instant = following
        number += 1


def _into_the_hour(local: datetime.datetime) -> datetime.timedelta:
    return datetime.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _calendar(span: Span) -> Iterator[tuple[datetime.datetime, int]]:
    """From when on the calendar shows which period, by number: from the period before that of `start`, since clocks
    that are set back may show it once more."""
    day = _shifted(_first_day(span.start.astimezone(span.zone).date(), span.interval), span.interval, -1)
    number = 0
    while True:
        marks = _midnight(day, span.zone)
        if marks[0][0] >= span.end:
            return
        for instant, before in marks:
            yield instant, number - before
        day = _shifted(day, span.interval, 1)
        number += 1


def _midnight(day: datetime.date, zone: ZoneInfo) -> list[tuple[datetime.datetime, int]]:
    """The instants at which the calendar shows `day` (0), or once more the day before (1), for the first time."""
    local = datetime.datetime.combine(day, datetime.time.min, zone)
    first, second = (local.replace(fold=fold).astimezone(datetime.UTC) for fold in (0, 1))
    if first == second:
        return [(first, 0)]
    if second < first:  # the clocks never show midnight, and `day` begins when they are set forward over it
        return [(_change(second, first, zone), 0)]
    set_back = _change(first, second, zone)
    return [(first, 0)] if set_back == second else [(first, 0), (set_back, 1), (second, 0)]


def _change(before: datetime.datetime, after: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """The first instant, to the second, at which the clocks are set as they are at `after` and weren't at `before`."""
    offset = _offset(after, zone)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.datetime.fromtimestamp(middle, datetime.UTC), zone) == offset:
            high = middle
        else:
            low = middle
    return datetime.datetime.fromtimestamp(high, datetime.UTC)


def _offset(instant: datetime.datetime, zone: ZoneInfo) -> datetime.timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _first_day(day: datetime.date, interval: Interval) -> datetime.date:
    """Of the period that `day` lies in."""
    if interval == Interval.WEEK:
        return day - _DAY * day.weekday()
    if interval == Interval.MONTH:
        return day.replace(day=1)
    return day.replace(month=1, day=1) if interval == Interval.YEAR else day


def _shifted(day: datetime.date, interval: Interval, count: int) -> datetime.date:
    """`day`, so many periods later; the last day of a month that is too short for it."""
    if interval in (Interval.DAY, Interval.WEEK):
        return day + _DAY * count * (7 if interval == Interval.WEEK else 1)
    months = day.year * 12 + day.month - 1 + count * (12 if interval == Interval.YEAR else 1)
    first = datetime.date(months // 12, months % 12 + 1, 1)
    following = datetime.date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return first + _DAY * (min(day.day, (following - first).days) - 1)


def _moved(instant: datetime.datetime, interval: Interval, count: int, zone: ZoneInfo) -> datetime.datetime:
    """So many periods later, when the clock shows the same."""
    if interval == Interval.HOUR:
        return instant + _HOUR * count
    local = instant.astimezone(zone)
    day = _shifted(local.date(), interval, count)
    return datetime.datetime.combine(day, local.time(), zone).astimezone(datetime.UTC)
