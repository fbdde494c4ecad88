"""The names of events, and the numbers that stand for them in the rows."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import lru_cache

from django.db import connection

from metrics.models import EventName

Numbers = dict[str, int]

_FIND = "SELECT name, id FROM event_names WHERE organization_id = %s AND name = ANY(%s)"


@lru_cache(maxsize=1024)
def _known(organization_id: uuid.UUID) -> Numbers:
    """The numbers that this process has seen. Names are never removed, so they stay right."""
    return {}


def numbers_of(organization_id: uuid.UUID, names: Collection[str]) -> Numbers:
    """The number of each of the names, at least; new names get theirs."""
    known = _known(organization_id)
    missing = [name for name in names if name not in known]
    if not missing:
        return known
    found = _find(organization_id, missing)
    new = sorted(set(missing) - set(found))
    if new:
        EventName.objects.bulk_create(
            [EventName(organization_id=organization_id, name=name) for name in new], ignore_conflicts=True
        )
        found |= _find(organization_id, new)
    if not connection.in_atomic_block and len(known) < 10_000:  # what could be rolled back is no knowledge
        known.update(found)
        return known
    return {**known, **found}


def _find(organization_id: uuid.UUID, names: list[str]) -> Numbers:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [organization_id, names])
        return dict(cursor.fetchall())
