"""A list as an address of the dashboard asks for it: the same rows, in the same order, for the page and for its export.

An address is made by hand, cut off in a mail or older than a filter. So nothing in it is an error here: what makes no
sense is left out, and `problems` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.filters import ListFilter
from api.paging import DEFAULT_ORDERING, InvalidCursor, Page, page
from api.query import check_query
from organizations.models import Membership

PAGE_SIZE = 50
MAX_CONDITIONS = 40

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Condition:
    """What the list is narrowed by, in words, and the query of the list without it."""

    label: str
    value: str
    query_without: str


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    sorted: str  # as aria-sort says it, "" where the list isn't sorted by it
    query: str  # of the list sorted by it, the other way round if it is already; "" where it can't be


class Listing(Generic[_Row]):
    """`query` is what is left of the query that was sent once everything senseless is gone: it leads to this very list,
    and `problems` has what was left out and why.

    A list says what it is made of: `everything` that the person may see, the `filters`, the `parameters` that these
    read and their `labels`, and the `orderings` that an index walks.
    """

    filters: ClassVar[type[ListFilter]]
    parameters: ClassVar[tuple[str, ...]]
    repeatable: ClassVar[tuple[str, ...]] = ()
    orderings: ClassVar[tuple[str, ...]] = (DEFAULT_ORDERING.removeprefix("-"),)
    default_ordering: ClassVar[str] = DEFAULT_ORDERING
    labels: ClassVar[dict[str, str]]
    words: ClassVar[dict[tuple[str, str], str]] = {}
    # Parameters that the page shows in a place of their own, and not among the conditions.
    has_place: ClassVar[tuple[str, ...]] = ("search",)

    def __init__(self, sent: QueryDict, membership: Membership) -> None:
        self.problems: dict[str, str] = {}
        self.membership = membership
        self.query = tidied(sent)
        self._leave_out_unknown()
        self.leave_out_forbidden()
        self.ordering = self._known_ordering()
        self.queryset = self._narrowed()

    def everything(self) -> QuerySet[_Row]:
        """What there is to narrow, of the person's organization."""
        raise NotImplementedError

    def for_page(self, queryset: QuerySet[_Row]) -> QuerySet[_Row]:
        """With all that a row of the page shows."""
        return queryset

    def leave_out_forbidden(self) -> None:
        """Leaves out what this person may not ask for."""

    def label(self, name: str) -> str:
        """What a parameter is called among the conditions."""
        return self.labels[name]

    @property
    def search(self) -> str:
        return self.value("search")

    @property
    def query_without_conditions(self) -> str:
        """The query of the list with nothing but what has its place."""
        kept = QueryDict(mutable=True)
        for name in (*self.has_place, "ordering"):
            kept.setlist(name, self.query.getlist(name))
        return written(kept)

    @property
    def is_narrowed(self) -> bool:
        return any(name not in ("ordering", "cursor") for name in self.query)

    @property
    def view(self) -> str:
        """The query of the list from its beginning: what identifies it, and what is saved of it."""
        return self.query_with(cursor=None)

    def page(self) -> Page[_Row]:
        """The page that the address asks for; the first, and a problem, when its cursor leads nowhere."""
        rows = self.for_page(self.queryset)
        try:
            return page(rows, self.ordering, self.value("cursor") or None, PAGE_SIZE)
        except InvalidCursor:
            self.leave_out("cursor", "This page isn't there any more; this is the first.")
            return page(rows, self.ordering, None, PAGE_SIZE)

    def conditions(self) -> Iterator[Condition]:
        """Everything but what has its place."""
        for name, values in self.query.lists():
            if name in ("ordering", "cursor", *self.has_place):
                continue
            for value in map(str, values):
                shown = self.words.get((name, value), value)
                yield Condition(self.label(name), shown, self._query_without(name, value))

    def columns(self, labels: dict[str, str]) -> list[Column]:
        """The heads of the columns, which sort the list where an index can."""
        by, descending = self.ordering.removeprefix("-"), self.ordering.startswith("-")
        return [
            Column(
                name,
                label,
                ("descending" if descending else "ascending") if name == by else "",
                self.query_with(cursor=None, ordering=f"-{name}" if name == by and not descending else name)
                if name in self.orderings
                else "",
            )
            for name, label in labels.items()
        ]

    def hidden(self, *edited: str) -> list[tuple[str, str]]:
        """What a form with fields for `edited` has to send along, so that the rest of the view stays."""
        return [
            (name, str(value))
            for name, values in self.query.lists()
            for value in values
            if name != "cursor" and name not in edited
        ]

    def query_with(self, **changes: str | None) -> str:
        """The query with these parameters set anew, without those that are None."""
        query = self.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return written(query)

    def value(self, name: str) -> str:
        return str(self.query.get(name, ""))

    def leave_out(self, name: str, reason: str) -> None:
        self.query.pop(name, None)
        self.problems[name] = reason

    def _query_without(self, name: str, value: str) -> str:
        query = self.query.copy()
        query.pop("cursor", None)
        query.setlist(name, [other for other in query.getlist(name) if other != value])
        return written(query)

    def _leave_out_unknown(self) -> None:
        try:
            check_query(
                self.query, known=(*self.parameters, "ordering", "cursor"), repeatable=self.repeatable
            )
        except ValidationError as error:
            for name, (problem, *_) in cast("dict[str, list[ErrorDetail]]", error.detail).items():
                is_unknown = problem.code == "unknown_parameter"
                self.leave_out(name, "There is no such filter." if is_unknown else str(problem))
        for name in list(self.query)[MAX_CONDITIONS:]:
            self.leave_out(name, "These are too many conditions.")

    def _known_ordering(self) -> str:
        asked = self.value("ordering")
        if asked.removeprefix("-") in self.orderings and asked:
            return asked
        if asked:
            self.leave_out("ordering", "The list can't be sorted by this.")
        return self.default_ordering

    def _narrowed(self) -> QuerySet[_Row]:
        narrowed = self._filtered()
        if not narrowed.is_valid():
            for name, problems in narrowed.errors.items():
                reason = DjangoValidationError(problems.as_data()).messages[0]
                for parameter in [one for one in self.query if one == name or one.startswith(f"{name}[")]:
                    self.leave_out(parameter, reason)
            narrowed = self._filtered()
        return cast("QuerySet[_Row]", narrowed.qs)

    def _filtered(self) -> Any:
        return self.filters(self.query, self.everything(), self.membership.organization)


def tidied(sent: QueryDict) -> QueryDict:
    """The query without empty parameters, as forms send them."""
    query = QueryDict(mutable=True)
    for name, values in sent.lists():
        if filled := [value for value in values if value != ""]:
            query.setlist(name, filled)
    return query


def written(query: QueryDict) -> str:
    """As it stands in an address, the brackets of `metadata[key]` legible."""
    return query.urlencode(safe="[]/:@")
