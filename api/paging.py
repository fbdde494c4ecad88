"""Keyset pagination: every list is walked along an index, from a place that a cursor remembers.

A list is in the order of one column, ties broken by `id`, nulls last whichever way it is sorted. A page
costs one query of at most `limit` + 2 rows, wherever in the list it lies; two where it reaches the border of
the rows without a value; one or two more where the row its cursor was made at is gone. Nothing is counted.

The index that serves an ordering, in both directions, is (organization_id, column, id).
"""

from __future__ import annotations

import base64
import datetime
import json
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote, unquote_plus

from django.db import models
from django.db.models import F, QuerySet
from django.db.models.fields import tuple_lookups
from django.http import HttpRequest, QueryDict
from django.utils.encoding import escape_uri_path
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.shaped import Shaped, Source

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
DEFAULT_ORDERING = "-created_at"

_VERSION = 1
_Row = TypeVar("_Row", bound=models.Model)


class InvalidCursor(ValueError):
    """No cursor of ours for this ordering. Its message is for the caller and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """Rows in the list's order, and the cursors of the pages beside them.

    A cursor is None exactly when no row was on that side at the time of reading. A page is empty only when
    the list is, or when all rows on its side went away after its cursor was made; it then leads back.
    """

    rows: list[_Row]
    next_cursor: str | None
    previous_cursor: str | None


def page(queryset: Source[_Row], ordering: str, cursor: str | None, limit: int) -> Page[_Row]:
    """The `limit` rows of `queryset` at `cursor` (None: the first ones), in the order `ordering`.

    `ordering` is the name of a column, with `-` in front for descending. Raises InvalidCursor.

    A walk along the cursors, in either direction, neither repeats nor skips a row that was there from its
    start to its end, whatever is inserted or deleted meanwhile. A row whose value in that column changes
    during the walk moves in the list and may be met twice or not at all; where that matters, sort by what
    never changes.

    Cursors are not signed. One that a caller made up only reads from another place of the same `queryset`,
    and what the caller may see is decided there, with or without a cursor.
    """
    if limit < 1:
        raise ValueError("A page has at least one row.")
    keyset = Keyset.of(queryset.model, ordering)
    start = None if cursor is None else keyset.decode(cursor)
    rows, behind = keyset.read_from(queryset, start, limit + 1)
    ahead = len(rows) > limit
    rows = rows[:limit]
    backward = start is not None and start.backward
    if backward:
        rows.reverse()
        ahead, behind = behind, ahead
    if not rows:
        back = keyset.encode(start.turned()) if start is not None else None
        return Page(rows, next_cursor=back if ahead else None, previous_cursor=back if behind else None)
    return Page(
        rows,
        next_cursor=keyset.after(rows[-1]) if ahead else None,
        previous_cursor=keyset.before(rows[0]) if behind else None,
    )


class Key(NamedTuple):
    """Where a row stands in a list."""

    value: Any
    id: Any


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list and the way to read from it."""

    key: Key
    backward: bool
    inclusive: bool

    def turned(self) -> Position:
        """The same place, reading exactly the rows that this one does not."""
        return Position(self.key, backward=not self.backward, inclusive=not self.inclusive)


_WAYS = {"after": (False, False), "from": (False, True), "before": (True, False), "upto": (True, True)}
_WAY_NAMES = {way: name for name, way in _WAYS.items()}
_COMPARISONS: dict[str, type[models.Lookup[Any]]] = {
    "gt": tuple_lookups.TupleGreaterThan,
    "gte": tuple_lookups.TupleGreaterThanOrEqual,
    "lt": tuple_lookups.TupleLessThan,
    "lte": tuple_lookups.TupleLessThanOrEqual,
}


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: by one column of a model, then by `id` the same way, nulls last either way."""

    ordering: str
    column: models.Field[Any, Any]
    id: models.Field[Any, Any]
    descending: bool

    @classmethod
    def of(cls, model: type[models.Model], ordering: str) -> Keyset:
        """The order that `ordering` names: a column of `model`, of a type that cursors can carry."""
        column, identity = (_column(model, name) for name in (ordering.removeprefix("-"), "id"))
        return cls(ordering, column, identity, descending=ordering.startswith("-"))

    def key(self, row: models.Model) -> Key:
        return Key(getattr(row, self.column.attname), getattr(row, self.id.attname))

    def read_from(
        self, queryset: Source[_Row], start: Position | None, count: int
    ) -> tuple[list[_Row], bool]:
        """At most `count` rows in the order of reading, and whether `start` has any on its other side."""
        if start is None:
            return self.read(queryset, None, count), False
        if start.inclusive:
            rows = self.read(queryset, start, count)
        else:
            # The row at the place is read along: while it is there, the other side isn't empty, and that is
            # known without a query.
            rows = self.read(queryset, replace(start, inclusive=True), count + 1)
            if rows and self.key(rows[0]) == start.key:
                return rows[1:], True
        return rows[:count], bool(self.read(queryset, start.turned(), 1))

    def read(self, rows: Source[_Row], start: Position | None, count: int) -> list[_Row]:
        """At most `count` rows in the order of reading: from `start` on, or from the list's beginning."""
        backward = start is not None and start.backward
        segments = [False, True] if self.column.null else [False]
        if backward:
            segments.reverse()
        if start is not None:
            segments = segments[segments.index(start.key.value is None) :]
        found: list[_Row] = []
        for nulls in segments:
            is_begun = start is not None and nulls == (start.key.value is None)
            found += self._read_segment(
                rows, nulls, backward, start if is_begun else None, count - len(found)
            )
            if len(found) >= count:
                break
        return found

    def _read_segment(
        self, rows: Source[_Row], nulls: bool, backward: bool, start: Position | None, count: int
    ) -> list[_Row]:
        """Of the rows with a value, or of those without."""
        name = self.column.name
        # The column stays in the ordering among nulls too: PostgreSQL doesn't see that it is constant there
        # and would sort by id what the index gives in that order.
        order = (name, "id") if self.descending == backward else (f"-{name}", "-id")
        way, key = "", ()
        if start is not None:
            way = ("gt" if self.descending == backward else "lt") + ("e" if start.inclusive else "")
            key = (start.key.id,) if nulls else tuple(start.key)

        def narrowed(queryset: QuerySet[_Row], *key: Any) -> QuerySet[_Row]:
            queryset = queryset.order_by(*order)
            if self.column.null:
                queryset = queryset.filter(**{f"{name}__isnull": nulls})
            if key and nulls:
                queryset = queryset.filter(**{f"id__{way}": key[0]})
            elif key:
                queryset = queryset.filter(_COMPARISONS[way]((F(name), F("id")), key))
            return queryset[:count]

        if isinstance(rows, Shaped):
            return rows.refined((order, nulls, way, count), key, narrowed).rows()
        return list(narrowed(rows, *key))

    def after(self, row: models.Model) -> str:
        return self.encode(Position(self.key(row), backward=False, inclusive=False))

    def before(self, row: models.Model) -> str:
        return self.encode(Position(self.key(row), backward=True, inclusive=False))

    def encode(self, position: Position) -> str:
        """Opaque to callers, and nothing in it has to be escaped in a URL."""
        way = _WAY_NAMES[position.backward, position.inclusive]
        value, identity = position.key
        written = None if value is None else _codec(self.column).dump(value)
        content = [_VERSION, way, self.ordering, written, _codec(self.id).dump(identity)]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")

    def decode(self, cursor: str) -> Position:
        """The position that `encode` wrote, to the letter; raises InvalidCursor for anything else."""
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            version, way, ordering, written, identity = json.loads(text)
            if version == _VERSION and isinstance(ordering, str) and ordering != self.ordering:
                raise InvalidCursor("This cursor was made for another ordering; leave it out to start anew.")
            backward, inclusive = _WAYS[way]
            if written is None and not self.column.null:
                raise ValueError("a null where there are none")
            value = None if written is None else _codec(self.column).load(written)
            position = Position(Key(value, _codec(self.id).load(identity)), backward, inclusive)
            genuine = self.encode(position) == cursor
        except InvalidCursor:
            raise
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
            genuine = False
        if not genuine:
            raise InvalidCursor("This is no cursor that this list gave out; leave it out to start anew.")
        return position


class _Codec(NamedTuple):
    """How a column's values stand in JSON, exactly; what no column could hold is a ValueError when loaded."""

    dump: Callable[[Any], str | int]
    load: Callable[[Any], Any]


def _load_text(written: Any) -> str:
    if not isinstance(written, str) or "\0" in written:
        raise ValueError("no text that a column could hold")
    return written


def _load_integer(written: Any) -> int:
    if type(written) is not int or not -(2**63) <= written < 2**63:
        raise ValueError("no integer that a column could hold")
    return written


def _dump_datetime(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")


# From the special to the general: a DateTimeField is a DateField.
_CODECS: tuple[tuple[type[models.Field[Any, Any]], _Codec], ...] = (
    (models.DateTimeField, _Codec(_dump_datetime, datetime.datetime.fromisoformat)),
    (models.DateField, _Codec(datetime.date.isoformat, datetime.date.fromisoformat)),
    (models.UUIDField, _Codec(str, lambda written: uuid.UUID(_load_text(written)))),
    (models.CharField, _Codec(str, _load_text)),
    (models.TextField, _Codec(str, _load_text)),
    (models.IntegerField, _Codec(int, _load_integer)),
)


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    if isinstance(field, models.Field) and isinstance(field, tuple(kind for kind, _ in _CODECS)):
        return field
    raise TypeError(f"No cursor can carry the field {name!r} of {model.__name__}.")


def _codec(field: models.Field[Any, Any]) -> _Codec:
    return next(codec for kind, codec in _CODECS if isinstance(field, kind))


def cursor_url(request: HttpRequest, cursor: str) -> str:
    """The request's absolute URL with this `cursor`, every other query parameter exactly as it was sent."""
    query = request.META.get("QUERY_STRING", "")
    kept = [part for part in query.split("&") if part and unquote_plus(part.split("=")[0]) != "cursor"]
    # WSGI hands over bytes as Latin-1. What was sent unescaped is escaped, and nothing is escaped twice.
    sent = quote("&".join(kept).encode("latin-1"), safe="!$%&'()*+,-./:;=?@[]_~")
    path = escape_uri_path(request.path)
    return f"{request.scheme}://{request.get_host()}{path}?{sent}{'&' if sent else ''}cursor={cursor}"


class KeysetPagination(BasePagination):
    """`limit`, `ordering` and `cursor` for a list of the API; what the list promises is said at `page`.

    A view names with `orderings` the columns that it may be sorted by, each in both directions, and with
    `default_ordering` how it is sorted unless told. A cursor is good for the ordering it was made for and
    is sent along with that `ordering`, which the links do. Everything wrong in the three parameters is
    reported in one ValidationError, by parameter.
    """

    def paginate_queryset(  # type: ignore[override]  # only what a database can walk is paged
        self, queryset: Source[_Row], request: Request, view: APIView | None = None
    ) -> list[_Row]:
        asked = Asked(request.query_params, view)
        limit, ordering, cursor = asked.limit(), asked.ordering(), asked.once("cursor", "invalid_cursor")
        if not asked.errors:
            try:
                found = page(queryset, ordering, cursor, limit)
            except InvalidCursor as error:
                asked.refuse("cursor", str(error), "invalid_cursor")
        if asked.errors:
            raise ValidationError(asked.errors)
        self._next = None if found.next_cursor is None else cursor_url(request, found.next_cursor)
        self._previous = None if found.previous_cursor is None else cursor_url(request, found.previous_cursor)
        return found.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next, "previous": self._previous})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The envelope of a list, in OpenAPI 3.1."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": {**schema, "description": "This page's rows, in the order asked for."},
                "next": {**link, "description": "The next page's URL; null when nothing follows."},
                "previous": {**link, "description": "The previous page's URL; null when nothing precedes."},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The three query parameters of a list, as the view allows them, in OpenAPI 3.1."""
        return [
            _parameter(
                "limit",
                "How many rows a page has at most.",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            ),
            _parameter(
                "ordering",
                "What to sort by, `-` in front for descending. Rows without a value are last either way, "
                "rows with the same value in the order of their `id`, in the same direction.",
                {"type": "string", "enum": _choices(view), "default": _default_ordering(view)},
            ),
            _parameter(
                "cursor",
                "Where to read from. Opaque: follow `next` and `previous`, which carry it, and keep the "
                "other parameters as they are. It is good for the `ordering` it was made for.",
                {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
            ),
        ]


def asked_ordering(query: QueryDict, view: APIView) -> str:
    """The `ordering` of a query that isn't paged, by the same rule. Raises ValidationError."""
    asked = Asked(query, view)
    ordering = asked.ordering()
    if asked.errors:
        raise ValidationError(asked.errors)
    return ordering


class Asked:
    """The parameters as sent. What can't be right is noted in `errors`, so that all of it is told at once."""

    def __init__(self, sent: QueryDict, view: APIView | None) -> None:
        self.sent = sent
        self.view = view
        self.errors: dict[str, list[ErrorDetail]] = {}

    def limit(self) -> int:
        text = self.once("limit", "repeated_parameter")
        if text is None:
            return DEFAULT_LIMIT
        number = int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None
        if number is not None and 1 <= number <= MAX_LIMIT:
            return number
        code = "invalid" if number is None else "min_value" if number < 1 else "max_value"
        self.refuse("limit", f"Must be a whole number from 1 to {MAX_LIMIT}.", code)
        return DEFAULT_LIMIT

    def ordering(self) -> str:
        text = self.once("ordering", "repeated_parameter")
        if text is not None:
            choices = _choices(self.view)
            if text in choices:
                return text
            self.refuse("ordering", f"Must be one of {', '.join(choices)}.", "invalid_choice")
        return _default_ordering(self.view)

    def once(self, name: str, code: str) -> str | None:
        values = self.sent.getlist(name)
        if len(values) > 1:
            self.refuse(name, "Send this parameter once.", code)
        return values[0] if len(values) == 1 else None

    def refuse(self, name: str, detail: str, code: str) -> None:
        self.errors[name] = [ErrorDetail(detail, code=code)]


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _choices(view: APIView | None) -> list[str]:
    names: Iterable[str] = getattr(view, "orderings", (DEFAULT_ORDERING.removeprefix("-"),))
    return [choice for name in names for choice in (name, f"-{name}")]


def _default_ordering(view: APIView | None) -> str:
    return str(getattr(view, "default_ordering", DEFAULT_ORDERING))
