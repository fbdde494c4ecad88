"""What happened to a customer: who changed what, when, in which request, from the history that the database writes."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from customers.models import Customer, CustomerChange  # type: ignore[attr-defined]
from organizations.ids import parse_id
from organizations.models import AccessToken, User

_FIELDS = ("external_customer_id", "name", "email", "tax_id", "billing_address", "metadata", "deleted_at")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after; None where it was, or is, empty. A part of an object is named `metadata.plan`."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One write. `differences` is empty when what changed has been erased."""

    id: int
    at: datetime.datetime
    what: str  # created, changed or deleted
    who: str  # a person's address, a token's name, what else it was by, or "" for the database itself
    request_id: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Changes, the latest first; `older` is where the next ones start, None when these are the oldest."""

    changes: tuple[Change, ...]
    older: int | None


def timeline(customer: Customer, *, limit: int, before: int | None = None) -> Timeline:
    """The latest `limit` changes of the customer, or of those before the change `before`: three queries at most."""
    rows = CustomerChange.objects.filter(organization_id=customer.organization_id, pgh_obj_id=customer.id)
    if before is not None:
        rows = rows.filter(pgh_id__lt=before)
    found = list(rows.order_by("-pgh_id")[: limit + 1])
    authors = _authors(row.pgh_context or {} for row in found[:limit])
    changes = tuple(
        _change(row, found[place + 1] if place + 1 < len(found) else None, authors)
        for place, row in enumerate(found[:limit])
    )
    return Timeline(changes, older=changes[-1].id if len(found) > limit else None)


def _change(row: Any, previous: Any, authors: dict[uuid.UUID, str]) -> Change:
    context = row.pgh_context or {}
    differences = tuple(
        difference
        for name in _FIELDS
        for difference in _differences(name, getattr(previous, name, None), getattr(row, name))
    )
    was_deleted = row.deleted_at is not None and previous is not None and previous.deleted_at is None
    author = _author_id(context)
    return Change(
        id=row.pgh_id,
        at=row.pgh_created_at,
        what="deleted" if was_deleted else row.pgh_label,
        who=authors.get(author, str(author)) if author else _program(context),
        request_id=context.get("request_id", ""),
        differences=differences,
    )


def _differences(name: str, before: Any, after: Any) -> Iterable[Difference]:
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        for part in (*old, *(part for part in new if part not in old)):
            yield from _differences(f"{name}.{part}", old.get(part), new.get(part))
    elif before != after or type(before) is not type(after):
        yield Difference(name, before, after)


def _program(context: dict[str, Any]) -> str:
    if "task" in context:
        return f"the task {context['task'].rpartition('.')[2]}"
    if "command" in context:
        return f"manage.py {context['command']}"
    return str(context.get("by", ""))


def _author_id(context: dict[str, Any]) -> uuid.UUID | None:
    return parse_id(str(context.get("user") or context.get("token") or ""))


def _authors(contexts: Iterable[dict[str, Any]]) -> dict[uuid.UUID, str]:
    """What people and tokens are called, by their IDs."""
    people: set[uuid.UUID] = set()
    tokens: set[uuid.UUID] = set()
    for context in contexts:
        if author := _author_id(context):
            (people if context.get("user") else tokens).add(author)
    names: dict[uuid.UUID, str] = {}
    if people:
        names.update(User.objects.filter(id__in=people).values_list("id", "email"))
    if tokens:
        names.update({token.id: f"token {token}" for token in AccessToken.objects.filter(id__in=tokens)})
    return names
