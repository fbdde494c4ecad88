"""The pieces of a range as arrays for SQL, and where in them a row's moment lies."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.utils import timezone

from metrics import event_rules
from metrics.figures.periods import KEPT_RANGES, Cut
from metrics.figures.pieces import Piece, Unit

Params = dict[str, Any]

# Clocks of several servers may differ, and not by a day. It is a whole day of UTC that ends then, whose sum fits.
_TOLERANCE = event_rules.CLOCK_TOLERANCE + datetime.timedelta(days=2)


def array(values: Iterable[object]) -> str:
    """Numbers, booleans, bits or moments as PostgreSQL writes an array: once, however often a statement has it."""
    return "{" + ",".join(map(str, values)) + "}"


def period_of(column: str, prefix: str = "cut") -> str:
    """SQL for the number of the period that the moment in `column` lies in."""
    return f"(%({prefix}_periods)s::int[])[width_bucket({column}, %({prefix}_starts)s::timestamptz[])]"


def cut_params(cuts: Sequence[Cut]) -> Params:
    """What `period_of` reads, and the range."""
    return dict(_cut_params(tuple(cuts)))


@lru_cache(maxsize=KEPT_RANGES)
def _cut_params(cuts: tuple[Cut, ...]) -> Params:
    return {
        "start": cuts[0].start,
        "end": cuts[-1].end,
        "cut_periods": array(cut.period for cut in cuts),
        "cut_starts": array(cut.start.isoformat() for cut in cuts),
    }


def with_events(cuts: Iterable[Cut]) -> list[Cut]:
    """What of the cuts lies where events can be: none happened before the earliest that is taken, or will later."""
    latest = (timezone.now() + _TOLERANCE).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        cut
        if cut.start >= event_rules.EARLIEST and cut.end <= latest
        else Cut(max(cut.start, event_rules.EARLIEST), min(cut.end, latest), cut.period)
        for cut in cuts
        if cut.start < latest and cut.end > event_rules.EARLIEST
    ]


def pieces_params(prefix: str, pieces: Sequence[Piece], units: Sequence[Unit]) -> Params:
    """Pieces of `units` and of single events: of each kind its periods, where they begin and end, and for `period_of`
    and `is_summed` all of them in order."""
    params: Params = {
        f"{prefix}_periods": array(piece.period for piece in pieces),
        f"{prefix}_starts": array(piece.start.isoformat() for piece in pieces),
        f"{prefix}_summed": array(piece.unit != Unit.EVENT for piece in pieces),
    }
    for unit in (*units, Unit.EVENT):
        params |= _of_unit(f"{prefix}_{unit.value}", unit, [piece for piece in pieces if piece.unit == unit])
    return params


def is_summed(column: str, prefix: str) -> str:
    """SQL for whether the moment in `column` lies in a piece whose events are read from sums."""
    return f"(%({prefix}_summed)s::bool[])[width_bucket({column}, %({prefix}_starts)s::timestamptz[])]"


def _of_unit(prefix: str, unit: Unit, pieces: Sequence[Piece]) -> Params:
    return {
        f"{prefix}_periods": array(piece.period for piece in pieces),
        f"{prefix}_firsts": array(_written(piece.start, unit) for piece in pieces),
        f"{prefix}_lasts": array(_written(piece.end, unit) for piece in pieces),
    }


def _written(moment: datetime.datetime, unit: Unit) -> str:
    return (moment.date() if unit in (Unit.MONTH, Unit.DAY) else moment).isoformat()
