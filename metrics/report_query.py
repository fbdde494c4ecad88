"""What the address of a page asks of the figures.

It may be made by hand, cut off in a mail, or older than a choice. So nothing in it is an error: what makes no sense is
left out, and `problems` says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.listing import Condition, tidied, written
from api.query import check_query
from checkout.money import currency_of
from metrics.asked_figures import AskedFigures, Mark
from metrics.figures.figures import Figure
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Interval, Span, TooManyPeriods, usual_span
from organizations.models import Organization
from organizations.time_zones import time_zone


@dataclass(frozen=True, slots=True)
class Range:
    """The last so many periods of `unit`, the current one included; shown by `interval` unless told."""

    label: str
    unit: Interval
    count: int
    interval: Interval


RANGES: dict[str, Range] = {
    "24h": Range("Last 24 hours", Interval.HOUR, 24, Interval.HOUR),
    "7d": Range("Last 7 days", Interval.DAY, 7, Interval.DAY),
    "30d": Range("Last 30 days", Interval.DAY, 30, Interval.DAY),
    "90d": Range("Last 90 days", Interval.DAY, 90, Interval.DAY),
    "12m": Range("Last 12 months", Interval.MONTH, 12, Interval.MONTH),
}
CUSTOM = "custom"
USUAL_RANGE = "30d"
COMPARED, ALONE = "before", "none"
SUBJECT_PARAMETERS = ("external_customer_id", "customer_id")
PARAMETERS = (
    "range",
    "from",
    "to",
    "interval",
    "figure",
    "compare",
    "currency",
    *SUBJECT_PARAMETERS,
    "cursor",
)

_DAY = datetime.timedelta(days=1)
# The interval of days that somebody chose: the finest that doesn't make too many periods to look at.
_INTERVALS_BY_DAYS = ((2, Interval.HOUR), (100, Interval.DAY), (400, Interval.WEEK), (1900, Interval.MONTH))


class ReportQuery:
    """`query` is what is left of the query that was sent, and leads to this very page.

    `too_fine` is set in place of a usable `span` where the range has too many periods.
    """

    def __init__(
        self,
        sent: QueryDict,
        organization: Organization,
        *,
        figures: Collection[Figure] = tuple(Figure),
        parameters: Collection[str] = PARAMETERS,
        usual_figure: Figure = Figure.REVENUE,
    ) -> None:
        self.problems: dict[str, str] = {}
        self.organization = organization
        self.zone: ZoneInfo = time_zone(organization.time_zone)
        self.now = timezone.now()
        self.query = simplest(sent)
        self.figures = tuple(figures)
        self._leave_out_unknown(parameters)
        self.range = self._choice("range", (*RANGES, CUSTOM), USUAL_RANGE)
        self.compares = self._choice("compare", (COMPARED, ALONE), COMPARED) == COMPARED
        self.figure = Figure(self._choice("figure", [one.value for one in self.figures], usual_figure))
        self.currency = self._currency()
        self.first_day, self.last_day = self._days()
        self.too_fine: TooManyPeriods | None = None
        self.span = self._span()
        self.subject = self._subject()
        self.mark = self._mark()

    @property
    def own_ids(self) -> tuple[str, ...]:
        """The external customer IDs that are asked for."""
        return (self.subject and self.subject.external_customer_ids) or ()

    @property
    def ordering(self) -> str:
        """How customers are ranked."""
        return f"-{ranked_by(self.figure)}"

    def conditions(self) -> list[Condition]:
        """Whose figures, as what can be taken off again."""
        labels = {"external_customer_id": "External ID", "customer_id": "Internal ID"}
        return [
            Condition(labels[name], value, self._query_without(name, value))
            for name in SUBJECT_PARAMETERS
            for value in map(str, self.query.getlist(name))
        ]

    def query_with(self, **changes: str | None) -> str:
        """The query with these parameters set anew, without those that are None, and from the first page on."""
        query = self.query.copy()
        for name, value in {"cursor": None, **changes}.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return written(simplest(query))

    def hidden(self, *edited: str) -> list[tuple[str, str]]:
        """What a form with fields for `edited` has to send along."""
        return [
            (name, str(value))
            for name, values in self.query.lists()
            for value in values
            if name != "cursor" and name not in edited
        ]

    def _query_without(self, name: str, value: str) -> str:
        query = self.query.copy()
        query.pop("cursor", None)
        query.setlist(name, [other for other in query.getlist(name) if other != value])
        return written(query)

    def _leave_out(self, name: str, reason: str) -> None:
        self.query.pop(name, None)
        self.problems[name] = reason

    def _leave_out_unknown(self, parameters: Collection[str]) -> None:
        try:
            check_query(self.query, known=parameters, repeatable=("external_customer_id",))
        except ValidationError as error:
            for name, (problem, *_) in cast("dict[str, list[ErrorDetail]]", error.detail).items():
                is_unknown = problem.code == "unknown_parameter"
                self._leave_out(name, "There is no such choice here." if is_unknown else str(problem))
        for name in [name for name in self.query if name not in parameters]:
            self._leave_out(name, "There is no such choice here.")

    def _choice(self, name: str, choices: Collection[str], usual: str) -> str:
        text = str(self.query.get(name, usual))
        if text in choices:
            return text
        self._leave_out(name, f"Must be one of {', '.join(choices)}.")
        return usual

    def _currency(self) -> str | None:
        if "currency" not in self.query:
            return None
        try:
            return currency_of(str(self.query["currency"]))
        except DjangoValidationError as error:
            self._leave_out("currency", error.messages[0])
            return None

    def _days(self) -> tuple[datetime.date, datetime.date]:
        """The first and the last day of the range; those of the usual one where they weren't chosen."""
        known = RANGES.get(self.range, RANGES[USUAL_RANGE])
        usual = (
            usual_span(known.unit, self.zone, end=self.now, count=known.count)
            .start.astimezone(self.zone)
            .date()
        )
        today = self.now.astimezone(self.zone).date()
        if self.range != CUSTOM:
            return usual, today
        last = self._day("to") or today
        first = self._day("from") or min(usual, last)
        if first > last:
            self._leave_out("from", "The range is empty: its last day must not lie before its first.")
            first = last
        return first, last

    def _day(self, name: str) -> datetime.date | None:
        text = str(self.query.get(name, ""))
        if not text:
            return None
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            self._leave_out(name, "Must be a day such as 2026-01-31.")
            return None
        if not 1900 < day.year < 3000:
            self._leave_out(name, "Must lie between the years 1901 and 2999.")
            return None
        return day

    def _span(self) -> Span:
        interval = Interval(self._choice("interval", [one.value for one in Interval], self.usual_interval()))
        if self.range == CUSTOM:
            end = _midnight(self.last_day + _DAY, self.zone)
            start = _midnight(self.first_day, self.zone)
            span = Span(start, min(end, self.now) if start < self.now else end, interval, self.zone)
        else:
            known = RANGES[self.range]
            start = usual_span(known.unit, self.zone, end=self.now, count=known.count).start
            span = Span(start, self.now, interval, self.zone)
        try:
            span.cuts  # noqa: B018  (which says whether there are too many)
        except TooManyPeriods as error:
            self.too_fine = error
        return span

    def usual_interval(self) -> Interval:
        """By which the range is shown unless told."""
        if self.range != CUSTOM:
            return RANGES[self.range].interval
        days = (self.last_day - self.first_day).days + 1
        return next((interval for most, interval in _INTERVALS_BY_DAYS if days <= most), Interval.YEAR)

    def _subject(self) -> Subject | None:
        asked = AskedFigures(self.query, None, self.organization)
        subject = asked.subject()
        if not asked.errors:
            return subject
        for name, (problem, *_) in asked.errors.items():
            self._leave_out(name, str(problem))
        return AskedFigures(self.query, None, self.organization).subject()

    def _mark(self) -> Mark | None:
        if "cursor" not in self.query:
            return None
        mark = Mark.decode(str(self.query["cursor"]))
        if mark is None or mark.ordering != self.ordering:
            self._leave_out("cursor", "This page isn’t there any more; this is the first.")
            return None
        return mark


def simplest(sent: QueryDict) -> QueryDict:
    """The query without empty parameters, as forms send them, and without those that say what is so anyway."""
    query = tidied(sent)
    if query.get("range") != CUSTOM and not ("range" not in query and ("from" in query or "to" in query)):
        for name in ("from", "to"):
            query.pop(name, None)
    elif "range" not in query:
        query["range"] = CUSTOM
    for name, usual in (("range", USUAL_RANGE), ("compare", COMPARED)):
        if query.getlist(name) == [usual]:
            del query[name]
    # A form has a box for one more, which may be there already.
    if own_ids := query.getlist("external_customer_id"):
        query.setlist("external_customer_id", list(dict.fromkeys(own_ids)))
    return query


def ranked_by(figure: Figure) -> Figure:
    """What customers are ranked by where `figure` is shown: by what one of them can have more of than another."""
    return Figure.EVENTS if figure in (Figure.NEW_CUSTOMERS, Figure.ACTIVE_CUSTOMERS) else figure


def _midnight(day: datetime.date, zone: ZoneInfo) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, zone).astimezone(datetime.UTC)
