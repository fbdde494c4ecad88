# ruff: noqa: S608  (what is put into this statement is written here)
"""Adds the marks of orders, checkout sessions and new customers to the tallies: behind their writing, never in its way.

A report reads tallies and marks in one statement, and a mark is in exactly one of both places, so whether it was added
costs time and no figure. Marks that somebody else is adding are passed over.
"""

from __future__ import annotations

import uuid

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from metrics.models import TallyMark

_MOST_MARKS = 10_000

# Tallies are added to in the order of their keys, and a table after the other, by everyone: no two wait for each other.
_ADD = """
WITH taken AS (
  DELETE FROM tally_marks WHERE id = ANY (ARRAY(
    SELECT id FROM tally_marks WHERE organization_id = %(organization)s ORDER BY id LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
  )) RETURNING quarter, source, currency, count, amount
),
summed AS MATERIALIZED (
  SELECT quarter, source, currency, count(*) AS marks, sum(count) AS count, sum(amount) AS amount
  FROM taken GROUP BY 1, 2, 3
),
quarters AS (
  INSERT INTO tally_quarters AS known (organization_id, quarter, source, currency, count, amount)
  SELECT %(organization)s::uuid, quarter, source, currency, count, amount FROM summed ORDER BY quarter, source, currency
  ON CONFLICT (organization_id, quarter, source, currency)
  DO UPDATE SET count = known.count + excluded.count, amount = known.amount + excluded.amount
),
days AS (
  INSERT INTO tally_days AS known (organization_id, day, source, currency, count, amount)
  SELECT %(organization)s::uuid, (quarter AT TIME ZONE 'UTC')::date AS day, source, currency, sum(count), sum(amount)
  FROM summed GROUP BY day, source, currency ORDER BY day, source, currency
  ON CONFLICT (organization_id, day, source, currency)
  DO UPDATE SET count = known.count + excluded.count, amount = known.amount + excluded.amount
)
SELECT coalesce(sum(marks), 0)::int FROM summed
"""
# What there is, and no mark tells of, by quarter of an hour.
TALLIED = """
SELECT quarter, source, currency, sum(count)::bigint AS count, sum(amount) AS amount FROM (
  SELECT tally_quarter_of(created_at) AS quarter, 'orders' AS source, currency, count(*) AS count,
    sum(amount_total) AS amount
  FROM orders WHERE organization_id = %(organization)s GROUP BY 1, currency
  UNION ALL
  SELECT tally_quarter_of(created_at), 'checkouts', '', count(*), count(*) FILTER (WHERE status = 'complete')
  FROM checkout_sessions WHERE organization_id = %(organization)s GROUP BY 1
  UNION ALL
  SELECT tally_quarter_of(created_at), 'customers', '', count(*), 0
  FROM customers WHERE organization_id = %(organization)s GROUP BY 1
  UNION ALL
  SELECT quarter, source, currency, -count, -amount FROM tally_marks WHERE organization_id = %(organization)s
) AS counted GROUP BY 1, 2, 3 HAVING sum(count) <> 0 OR sum(amount) <> 0
"""
# What adding marks needs anyway, and gets at once or not at all: nobody waits for a rebuild.
_BEGIN = "LOCK TABLE tally_quarters, tally_days IN ROW EXCLUSIVE MODE NOWAIT"
_STOP_OTHERS = "LOCK TABLE tally_quarters, tally_days IN SHARE ROW EXCLUSIVE MODE"
_FILL_QUARTERS = f"""
INSERT INTO tally_quarters (organization_id, quarter, source, currency, count, amount)
SELECT %(organization)s, quarter, source, currency, count, amount FROM ({TALLIED}) AS tallied
"""
_FILL_DAYS = """
INSERT INTO tally_days (organization_id, day, source, currency, count, amount)
SELECT organization_id, (quarter AT TIME ZONE 'UTC')::date, source, currency, sum(count), sum(amount)
FROM tally_quarters WHERE organization_id = %(organization)s GROUP BY 1, 2, 3, 4
"""


def add_marks(organization_id: uuid.UUID) -> int:
    """Adds the oldest marks of the organization; says how many that were: none while tallies are being rebuilt."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_BEGIN)
            cursor.execute(_ADD, {"organization": organization_id, "most": _MOST_MARKS})
            (added,) = cursor.fetchone()
    except OperationalError as refusal:
        if not isinstance(refusal.__cause__, LockNotAvailable):
            raise
        return 0
    return int(added)


def add_all_marks() -> None:
    """Adds every mark, of every organization."""
    marked = TallyMark.objects.order_by("organization_id").values_list("organization_id", flat=True)
    for organization_id in marked.distinct():
        while add_marks(organization_id) == _MOST_MARKS:
            pass


@transaction.atomic
def rebuild_tallies(organization_id: uuid.UUID) -> None:
    """Adds up anew all of the organization's that no mark tells of. Reports and writers don't wait for it."""
    values = {"organization": organization_id}
    with connection.cursor() as cursor:
        cursor.execute(_STOP_OTHERS)
        cursor.execute("DELETE FROM tally_days WHERE organization_id = %(organization)s", values)
        cursor.execute("DELETE FROM tally_quarters WHERE organization_id = %(organization)s", values)
        cursor.execute(_FILL_QUARTERS, values)
        cursor.execute(_FILL_DAYS, values)
