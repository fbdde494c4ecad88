"""A list of customers as an address asks for it: the same rows, in the same order, for the page and for its export.

An address is made by hand, cut off in a mail or older than a filter. So nothing in it is an error here: what makes no
sense is left out, and `problems` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.paging import DEFAULT_ORDERING, InvalidCursor, Page, page
from api.query import check_query
from customers.filters import LIST_PARAMETERS, METADATA_PARAMETER, ORDERINGS, REPEATABLE, CustomerListFilter
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from organizations.models import Membership

PAGE_SIZE = 50
MAX_CONDITIONS = 40

_PAIR = ("metadata_key", "metadata_value")
_LABELS = {
    "external_customer_id": "External ID",
    "email": "E-mail",
    "has_external_customer_id": "External ID",
    "created_after": "Created since",
    "created_before": "Created before",
    "created_from": "Created from",
    "created_to": "Created until",
    "deleted": "Deleted",
}
_WORDS = {
    ("has_external_customer_id", "true"): "set",
    ("has_external_customer_id", "false"): "not set",
    ("deleted", "true"): "only these",
    ("deleted", "false"): "not these",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What the list is narrowed by, in words, and the query of the list without it."""

    label: str
    value: str
    query_without: str


class Listing:
    """`query` is what is left of the query that was sent once everything senseless is gone: it leads to this very list,
    and `problems` has what was left out and why."""

    def __init__(self, sent: QueryDict, membership: Membership) -> None:
        self.problems: dict[str, str] = {}
        self.membership = membership
        self.query = tidied(sent)
        self._leave_out_unknown()
        if self._value("deleted") and not membership.may_manage:
            self._leave_out("deleted", "Only an owner sees deleted customers.")
        self.ordering = self._known_ordering()
        self.queryset = self._narrowed()

    @property
    def search(self) -> str:
        return self._value("search")

    @property
    def shows_deleted(self) -> bool:
        return self._value("deleted") == "true"

    @property
    def is_narrowed(self) -> bool:
        return any(name not in ("ordering", "cursor") for name in self.query)

    @property
    def view(self) -> str:
        """The query of the list from its beginning: what identifies it, and what is saved of it."""
        return self.query_with(cursor=None)

    def page(self) -> Page[Customer]:
        """The page that the address asks for; the first, and a problem, when its cursor leads nowhere."""
        rows = self.queryset.for_list()
        try:
            return page(rows, self.ordering, self._value("cursor") or None, PAGE_SIZE)
        except InvalidCursor:
            self._leave_out("cursor", "This page isn't there any more; this is the first.")
            return page(rows, self.ordering, None, PAGE_SIZE)

    def conditions(self) -> Iterator[Condition]:
        """Everything but the search, which has its box."""
        for name, values in self.query.lists():
            if name in ("search", "ordering", "cursor"):
                continue
            metadata = METADATA_PARAMETER.fullmatch(name)
            label = metadata[1] if metadata else _LABELS[name]
            for value in map(str, values):
                yield Condition(label, _WORDS.get((name, value), value), self._query_without(name, value))

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

    def _query_without(self, name: str, value: str) -> str:
        query = self.query.copy()
        query.pop("cursor", None)
        query.setlist(name, [other for other in query.getlist(name) if other != value])
        return written(query)

    def _value(self, name: str) -> str:
        return str(self.query.get(name, ""))

    def _leave_out(self, name: str, reason: str) -> None:
        self.query.pop(name, None)
        self.problems[name] = reason

    def _leave_out_unknown(self) -> None:
        try:
            check_query(self.query, known=(*LIST_PARAMETERS, "ordering", "cursor"), repeatable=REPEATABLE)
        except ValidationError as error:
            for name, (problem, *_) in cast("dict[str, list[ErrorDetail]]", error.detail).items():
                is_unknown = problem.code == "unknown_parameter"
                self._leave_out(name, "There is no such filter." if is_unknown else str(problem))
        for name in list(self.query)[MAX_CONDITIONS:]:
            self._leave_out(name, "These are too many conditions.")

    def _known_ordering(self) -> str:
        asked = self._value("ordering")
        if asked.removeprefix("-") in ORDERINGS and asked:
            return asked
        if asked:
            self._leave_out("ordering", "The list can't be sorted by this.")
        return DEFAULT_ORDERING

    def _narrowed(self) -> CustomerQuerySet:
        everyone = Customer.objects.for_organization(self.membership.organization)
        narrowed = CustomerListFilter(self.query, everyone)
        if not narrowed.is_valid():
            for name, problems in narrowed.errors.items():
                reason = DjangoValidationError(problems.as_data()).messages[0]
                for parameter in [one for one in self.query if one == name or one.startswith(f"{name}[")]:
                    self._leave_out(parameter, reason)
            narrowed = CustomerListFilter(self.query, everyone)
        return cast("CustomerQuerySet", narrowed.qs)


def tidied(sent: QueryDict) -> QueryDict:
    """The query without empty parameters, as forms send them, and with the pair of a form's two boxes as the one
    parameter that it stands for."""
    query = QueryDict(mutable=True)
    for name, values in sent.lists():
        if name not in _PAIR and (filled := [value for value in values if value != ""]):
            query.setlist(name, filled)
    key, value = (str(sent.get(name, "")) for name in _PAIR)
    if key and value:
        query[f"metadata[{key}]"] = value
    return query


def written(query: QueryDict) -> str:
    """As it stands in an address, the brackets of `metadata[key]` legible."""
    return query.urlencode(safe="[]/:@")
