"""What is remembered of events that were sent again: nothing of them is stored twice, but somebody may ask why one
isn't there as it was sent."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection


class Again(NamedTuple):
    """An event that was left out, as it was sent. Without a `timestamp` it came without one; `name` is the number of
    its name, and `metadata` JSON."""

    external_id: str
    name: int
    own_id: str | None
    customer_id: str | None
    timestamp: datetime.datetime | None
    metadata: str


# Rows are locked in the order of the events' IDs, as everyone locks them, and last of all that a call locks. Whose the
# event was is not compared once its customer was erased: what is sent of them then is not to be kept again.
_NOTE = """
WITH sent AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(sent)s::jsonb) AS sent (place int, external_id text, name bigint, own_id text,
    customer_id uuid, "timestamp" timestamptz, metadata jsonb)
),
compared AS (
  SELECT sent.place, first.id, array_remove(ARRAY[
      CASE WHEN sent.name <> first.name_id THEN 'name' END,
      CASE WHEN NOT is_erased AND sent.own_id IS DISTINCT FROM known.own_id AND sent.own_id IS NOT NULL
        THEN 'external_customer_id' END,
      CASE WHEN NOT is_erased AND sent.customer_id IS DISTINCT FROM known.customer_id AND sent.own_id IS NULL
        THEN 'customer_id' END,
      CASE WHEN sent.timestamp <> first.timestamp THEN 'timestamp' END,
      CASE WHEN NOT is_erased AND sent.metadata <> first.metadata THEN 'metadata' END
    ], NULL) AS differences,
    CASE
      WHEN is_erased THEN NULL
      WHEN sent.own_id IS NOT NULL THEN nullif(sent.own_id, known.own_id)
      WHEN sent.customer_id IS DISTINCT FROM known.customer_id THEN (
        SELECT external_customer_id FROM customers WHERE organization_id = %(organization)s AND id = sent.customer_id
      )
    END AS other_id
  FROM sent
  CROSS JOIN LATERAL (
    SELECT * FROM events WHERE organization_id = %(organization)s AND external_id = sent.external_id LIMIT 1
  ) AS first
  CROSS JOIN LATERAL (
    SELECT coalesce(first.customer_id, waits.customer_id) AS customer_id, waits.external_customer_id AS own_id
    FROM (SELECT) AS one LEFT JOIN unmatched_ids AS waits ON waits.id = first.unmatched_id
  ) AS waited
  CROSS JOIN LATERAL (
    SELECT waited.customer_id, coalesce(holder.external_customer_id, waited.own_id) AS own_id,
      coalesce(holder.external_customer_id = 'deleted-' || holder.id, false) AS is_erased
    FROM (SELECT) AS one LEFT JOIN customers AS holder ON holder.id = waited.customer_id
  ) AS known
)
INSERT INTO event_duplicates AS known
  (event_id, organization_id, count, first_at, last_at, differed_at, differences, external_customer_id)
SELECT DISTINCT ON (id) id, %(organization)s, count(*) OVER (PARTITION BY id), %(now)s, %(now)s,
  CASE WHEN cardinality(differences) > 0 THEN %(now)s::timestamptz END, differences, other_id
FROM compared ORDER BY id, cardinality(differences) > 0 DESC, place DESC
ON CONFLICT (event_id) DO UPDATE SET
  count = known.count + excluded.count,
  first_at = least(known.first_at, excluded.first_at),
  last_at = greatest(known.last_at, excluded.last_at),
  (differed_at, differences, external_customer_id) = (
    SELECT newer.differed_at, newer.differences, newer.external_customer_id FROM (VALUES
      (excluded.differed_at, excluded.differences, excluded.external_customer_id),
      (known.differed_at, known.differences, known.external_customer_id)
    ) AS newer (differed_at, differences, external_customer_id)
    ORDER BY newer.differed_at DESC NULLS LAST LIMIT 1
  )
"""


def note_duplicates(organization_id: uuid.UUID, again: Sequence[Again], now: datetime.datetime) -> None:
    """Notes that these were sent again, each after the event of its own ID, which is stored already."""
    sent: list[dict[str, Any]] = [
        {"place": place, **event._asdict(), "metadata": orjson.Fragment(event.metadata)}
        for place, event in enumerate(again)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE, {"organization": organization_id, "sent": orjson.dumps(sent).decode(), "now": now}
        )
