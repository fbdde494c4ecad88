"""A meter's quantities by period, and over all of them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Span
from metrics.figures.sums import cut_params, period_of
from metrics.meter_rules import Function
from metrics.metering.amounts import MAKINGS, Number, quantity_of
from metrics.metering.limits import bounded
from metrics.metering.sources import name_ids, source_of
from metrics.models import Meter

_STATEMENT = """
WITH {tables} found AS MATERIALIZED (
  SELECT {period} AS period, {columns} FROM {events} GROUP BY {groups}
)
SELECT period, {together} FROM found GROUP BY period
UNION ALL
SELECT NULL, {together} FROM found
"""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The quantity of one period, which begins at `start`, in UTC. Only what lies within the span counts."""

    start: datetime.datetime
    quantity: Number | None


@dataclass(frozen=True, slots=True)
class Quantities:
    """The quantity of every period of `span`, those without an event too, and of all of it, which isn't their sum where
    averages or different values are read."""

    span: Span
    periods: list[Quantity]
    total: Number | None


def read_quantities(*, meter: Meter, span: Span, subject: Subject | None = None) -> Quantities:
    """What `meter` makes of the organization's events, or of those of `subject` alone, as of one moment of the
    database.

    Raises TooManyPeriods and TakesTooLong.
    """
    function = Function(meter.function)
    making = MAKINGS[function]
    source = source_of(meter.organization, meter, name_ids(meter.organization, [meter]), subject)
    params = cut_params(span.cuts)
    told: dict[int | None, Number | None] = {}
    if source is not None:
        query = _STATEMENT.format(
            tables="".join(f"{table}," for table in source.tables),
            period=period_of("event.timestamp"),
            columns=making.columns,
            events=source.events,
            groups="1, 2" if making.group_by_value else "1",
            together=making.together,
        )
        with bounded() as cursor:
            cursor.execute(query, params | source.params)
            told = {period: quantity_of(function, amount, number) for period, amount, number in cursor}
    nothing = quantity_of(function, None, None)
    return Quantities(
        span,
        [Quantity(start, told.get(number, nothing)) for number, start in enumerate(span.periods)],
        told.get(None, nothing),
    )
