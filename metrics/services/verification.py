# ruff: noqa: S608  (what is put into these statements is written here)
"""Holds the rollups against the events that they are sums of, and the tallies against what they count."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import connection

from metrics.services.tallies import TALLIED
from organizations.models import Organization

# A month at a time, each in a statement of its own, which sees one moment: what is added between two of them moves from
# the batches to the sums, and is right before and after. Events of batches are taken off again, which is quicker than
# looking for each event in every batch.
_COUNTED = """
unfolded AS MATERIALIZED (
  SELECT event.customer_id, event.timestamp FROM event_batches AS batch
  CROSS JOIN LATERAL (
    SELECT customer_id, timestamp FROM events WHERE events.id >= batch.id AND events.id <= batch.last_id OFFSET 0
  ) AS event
  WHERE batch.organization_id = %(organization)s AND event.timestamp >= %(start)s AND event.timestamp < %(end)s
),
counted AS MATERIALIZED (
  SELECT customer_id, date_bin('15 minutes', timestamp, '2000-01-01 00:00Z') AS quarter, sum(events) AS events
  FROM (
    SELECT customer_id, timestamp, 1 AS events FROM events
    WHERE organization_id = %(organization)s AND timestamp >= %(start)s AND timestamp < %(end)s
    UNION ALL
    SELECT customer_id, timestamp, -1 FROM unfolded
  ) AS one GROUP BY 1, 2 HAVING sum(events) <> 0
),
quarters AS MATERIALIZED (SELECT quarter, sum(events) AS events FROM counted GROUP BY 1),
customer_days AS MATERIALIZED (
  SELECT customer_id, (quarter AT TIME ZONE 'UTC')::date AS day, sum(events) AS events,
    bit_or(set_bit(repeat('0', 96)::bit(96), (extract(epoch FROM quarter)::bigint %% 86400 / 900)::int, 1)) AS quarters
  FROM counted WHERE customer_id IS NOT NULL GROUP BY 1, 2
)
"""
_DIFFERENT = """
(
  SELECT '{rollup}', {key}, {found} AS found, {wanted} AS wanted
  FROM ({kept}) AS kept FULL JOIN ({expected}) AS expected USING ({by})
  WHERE {found} IS DISTINCT FROM {wanted} ORDER BY {by} LIMIT %(limit)s
)
"""
_COMPARE_MONTH = (
    "WITH "
    + _COUNTED
    + "UNION ALL".join(
        _DIFFERENT.format(**names)
        for names in (
            {
                "rollup": "rollup_days",
                "key": "day::text",
                "found": "kept.events::text",
                "wanted": "expected.events::text",
                "kept": """
              SELECT day, events FROM rollup_days
              WHERE organization_id = %(organization)s AND day >= %(first)s AND day < %(last)s
            """,
                "expected": """
              SELECT (quarter AT TIME ZONE 'UTC')::date AS day, sum(events) AS events FROM quarters GROUP BY 1
            """,
                "by": "day",
            },
            {
                "rollup": "rollup_quarters",
                "key": "(quarter AT TIME ZONE 'UTC')::text",
                "found": "kept.events::text",
                "wanted": "expected.events::text",
                "kept": """
              SELECT quarter, events FROM rollup_quarters
              WHERE organization_id = %(organization)s AND quarter >= %(start)s AND quarter < %(end)s
            """,
                "expected": "SELECT quarter, events FROM quarters",
                "by": "quarter",
            },
            {
                "rollup": "rollup_customer_days",
                "key": "concat_ws(' ', day, customer_id)",
                "found": "kept.events || ' in quarters ' || kept.quarters",
                "wanted": "expected.events || ' in quarters ' || expected.quarters",
                "kept": """
              SELECT day, customer_id, events, quarters FROM rollup_customer_days
              WHERE organization_id = %(organization)s AND day >= %(first)s AND day < %(last)s
            """,
                "expected": "SELECT day, customer_id, events, quarters FROM customer_days",
                "by": "day, customer_id",
            },
            {
                "rollup": "rollup_customer_months",
                "key": "concat_ws(' ', month, customer_id)",
                "found": "kept.told",
                "wanted": "expected.told",
                "kept": """
              SELECT month, customer_id, 'active' AS told FROM rollup_customer_months
              WHERE organization_id = %(organization)s AND month >= %(first)s AND month < %(last)s
            """,
                "expected": """
              SELECT date_trunc('month', day)::date AS month, customer_id, 'active' AS told
              FROM customer_days GROUP BY 1, 2
            """,
                "by": "month, customer_id",
            },
        )
    )
)
_TALLY = "{table}.count || ' to ' || {table}.amount"
_COMPARE_TALLIES = f"WITH tallied AS MATERIALIZED ({TALLIED})" + "UNION ALL".join(
    _DIFFERENT.format(
        rollup=table,
        key=f"concat_ws(' ', {shown}, source, nullif(currency, ''))",
        found=_TALLY.format(table="kept"),
        wanted=_TALLY.format(table="expected"),
        kept=f"""
          SELECT {by}, source, currency, count::numeric, amount FROM {table}
          WHERE organization_id = %(organization)s AND (count <> 0 OR amount <> 0)
        """,
        expected=f"""
          SELECT {key} AS {by}, source, currency, sum(count) AS count, sum(amount) AS amount FROM tallied
          GROUP BY 1, 2, 3 HAVING sum(count) <> 0 OR sum(amount) <> 0
        """,
        by=f"{by}, source, currency",
    )
    for table, by, key, shown in (
        ("tally_days", "day", "(quarter AT TIME ZONE 'UTC')::date", "day"),
        ("tally_quarters", "quarter", "quarter", "(quarter AT TIME ZONE 'UTC')::text"),
    )
)
_RANGE = """
SELECT min(first), max(last) FROM (
  SELECT min(timestamp AT TIME ZONE 'UTC')::date AS first, max(timestamp AT TIME ZONE 'UTC')::date AS last FROM (
    SELECT min(timestamp) AS timestamp FROM events WHERE organization_id = %(organization)s
    UNION ALL SELECT max(timestamp) FROM events WHERE organization_id = %(organization)s
    UNION ALL SELECT min(quarter) FROM rollup_quarters WHERE organization_id = %(organization)s
    UNION ALL SELECT max(quarter) FROM rollup_quarters WHERE organization_id = %(organization)s
  ) AS moments
  UNION ALL SELECT min(day), max(day) FROM rollup_days WHERE organization_id = %(organization)s
  UNION ALL SELECT min(day), max(day) FROM rollup_customer_days WHERE organization_id = %(organization)s
  UNION ALL SELECT min(month), max(month) FROM rollup_customer_months WHERE organization_id = %(organization)s
) AS known
"""


class Difference(NamedTuple):
    """A sum that isn't what it should be; None where there is no row, or should be none."""

    rollup: str
    key: str
    found: str | None
    expected: str | None


def differences(
    organization: Organization,
    *,
    limit: int = 100,
    progress: Callable[[datetime.date], object] = lambda month: None,
) -> list[Difference]:
    """The sums of the organization that are wrong, of each rollup the first `limit`. Reads every event, a month of them
    at a time; `progress` is told of each month before it."""
    found: list[Difference] = []
    for month, following in _months(organization):
        progress(month)
        values = {"first": month, "last": following, "start": _midnight(month), "end": _midnight(following)}
        found += _compared(_COMPARE_MONTH, organization, limit, **values)
    found += _compared(_COMPARE_TALLIES, organization, limit)
    of_rollups: dict[str, list[Difference]] = {}
    for difference in found:
        of_rollups.setdefault(difference.rollup, []).append(difference)
    return [difference for differing in of_rollups.values() for difference in differing[:limit]]


def _compared(statement: str, organization: Organization, limit: int, **values: Any) -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization.id, "limit": limit, **values})
        return [Difference(*row) for row in cursor.fetchall()]


def _months(organization: Organization) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Each month from the first to the last in which there is an event, or a sum, and the month after it."""
    with connection.cursor() as cursor:
        cursor.execute(_RANGE, {"organization": organization.id})
        first, last = cursor.fetchone()
    month = first.replace(day=1) if first else None
    while month is not None and month <= last:
        following = (month + datetime.timedelta(days=31)).replace(day=1)
        yield month, following
        month = following


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, datetime.UTC)
