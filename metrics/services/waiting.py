"""Events under an external customer ID that nobody holds: where they wait, and how many they are.

How it is never missed that a customer gets the ID in the same moment: whoever makes events wait locks the ID's open
UnmatchedID, and looks for the holder after that; whoever gets the ID locks the same row in its own transaction (the
trigger of migration 0002). One of the two waits for the other to commit, and then sees what it did.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection

from organizations.ids import new_id

Waiting = dict[str, uuid.UUID]
"""The UnmatchedIDs that events wait under, by the external customer ID."""

_LOCK = """
INSERT INTO unmatched_ids AS waiting (id, organization_id, external_customer_id, count, first_seen, last_seen, names)
SELECT id, %(organization)s, own_id, 0, now(), now(), '{}'
FROM unnest(%(ids)s::uuid[], %(own_ids)s::text[]) AS sent (id, own_id) ORDER BY own_id COLLATE "C"
ON CONFLICT (organization_id, external_customer_id) WHERE customer_id IS NULL DO UPDATE SET count = waiting.count
RETURNING external_customer_id, id
"""
_NOTE = """
UPDATE unmatched_ids AS waiting SET
  count = waiting.count + added.count,
  first_seen = CASE WHEN waiting.count = 0 THEN added.first_seen ELSE least(waiting.first_seen, added.first_seen) END,
  last_seen = CASE WHEN waiting.count = 0 THEN added.last_seen ELSE greatest(waiting.last_seen, added.last_seen) END,
  names = CASE
    WHEN waiting.names @> added.names OR cardinality(waiting.names) >= %s THEN waiting.names
    ELSE ARRAY(SELECT DISTINCT unnest(waiting.names || added.names))
  END
FROM jsonb_to_recordset(%s::jsonb)
  AS added (id uuid, count bigint, first_seen timestamptz, last_seen timestamptz, names bigint[])
WHERE waiting.id = added.id
"""
_DROP_UNUSED = "DELETE FROM unmatched_ids WHERE id = ANY(%s) AND count = 0"

MAX_NAMES = 50


def let_wait(organization_id: uuid.UUID, own_ids: Collection[str]) -> Waiting:
    """What events under these IDs wait under, locked until the transaction ends. Who holds the IDs is to be asked after
    this, and `note_waiting` to be told what waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            {
                "organization": organization_id,
                "ids": [new_id() for _ in own_ids],
                "own_ids": list(own_ids),
            },
        )
        return dict(cursor.fetchall())


def note_waiting(waiting: Waiting, events: Iterable[tuple[uuid.UUID | None, datetime.datetime, int]]) -> None:
    """Adds events (what they wait under, when they happened, the number of their name) to what is known of `waiting`,
    and lets go of those that none of them needed."""
    added: dict[uuid.UUID, dict[str, Any]] = {}
    for unmatched_id, timestamp, name in events:
        if unmatched_id is None:
            continue
        noted = added.setdefault(
            unmatched_id, {"count": 0, "first_seen": timestamp, "last_seen": timestamp, "names": set()}
        )
        noted["count"] += 1
        noted["first_seen"] = min(noted["first_seen"], timestamp)
        noted["last_seen"] = max(noted["last_seen"], timestamp)
        noted["names"].add(name)
    rows = [
        {
            "id": str(unmatched_id),
            "count": noted["count"],
            "first_seen": noted["first_seen"].isoformat(),
            "last_seen": noted["last_seen"].isoformat(),
            "names": sorted(noted["names"])[:MAX_NAMES],
        }
        for unmatched_id, noted in added.items()
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(_NOTE, [MAX_NAMES, json.dumps(rows)])
        cursor.execute(_DROP_UNUSED, [list(waiting.values())])
