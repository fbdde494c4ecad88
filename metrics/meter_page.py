"""A meter as its page shows it: its quantities as a chart and as a table, and customers ranked by them."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.changes import Change, change_of
from metrics.charts import Chart, Point, chart, lengths
from metrics.meter_query import MeterQuery
from metrics.meter_words import kind_of, measure_of, shown, text_of
from metrics.metering.quantities import Quantities, read_quantities
from metrics.metering.ranking import MeteredCustomer, MeteredCustomers, read_customers
from metrics.models import Meter
from metrics.period_names import period_name, range_name
from metrics.report_page import RANKED, Table

LABEL = "Quantity"


@dataclass(frozen=True, slots=True)
class MeteredRow:
    customer: MeteredCustomer
    length: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class MeterRanking:
    """A page of customers; `columns` are those beside who they are."""

    ranking: MeteredCustomers
    rows: list[MeteredRow]
    columns: tuple[str, ...] = (LABEL,)

    @classmethod
    def read(cls, meter: Meter, asked: MeterQuery) -> MeterRanking:
        mark = asked.mark
        ranking = read_customers(
            meter=meter,
            start=mark.start if mark else asked.span.start,
            end=mark.end if mark else asked.span.end,
            subject=asked.subject,
            place=mark.place if mark else None,
            limit=RANKED,
        )
        bars = lengths([row.quantity for row in ranking.rows])
        return cls(
            ranking,
            [
                MeteredRow(row, length, [text_of(meter, row.quantity)])
                for row, length in zip(ranking.rows, bars, strict=True)
            ],
        )


class MeterPage:
    """What was read of a meter, in words. `before` is what it counted in the range before."""

    def __init__(self, meter: Meter, quantities: Quantities, before: Quantities | None) -> None:
        self.meter = meter
        self.quantities = quantities
        self.before = before

    @classmethod
    def read(cls, meter: Meter, asked: MeterQuery) -> MeterPage:
        """A query for the range, and one for that before."""
        before = None
        if asked.compares:
            before = read_quantities(meter=meter, span=asked.span.before(), subject=asked.subject)
        return cls(meter, read_quantities(meter=meter, span=asked.span, subject=asked.subject), before)

    @property
    def range_name(self) -> str:
        return _name_of(self.quantities)

    @property
    def before_name(self) -> str:
        return _name_of(self.before) if self.before else ""

    @property
    def total(self) -> str:
        return text_of(self.meter, self.quantities.total)

    @property
    def change(self) -> Change | None:
        if self.before is None:
            return None
        now, before = (shown(self.meter, found.total) for found in (self.quantities, self.before))
        return change_of(now, before, measure_of(self.meter))

    def chart(self) -> Chart | None:
        """None where anything lies below zero, which it can't draw."""
        points = self._points(self.quantities)
        before = self._points(self.before) if self.before else []
        if any(point.value is not None and point.value < 0 for point in (*points, *before)):
            return None
        span = self.quantities.span
        return chart(
            id="chart-quantity",
            title=LABEL,
            points=points,
            before=before,
            interval=span.interval,
            zone=span.zone,
            measure=measure_of(self.meter),
            kind=kind_of(self.meter),
        )

    def table(self) -> Table:
        span = self.quantities.span
        return Table(
            [LABEL],
            [
                (
                    period_name(period.start, span.interval, span.zone),
                    [text_of(self.meter, period.quantity)],
                )
                for period in self.quantities.periods
            ],
            [self.total],
        )

    def _points(self, found: Quantities) -> list[Point]:
        in_part = found.span.in_part
        return [
            Point(period.start, shown(self.meter, period.quantity), is_partial=number in in_part)
            for number, period in enumerate(found.periods)
        ]


def _name_of(found: Quantities) -> str:
    return range_name(found.span.start, found.span.end, found.span.zone)
