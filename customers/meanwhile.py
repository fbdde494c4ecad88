"""Two people edit one customer: what the first changed while the second was typing, and what becomes of both."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.metadata import Metadata
from customers.forms import FIELDS, CustomerForm, values_of
from customers.metadata_editor import as_shown
from customers.models import Customer, CustomerChange  # type: ignore[attr-defined]
from customers.timeline import Change, timeline

CHANGES_TOLD = 5

_Place = tuple[str, str]  # ("name", "") or ("metadata", its key)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A field that somebody else has changed. `typed` is what the person typed there, None where they left it alone."""

    label: str
    was: Any
    now: Any
    typed: Any


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """`changes` are the others', the latest first; `was` is the customer that the person saw, None when that can't be
    known any more."""

    changes: tuple[Change, ...]
    meetings: tuple[Meeting, ...]
    was: dict[_Place, Any] | None


def what_changed(
    customer: Customer, *, since: datetime.datetime | None, typed: Mapping[str, Any]
) -> Meanwhile:
    """What others did to `customer` since it was as of `since`, held against what is typed."""
    seen = _as_of(customer, since)
    was = None if seen is None else _flat(values_of(seen), seen.metadata)
    now = _flat(values_of(customer), customer.metadata)
    mine = _typed(typed)
    meetings = []
    for place in dict.fromkeys((*now, *(was or {}))):
        before = now.get(place) if was is None else was.get(place)
        theirs = was is None or before != now.get(place)
        typed_anew = not _same(mine.get(place), before)
        if theirs and (was is not None or typed_anew):
            meetings.append(
                Meeting(
                    _label(place), before, now.get(place), (mine.get(place) or "") if typed_anew else None
                )
            )
    return Meanwhile(_changes_after(customer, seen), tuple(meetings), was)


def merged(
    customer: Customer, meanwhile: Meanwhile, typed: Mapping[str, Any]
) -> tuple[dict[str, str], Metadata]:
    """What the person typed, and everywhere else the customer as it is now."""
    now, mine = _flat(values_of(customer), customer.metadata), _typed(typed)
    was = now if meanwhile.was is None else meanwhile.was
    result = dict(now)
    for place in dict.fromkeys((*mine, *was)):
        if _same(mine.get(place), was.get(place)):
            continue
        if place in mine:
            result[place] = mine[place]
        else:
            result.pop(place, None)
    values = {name: result[name, ""] for name in FIELDS}
    return values, {key: value for (name, key), value in result.items() if name == "metadata"}


def _as_of(customer: Customer, since: datetime.datetime | None) -> Any:
    if since is None:
        return None
    of_customer = CustomerChange.objects.filter(
        organization_id=customer.organization_id, pgh_obj_id=customer.id
    )
    return of_customer.filter(modified_at=since).order_by("-pgh_id").first()


def _changes_after(customer: Customer, seen: Any) -> tuple[Change, ...]:
    if seen is None:
        return ()
    return tuple(
        change for change in timeline(customer, limit=CHANGES_TOLD).changes if change.id > seen.pgh_id
    )


def _flat(values: Mapping[str, str], metadata: Metadata) -> dict[_Place, Any]:
    flat: dict[_Place, Any] = {(name, ""): text for name, text in values.items()}
    return flat | {("metadata", key): value for key, value in metadata.items()}


def _typed(typed: Mapping[str, Any]) -> dict[_Place, Any]:
    return _flat({name: typed[name] or "" for name in FIELDS}, typed["metadata"])


def _same(typed: Any, stored: Any) -> bool:
    if isinstance(typed, str) and isinstance(stored, str):
        return typed in (stored, as_shown(stored))
    return type(typed) is type(stored) and bool(typed == stored)


def _label(place: _Place) -> str:
    name, key = place
    return f"Metadata: {key}" if key else str(CustomerForm.base_fields[name].label)
