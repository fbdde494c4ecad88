"""Holds the rollups against the events that they are sums of."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

from metrics.services.folding import FOLDED_EVENTS
from organizations.models import Organization

_COMPARE = """
WITH folded AS MATERIALIZED ({folded}), expected AS ({expected})
SELECT concat_ws(' ', key, subject), found, wanted FROM (
  SELECT coalesce(kept.key, expected.key) AS key, coalesce(kept.subject, expected.subject) AS subject,
    kept.figures AS found, expected.figures AS wanted
  FROM ({kept}) AS kept FULL JOIN expected
    ON kept.key = expected.key AND kept.subject IS NOT DISTINCT FROM expected.subject
) AS both_of_them
WHERE found IS DISTINCT FROM wanted ORDER BY 1 LIMIT %(limit)s
"""
# By the table: the sums as they should be, and as they are.
_ROLLUPS = {
    "rollup_days": (
        """
        SELECT (timestamp AT TIME ZONE 'UTC')::date::text AS key, NULL::text AS subject, count(*)::text AS figures
        FROM folded GROUP BY 1
        """,
        """
        SELECT day::text AS key, NULL::text AS subject, events::text AS figures
        FROM rollup_days WHERE organization_id = %(organization)s
        """,
    ),
    "rollup_quarters": (
        """
        SELECT (date_bin('15 minutes', timestamp, '2000-01-01 00:00Z') AT TIME ZONE 'UTC')::text AS key,
          NULL::text AS subject, count(*)::text AS figures
        FROM folded GROUP BY 1
        """,
        """
        SELECT (quarter AT TIME ZONE 'UTC')::text AS key, NULL::text AS subject, events::text AS figures
        FROM rollup_quarters WHERE organization_id = %(organization)s
        """,
    ),
    "rollup_customer_days": (
        """
        SELECT (timestamp AT TIME ZONE 'UTC')::date::text AS key, customer_id::text AS subject,
          concat_ws(' in quarters ', count(*), bit_or(set_bit(repeat('0', 96)::bit(96),
            (floor(extract(epoch FROM timestamp))::bigint %% 86400 / 900)::int, 1))) AS figures
        FROM folded WHERE customer_id IS NOT NULL GROUP BY 1, 2
        """,
        """
        SELECT day::text AS key, customer_id::text AS subject, concat_ws(' in quarters ', events, quarters) AS figures
        FROM rollup_customer_days WHERE organization_id = %(organization)s
        """,
    ),
    "rollup_customer_months": (
        """
        SELECT date_trunc('month', timestamp AT TIME ZONE 'UTC')::date::text AS key, customer_id::text AS subject,
          'active' AS figures
        FROM folded WHERE customer_id IS NOT NULL GROUP BY 1, 2
        """,
        """
        SELECT month::text AS key, customer_id::text AS subject, 'active' AS figures
        FROM rollup_customer_months WHERE organization_id = %(organization)s
        """,
    ),
}


class Difference(NamedTuple):
    """A sum that isn't what its events add up to; None where there is no row, or should be none."""

    rollup: str
    key: str
    found: str | None
    expected: str | None


def differences(organization: Organization, *, limit: int = 100) -> list[Difference]:
    """The sums of the organization that are wrong, of each rollup the first `limit`. Reads every event."""
    values: dict[str, Any] = {"organization": organization.id, "limit": limit}
    found: list[Difference] = []
    with connection.cursor() as cursor:
        for rollup, (expected, kept) in _ROLLUPS.items():
            cursor.execute(_COMPARE.format(folded=FOLDED_EVENTS, expected=expected, kept=kept), values)
            found += (Difference(rollup, *row) for row in cursor.fetchall())
    return found
