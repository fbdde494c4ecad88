"""Figures as a page shows them: a card for each, one of them large over its periods, and the table of all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from metrics.changes import Change, change_of
from metrics.charts import Chart, Point, Sparkline, chart, lengths, sparkline
from metrics.figure_words import WORDS, bare, label_of, measure_of, value_of
from metrics.figures.figures import BY_CURRENCY, Figure, Figures
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Span
from metrics.figures.ranking import Order, Ranked, Ranking, read_ranking
from metrics.figures.report import Report, read_report
from metrics.period_names import period_name, range_name
from metrics.report_query import ReportQuery, ranked_by
from organizations.models import Organization

RANKED = 20
# Beside what customers are ranked by.
_ALSO_RANKED = (Figure.EVENTS, Figure.ORDERS, Figure.REVENUE)


@dataclass(frozen=True, slots=True)
class Card:
    """A figure over the whole range, its change and its course."""

    figure: Figure
    label: str
    value: str
    change: Change | None
    sparkline: Sparkline


@dataclass(frozen=True, slots=True)
class Table:
    """Every figure of every period, money in each currency, and of the whole range."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]
    totals: list[str]


@dataclass(frozen=True, slots=True)
class RankedRow:
    customer: Ranked
    length: str
    values: list[str]


class ReportPage:
    """What `read_report` found, in words. `before` is the report on the range before, to compare with."""

    def __init__(
        self,
        report: Report,
        before: Report | None,
        *,
        figures: Collection[Figure],
        currency: str | None = None,
    ) -> None:
        self.report = report
        self.before = before
        self.figures = [figure for figure in WORDS if figure in figures]
        self.currencies = sorted({*report.currencies, *(before.currencies if before else ())})
        self.currency = currency or main_currency(report) or (main_currency(before) if before else None)
        if self.currency and self.currency not in self.currencies:
            self.currencies = sorted((*self.currencies, self.currency))

    @classmethod
    def read(
        cls,
        organization: Organization,
        span: Span,
        *,
        figures: Sequence[Figure],
        subject: Subject | None = None,
        compares: bool = True,
        currency: str | None = None,
    ) -> ReportPage:
        """A query for the range, and one for that before. Raises TooManyPeriods."""
        report = read_report(organization=organization, span=span, figures=figures, subject=subject)
        before = None
        if compares:
            before = read_report(
                organization=organization, span=span.before(), figures=figures, subject=subject
            )
        return cls(report, before, figures=figures, currency=currency)

    @property
    def range_name(self) -> str:
        return _name_of(self.report.span)

    @property
    def before_name(self) -> str:
        return _name_of(self.before.span) if self.before else ""

    @property
    def has_no_events(self) -> bool:
        """Whether neither the range nor the one before it has an event."""
        return not (self.report.totals.events or (self.before and self.before.totals.events))

    def card(self, figure: Figure) -> Card:
        measure = bare(figure, self.currency)
        value = value_of(self.report.totals, figure, self.currency)
        change = None
        if self.before is not None:
            before = value_of(self.before.totals, figure, self.currency)
            change = change_of(value, before, measure, is_gain=WORDS[figure].is_gain)
        course = [
            point.value for point in _points(self.report, figure, self.currency) if not point.is_partial
        ]
        shown = "—" if value is None else measure.text(value)
        return Card(figure, label_of(figure), shown, change, sparkline(course))

    def cards(self) -> list[Card]:
        return [self.card(figure) for figure in self.figures]

    def chart(self, figure: Figure) -> Chart:
        span = self.report.span
        return chart(
            id=f"chart-{figure}",
            title=label_of(figure),
            points=_points(self.report, figure, self.currency),
            before=_points(self.before, figure, self.currency) if self.before else (),
            interval=span.interval,
            zone=span.zone,
            measure=measure_of(figure, self.currency),
            kind=WORDS[figure].kind,
        )

    def table(self) -> Table:
        currencies: list[str | None] = [*self.currencies] or [None]
        columns = [
            (figure, currency)
            for figure in self.figures
            for currency in (currencies if figure in BY_CURRENCY else [None])
        ]
        measures = [bare(figure, currency) for figure, currency in columns]
        span = self.report.span

        def cells(figures: Figures) -> list[str]:
            values = [value_of(figures, figure, currency) for figure, currency in columns]
            return [
                "—" if value is None else measure.text(value)
                for value, measure in zip(values, measures, strict=True)
            ]

        return Table(
            [label_of(figure) for figure, _ in columns],
            [
                (period_name(period.start, span.interval, span.zone), cells(period.figures))
                for period in self.report.periods
            ],
            cells(self.report.totals),
        )


@dataclass(frozen=True, slots=True)
class RankingPage:
    """Customers by a figure, and what stands beside it."""

    ranking: Ranking
    order: Order
    columns: list[str]
    rows: list[RankedRow]

    @classmethod
    def read(cls, asked: ReportQuery, currency: str | None) -> RankingPage:
        """The page of the ranking that the address asks for: one query."""
        mark = asked.mark
        order = Order(ranked_by(asked.figure), descending=True, currency=mark.currency if mark else currency)
        figures = list(dict.fromkeys((order.figure, *_ALSO_RANKED)))
        ranking = read_ranking(
            organization=asked.organization,
            start=mark.start if mark else asked.span.start,
            end=mark.end if mark else asked.span.end,
            order=order,
            figures=figures,
            subject=asked.subject,
            place=mark.place if mark else None,
            limit=RANKED,
        )
        shown = order.currency or currency
        found = [[value_of(row.figures, figure, shown) for figure in figures] for row in ranking.rows]
        measures = [bare(figure, shown) for figure in figures]
        rows = [
            RankedRow(
                row,
                length,
                [
                    "—" if value is None else measure.text(value)
                    for value, measure in zip(values, measures, strict=True)
                ],
            )
            for row, values, length in zip(
                ranking.rows, found, lengths([values[0] for values in found]), strict=True
            )
        ]
        return cls(ranking, order, [label_of(figure) for figure in figures], rows)


def main_currency(report: Report) -> str | None:
    """The currency of most orders in the report."""
    counts = report.totals.orders_by_currency
    return min(counts, key=lambda currency: (-counts[currency], currency), default=None)


def _points(report: Report, figure: Figure, currency: str | None) -> list[Point]:
    in_part = report.span.in_part
    return [
        Point(period.start, value_of(period.figures, figure, currency), is_partial=number in in_part)
        for number, period in enumerate(report.periods)
    ]


def _name_of(span: Span) -> str:
    return range_name(span.start, span.end, span.zone)
