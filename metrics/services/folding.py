"""Adds stored events to the rollups: right behind their storing, and never in its way.

A call only leaves an EventBatch behind. Whoever finds enough of them after its own commit adds them up, in one
transaction that removes them, so that at any moment an event is counted in exactly one of both places. Batches that
somebody else is adding are passed over, and a fold that doesn't happen costs time and no figure.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from metrics.models import EventBatch

# A report reads what isn't added yet event by event, so this is what keeps it quick while events come in; when none
# do, the worker adds the rest.
DUE_EVENTS = 8_000
DUE_BATCHES = 64
_MOST_BATCHES = 128

_IS_DUE = """
SELECT coalesce(sum(size), 0) >= %s OR count(*) >= %s
FROM (SELECT size FROM event_batches WHERE organization_id = %s LIMIT %s) AS waiting
"""
# Whoever adds has the oldest. Two at a time would wait for each other at the sums of the same customers.
_IS_MINE = """
SELECT id FROM event_batches
WHERE id = (SELECT id FROM event_batches WHERE organization_id = %s ORDER BY id LIMIT 1) FOR UPDATE SKIP LOCKED
"""
_LOCK = """
SELECT id, last_id FROM event_batches WHERE organization_id = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_EVENTS = """
SELECT events.customer_id, events.timestamp
FROM unnest(%(firsts)s::uuid[], %(lasts)s::uuid[]) AS batch (first, last)
CROSS JOIN LATERAL (
  SELECT customer_id, timestamp FROM events WHERE id BETWEEN batch.first AND batch.last OFFSET 0
) AS events
"""
# Every sum is added in the order of its key, and a table after the other, by everyone: no two wait for each other.
_OF_CUSTOMERS = """
WITH added AS MATERIALIZED ({events}),
happened AS MATERIALIZED (
  SELECT customer_id, (timestamp AT TIME ZONE 'UTC')::date AS day, count(*) AS events,
    bit_or(set_bit(repeat('0', 96)::bit(96),
      (floor(extract(epoch FROM timestamp))::bigint %% 86400 / 900)::int, 1)) AS quarters
  FROM added WHERE customer_id IS NOT NULL GROUP BY 1, 2
),
months AS (
  INSERT INTO rollup_customer_months (organization_id, month, customer_id)
  SELECT DISTINCT %(organization)s::uuid, date_trunc('month', day)::date, customer_id FROM happened ORDER BY 2, 3
  ON CONFLICT DO NOTHING
){and_the_organization}
INSERT INTO rollup_customer_days AS known (organization_id, day, customer_id, events, quarters)
SELECT %(organization)s, day, customer_id, events, quarters FROM happened ORDER BY day, customer_id
ON CONFLICT (organization_id, day, customer_id)
DO UPDATE SET events = known.events + excluded.events, quarters = known.quarters | excluded.quarters
"""
_AND_THE_ORGANIZATION = """,
of_quarters AS MATERIALIZED (
  SELECT date_bin('15 minutes', timestamp, '2000-01-01 00:00Z') AS quarter, count(*) AS events FROM added GROUP BY 1
),
quarters AS (
  INSERT INTO rollup_quarters AS known (organization_id, quarter, events)
  SELECT %(organization)s::uuid, quarter, events FROM of_quarters ORDER BY quarter
  ON CONFLICT (organization_id, quarter) DO UPDATE SET events = known.events + excluded.events
),
days AS (
  INSERT INTO rollup_days AS known (organization_id, day, events)
  SELECT %(organization)s::uuid, (quarter AT TIME ZONE 'UTC')::date AS day, sum(events)
  FROM of_quarters GROUP BY day ORDER BY day
  ON CONFLICT (organization_id, day) DO UPDATE SET events = known.events + excluded.events
)"""
# Nearly all events came before what any batch covers, and aren't looked for in each of them.
_FOLDED_EVENTS = """
SELECT customer_id, timestamp FROM events
WHERE organization_id = %(organization)s AND (
  NOT coalesce(
    events.id >= (SELECT id FROM event_batches WHERE organization_id = %(organization)s ORDER BY id LIMIT 1), false
  ) OR NOT EXISTS (
    SELECT FROM event_batches AS batch
    WHERE batch.organization_id = %(organization)s AND events.id BETWEEN batch.id AND batch.last_id
  )
)
"""
_TABLES = "rollup_customer_days, rollup_customer_months, rollup_days, rollup_quarters"
# What a fold needs anyway, and gets at once or not at all.
_BEGIN = f"LOCK TABLE {_TABLES} IN ROW EXCLUSIVE MODE NOWAIT"
_STOP_OTHERS = f"LOCK TABLE {_TABLES} IN SHARE ROW EXCLUSIVE MODE"
_FORGET = "DELETE FROM event_batches WHERE id = ANY(%s)"


def fold_if_due(organization_id: uuid.UUID) -> None:
    """Adds what waits, when it is enough for a report to notice, and unless the rollups are being rebuilt."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE, [DUE_EVENTS, DUE_BATCHES, organization_id, DUE_BATCHES])
        (due,) = cursor.fetchone()
    if due:
        try:
            fold(organization_id)
        except OperationalError as refusal:
            if not isinstance(refusal.__cause__, LockNotAvailable):
                raise


def fold_what_is_left() -> None:
    """Adds everything that waits, of every organization."""
    waiting = EventBatch.objects.order_by("organization_id").values_list("organization_id", flat=True)
    for organization_id in waiting.distinct():
        while fold(organization_id):
            pass


@transaction.atomic
def fold(organization_id: uuid.UUID) -> int:
    """Adds the events of the oldest batches, unless somebody else is at it; says how many batches that were."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_IS_MINE, [organization_id])
        if cursor.fetchone() is None:
            return 0
        cursor.execute(_LOCK, [organization_id, _MOST_BATCHES])
        batches = cursor.fetchall()
        if batches:
            of_batches: dict[str, Any] = {
                "firsts": [first for first, _ in batches],
                "lasts": [last for _, last in batches],
            }
            _add(organization_id, _EVENTS, of_batches)
            cursor.execute(_FORGET, [of_batches["firsts"]])
    return len(batches)


def add_of_customers(organization_id: uuid.UUID, events: str, values: dict[str, Any]) -> None:
    """Adds the events that the query `events` gives (customer_id, timestamp) to their customers' sums. They are in the
    organization's own already."""
    _add(organization_id, events, values, and_the_organization="")


def _add(
    organization_id: uuid.UUID,
    events: str,
    values: dict[str, Any],
    and_the_organization: str = _AND_THE_ORGANIZATION,
) -> None:
    statement = _OF_CUSTOMERS.format(events=events, and_the_organization=and_the_organization)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization_id, **values})


@transaction.atomic
def rebuild(organization_id: uuid.UUID) -> None:
    """Adds up anew all events of the organization that no batch covers. Reports and ingestion don't wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(_STOP_OTHERS)
        for table in _TABLES.split(", "):
            cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [organization_id])  # noqa: S608
    _add(organization_id, _FOLDED_EVENTS, {})
