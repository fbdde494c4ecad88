"""Which sums a stretch of time is made of: the coarsest that lie wholly in it, and what is left over to be counted.

The sums are of UTC's months, days and quarters of an hour; periods begin and end where they like.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from metrics.figures.periods import Cut
from metrics.models.rollups import QUARTERS

_DAY = datetime.timedelta(days=1)
_QUARTER = _DAY / QUARTERS


class Unit(enum.Enum):
    """What a piece is whole ones of; the single events are counted where it is none."""

    MONTH = "month"
    DAY = "day"
    QUARTER = "quarter"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time from the period of this number that is read from one kind of sums. Quarters of an hour are of
    one day."""

    unit: Unit
    start: datetime.datetime
    end: datetime.datetime
    period: int


def pieces_of(cuts: Iterable[Cut], units: Sequence[Unit]) -> list[Piece]:
    """The cuts in pieces of `units`, the coarsest first, and of single events; in order, and without a gap."""
    return [
        Piece(unit, start, end, cut.period)
        for cut in cuts
        for unit, start, end in _split(cut.start, cut.end, units)
    ]


_Part = tuple[Unit, datetime.datetime, datetime.datetime]


def _split(start: datetime.datetime, end: datetime.datetime, units: Sequence[Unit]) -> Iterator[_Part]:
    if start == end:
        return
    if not units:
        yield Unit.EVENT, start, end
        return
    unit, finer = units[0], units[1:]
    first, last = _up(start, unit), _down(end, unit)
    if first > last:
        yield from _split(start, end, finer)
        return
    yield from _split(start, first, finer)
    if first < last:
        yield unit, first, last
    yield from _split(last, end, finer)


def _down(moment: datetime.datetime, unit: Unit) -> datetime.datetime:
    """The last beginning of a unit that isn't after `moment`."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == Unit.QUARTER:
        return moment - (moment - day) % _QUARTER
    return day.replace(day=1) if unit == Unit.MONTH else day


def _up(moment: datetime.datetime, unit: Unit) -> datetime.datetime:
    """The first beginning of a unit that isn't before `moment`."""
    down = _down(moment, unit)
    if down == moment:
        return moment
    if unit == Unit.MONTH:
        return (down + _DAY * 31).replace(day=1)
    return down + (_QUARTER if unit == Unit.QUARTER else _DAY)


def quarters_of(piece: Piece) -> str:
    """The bits of the piece's quarters of an hour in its day, as the database writes them."""
    day = _down(piece.start, Unit.DAY)
    first, last = (piece.start - day) // _QUARTER, (piece.end - day) // _QUARTER
    return "0" * first + "1" * (last - first) + "0" * (QUARTERS - last)
