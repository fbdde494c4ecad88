"""What a query asks of the figures. All that is wrong with it is noted, and told at once."""

from __future__ import annotations

import base64
import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from api.filters import IDField
from api.paging import Asked
from api.query import suggestion
from api.times import parse_time
from checkout.money import check_currency, currency_of
from customers.filters import ExternalCustomerIDsField
from customers.log_names import names_of_ids
from metrics.figures.figures import ALL_FIGURES, BY_CURRENCY, Figure
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import EARLIEST, LATEST, Interval, Span, TooManyPeriods, usual_span
from metrics.figures.ranking import Order, Place
from organizations.models import Organization
from organizations.time_zones import time_zone

RANGE_PARAMETERS = ("interval", "start", "end", "timezone")
FIGURE_PARAMETERS = ("metrics[]", "metrics")
SUBJECT_PARAMETERS = ("external_customer_id", "customer_id")
PARAMETERS = (*RANGE_PARAMETERS, *FIGURE_PARAMETERS, *SUBJECT_PARAMETERS)
REPEATABLE = (*FIGURE_PARAMETERS, "external_customer_id")
FORMATS = ("json", "csv")

_INTERVALS = tuple(interval.value for interval in Interval)
_ORDERINGS = tuple(f"{sign}{figure}" for figure in ALL_FIGURES for sign in ("", "-"))
_OWN_IDS = ExternalCustomerIDsField()
_ID = IDField()

_T = TypeVar("_T")


class AskedFigures(Asked):
    """The parameters of a report or a ranking."""

    def __init__(self, sent: QueryDict, view: APIView | None, organization: Organization) -> None:
        super().__init__(sent, view)
        self.organization = organization

    def check(self) -> None:
        """Raises the API's ValidationError, by parameter, when anything was refused."""
        if self.errors:
            raise ValidationError(self.errors)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        text = self.sent.get(name, default)
        if text not in choices:
            self.refuse(name, f"Must be one of {', '.join(choices)}.", "invalid_choice")
            return default
        return text

    def figures(self) -> tuple[Figure, ...]:
        """Those that are asked for, by either name of the parameter, in their usual order; all when none is."""
        chosen = set()
        for name in FIGURE_PARAMETERS:
            for text in self.sent.getlist(name):
                if text in Figure._value2member_map_:
                    chosen.add(text)
                else:
                    self.refuse(
                        name, f"There is no such figure. {suggestion(text, ALL_FIGURES)}", "invalid_choice"
                    )
        return tuple(figure for figure in ALL_FIGURES if figure in chosen) or ALL_FIGURES

    def subject(self) -> Subject | None:
        own_ids = customer_id = None
        if "external_customer_id" in self.sent:
            own_ids = self.read(
                "external_customer_id", lambda _: _OWN_IDS.clean(self.sent.getlist("external_customer_id"))
            )
        if "customer_id" in self.sent:
            customer_id = self.read("customer_id", _ID.clean)
        if own_ids is None and customer_id is None:
            return None
        if own_ids:
            bind_contextvars(**names_of_ids(own_ids))
        if customer_id:
            bind_contextvars(customer_id=str(customer_id))
        return Subject(None if own_ids is None else tuple(own_ids), customer_id)

    def span(self, *, known: tuple[datetime.datetime, datetime.datetime] | None = None) -> Span:
        """The range, in periods. Where an end of it wasn't sent it is that of `known`, or the usual one."""
        interval = Interval(self.choice("interval", _INTERVALS, Interval.DAY))
        zone = self.zone()
        start, end = (self.moment(name) if name in self.sent else None for name in ("start", "end"))
        if known is not None:
            start, end = start or known[0], end or known[1]
        end = end or timezone.now()
        start = start or usual_span(interval, zone, end=end).start
        if start >= end and not self.errors:
            named = "end" if "end" in self.sent else "start"
            self.refuse(named, "The range is empty: its end must lie after its start.", "empty_range")
        return Span(start, end, interval, zone)

    def check_periods(self, span: Span) -> None:
        """Notes it when `span`, with which nothing else is wrong, has too many periods."""
        if not self.errors:
            try:
                span.cuts  # noqa: B018  (which says whether there are too many)
            except TooManyPeriods as error:
                self.refuse("interval", str(error), "too_many_periods")

    def mark(self, ordering: str, currency: str | None = None) -> Mark | None:
        """What the cursor remembers, if there is one that was made for this ordering, in this currency or, without one,
        in any."""
        if "cursor" not in self.sent:
            return None
        mark = Mark.decode(self.sent.get("cursor", ""))
        if mark is None:
            self.refuse(
                "cursor",
                "This is no cursor that this list gave out; leave it out to start anew.",
                "invalid_cursor",
            )
        elif mark.ordering != ordering or currency not in (None, mark.currency):
            self.refuse(
                "cursor",
                "This cursor was made for another ordering; leave it out to start anew.",
                "invalid_cursor",
            )
        return mark

    def zone(self) -> ZoneInfo:
        name = self.sent.get("timezone") or self.organization.time_zone
        return self.read("timezone", lambda _: time_zone(name)) or time_zone("UTC")

    def moment(self, name: str) -> datetime.datetime | None:
        moment = self.read(name, parse_time)
        if moment is not None and not EARLIEST <= moment <= LATEST:
            self.refuse(name, f"Must lie between the years {EARLIEST:%Y} and {LATEST:%Y}.", "out_of_range")
            return None
        return moment

    def read(self, name: str, read: Callable[[str], _T]) -> _T | None:
        try:
            return read(self.sent.get(name, ""))
        except DjangoValidationError as error:
            self.refuse(name, error.messages[0], error.code or "invalid")
            return None


@dataclass(frozen=True, slots=True)
class AskedReport:
    span: Span
    figures: tuple[Figure, ...]
    subject: Subject | None

    @classmethod
    def of(cls, sent: QueryDict, organization: Organization) -> AskedReport:
        """Raises ValidationError by parameter."""
        asked = AskedFigures(sent, None, organization)
        span, figures, subject = asked.span(), asked.figures(), asked.subject()
        asked.check_periods(span)
        asked.check()
        return cls(span, figures, subject)


@dataclass(frozen=True, slots=True)
class AskedRanking:
    """What a query asks of a ranking. `order.currency` is None where the main one is to be found."""

    start: datetime.datetime
    end: datetime.datetime
    figures: tuple[Figure, ...]
    subject: Subject | None
    order: Order
    limit: int
    place: Place | None
    file_format: str

    @classmethod
    def of(cls, sent: QueryDict, view: APIView, organization: Organization) -> AskedRanking:
        """Raises ValidationError by parameter."""
        asked = AskedFigures(sent, view, organization)
        figures, subject, limit = asked.figures(), asked.subject(), asked.limit()
        file_format = asked.choice("format", FORMATS, "json")
        order = cls._order(asked, figures)
        mark = asked.mark(ordering_of(order), order.currency)
        if file_format == "csv":
            for name in ("cursor", "limit"):
                if name in sent:
                    asked.refuse(name, "A file has all rows. Leave this out.", "whole_file")
        span = asked.span(known=None if mark is None else (mark.start, mark.end))
        asked.check()
        return cls(
            span.start,
            span.end,
            figures,
            subject,
            order if mark is None else replace(order, currency=mark.currency),
            limit,
            None if mark is None else mark.place,
            file_format,
        )

    @staticmethod
    def _order(asked: AskedFigures, figures: tuple[Figure, ...]) -> Order:
        usual = Figure.EVENTS if Figure.EVENTS in figures else figures[0]
        text = asked.choice("ordering", _ORDERINGS, f"-{usual}")
        figure = Figure(text.removeprefix("-"))
        if figure not in figures and not asked.errors:
            asked.refuse(
                "ordering",
                f"Choose this figure too, with metrics[]={figure}, or order by another.",
                "invalid_choice",
            )
        currency = None
        if "currency" in asked.sent:
            currency = asked.read("currency", currency_of)
            if figure not in BY_CURRENCY:
                names = " and ".join(BY_CURRENCY)
                asked.refuse(
                    "currency", f"Only {names} are ordered in a currency. Leave this out.", "not_money"
                )
        return Order(figure, text.startswith("-"), currency)


def ordering_of(order: Order) -> str:
    """The value of `ordering` that asks for it."""
    return f"{'-' * order.descending}{order.figure}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cursor remembers: the place, and what the list was that it is a place in."""

    ordering: str
    currency: str | None
    start: datetime.datetime
    end: datetime.datetime
    place: Place

    def encode(self) -> str:
        place = self.place
        written = json.dumps(
            [
                1,
                self.ordering,
                self.currency,
                self.start.isoformat(),
                self.end.isoformat(),
                place.value,
                place.key,
                place.backward,
            ],
            separators=(",", ":"),
        )
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str) -> Mark | None:
        """None for what no cursor of ours can be."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            version, ordering, currency, start, end, value, key, backward = json.loads(
                base64.urlsafe_b64decode(padded.encode("ascii"))
            )
            if currency is not None:
                check_currency(currency)
            mark = cls(
                _key(ordering),
                currency,
                _moment(start),
                _moment(end),
                Place(_number(value), _key(key), backward is True),
            )
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError, DjangoValidationError):
            return None
        return mark if version == 1 and mark.encode() == cursor else None


def _moment(text: Any) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    if moment.utcoffset() != datetime.timedelta(0) or not EARLIEST <= moment <= LATEST:
        raise ValueError("no moment of a cursor")
    return moment


def _number(text: Any) -> str:
    if not re.fullmatch(r"-?(Infinity|inf|[0-9]{1,400}(\.[0-9]{1,400})?(e[+-][0-9]{1,3})?)", text, re.ASCII):
        raise ValueError("no number of a cursor")
    return str(text)


def _key(text: Any) -> str:
    if not isinstance(text, str) or "\0" in text:
        raise ValueError("no key of a cursor")
    text.encode()
    return text
