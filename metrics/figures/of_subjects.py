# ruff: noqa: S608  (what is put into these statements is written in this app)
"""How the figures of certain customers are read: by their own rows, found by index, in one statement.

`wanted` is whose: rows of a key, a customer (null where nobody holds the ID) and the external customer ID whose rows
that nobody holds count too (null for none). Who holds an ID is read in the same statement, so that it fits the rest.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from api.prepared import PreparedStatement
from metrics.figures.figures import Source
from metrics.figures.of_everyone import UNFOLDED, UNFOLDED_OF_BUSY
from metrics.figures.periods import KEPT_RANGES, Cut
from metrics.figures.pieces import Unit, pieces_of
from metrics.figures.sums import Params, array, cut_params, is_summed, period_of, pieces_params, with_events

_DAY = datetime.timedelta(days=1)
WANTED = "wanted (key, customer_id, own_id) AS MATERIALIZED ({query})"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures: of the current holders of these external customer IDs, with what nobody holds under them; of the
    customer with this ID of ours, deleted or not; with both, of that customer if it is one of those holders."""

    external_customer_ids: tuple[str, ...] | None = None
    customer_id: uuid.UUID | None = None

    def wanted(self) -> tuple[str, Params]:
        """The table `wanted`, and its parameters beside the organization."""
        query, params = self._query()
        return WANTED.format(query=query), params

    def _query(self) -> tuple[str, Params]:
        if self.external_customer_ids is None:
            return _BY_ID, {"customer_id": self.customer_id}
        own_ids = list(dict.fromkeys(self.external_customer_ids))
        if self.customer_id is None:
            return _BY_EXTERNAL_IDS, {"own_ids": own_ids, "number": str(len(own_ids))}
        return _BY_BOTH, {"own_ids": own_ids, "customer_id": self.customer_id}


# A key is a customer's ID, or a colon and the external customer ID that nobody holds.
_BY_ID = """
SELECT id::text, id, NULL::text FROM customers
WHERE organization_id = %(organization)s AND id = %(customer_id)s
"""
# By LIMIT the planner expects one ID, as there mostly is, of however many. It would expect ten, and plan each statement
# anew for the fewer there are, though that takes longer than to run it.
_BY_EXTERNAL_IDS = """
SELECT coalesce(holder.id::text, ':' || own_id), holder.id, own_id
FROM (SELECT unnest(%(own_ids)s::text[]) LIMIT %(number)s::int) AS named (own_id)
LEFT JOIN customers AS holder ON holder.organization_id = %(organization)s
  AND holder.external_customer_id = own_id AND holder.deleted_at IS NULL
"""
_BY_BOTH = """
SELECT id::text, id, NULL::text FROM customers WHERE organization_id = %(organization)s
  AND id = %(customer_id)s AND external_customer_id = ANY(%(own_ids)s) AND deleted_at IS NULL
"""
# What waits for a customer to be bound to it, or for somebody to get the ID.
WAITING = """
waiting (key, customer_id, unmatched_id) AS MATERIALIZED (
  SELECT wanted.key, wanted.customer_id, unmatched.id FROM wanted
  JOIN unmatched_ids AS unmatched ON unmatched.organization_id = %(organization)s
    AND unmatched.customer_id = wanted.customer_id AND unmatched.bound_at IS NULL
  UNION ALL
  SELECT wanted.key, NULL, unmatched.id FROM wanted
  JOIN unmatched_ids AS unmatched ON unmatched.organization_id = %(organization)s
    AND unmatched.customer_id IS NULL AND unmatched.external_customer_id = wanted.own_id
)
"""
# An event is found by its customer alone: a customer's events are all of its organization. Most customers have few of
# them, and those are counted one by one. Whoever has as many as there are sums to look for instead is busy.
_KNOWN = """
known (key, customer_id, moments) AS MATERIALIZED (
  SELECT key, customer_id, ARRAY(
    SELECT timestamp FROM events WHERE customer_id = wanted.customer_id
      AND timestamp >= %(events_start)s AND timestamp < %(events_end)s LIMIT %(enough)s::int
  ) FROM wanted
),
busy (key, customer_id) AS MATERIALIZED (
  SELECT key, customer_id FROM known WHERE cardinality(moments) >= %(enough)s::int
)
"""
_USED = f"""
used (period, key, customer_id, events) AS MATERIALIZED (
  SELECT {period_of("moment", "sum")}, key, customer_id, 1 FROM known CROSS JOIN unnest(moments) AS moment
  WHERE cardinality(moments) < %(enough)s::int
  UNION ALL
  SELECT one.period, busy.key, busy.customer_id, summed.events FROM busy
  CROSS JOIN unnest(%(days)s::date[], %(day_periods)s::int[]) AS one (day, period)
  CROSS JOIN LATERAL (
    SELECT events FROM rollup_customer_days
    WHERE organization_id = %(organization)s AND day = one.day AND customer_id = busy.customer_id OFFSET 0
  ) AS summed
  UNION ALL
  SELECT piece.period, busy.key, busy.customer_id, counted.events FROM busy
  CROSS JOIN unnest(%(sum_event_periods)s::int[], %(sum_event_firsts)s::timestamptz[],
    %(sum_event_lasts)s::timestamptz[]) AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT count(*) AS events FROM events
    WHERE customer_id = busy.customer_id AND timestamp >= piece.first AND timestamp < piece.last
  ) AS counted
  WHERE counted.events > 0
  UNION ALL
  SELECT {period_of("timestamp", "sum")}, busy.key, busy.customer_id, 1 FROM unfolded
  JOIN busy ON busy.customer_id = unfolded.customer_id WHERE {is_summed("timestamp", "sum")}
  UNION ALL
  SELECT {period_of("event.timestamp", "sum")}, waiting.key, waiting.customer_id, event.events FROM waiting
  CROSS JOIN LATERAL (
    SELECT min(timestamp) AS timestamp, count(*) AS events FROM events
    WHERE unmatched_id = waiting.unmatched_id AND customer_id IS NULL
      AND timestamp >= %(events_start)s AND timestamp < %(events_end)s
    GROUP BY width_bucket(timestamp, %(sum_starts)s::timestamptz[])
  ) AS event
)
"""
_BOUGHT = f"""
bought (period, key, customer_id, currency, orders, amount) AS MATERIALIZED (
  SELECT {period_of("bought.created_at")}, wanted.key, wanted.customer_id, currency, count(*), sum(amount_total)
  FROM wanted CROSS JOIN LATERAL (
    SELECT created_at, currency, amount_total FROM orders
    WHERE organization_id = %(organization)s AND customer_id = wanted.customer_id
      AND created_at >= %(start)s AND created_at < %(end)s OFFSET 0
  ) AS bought GROUP BY 1, 2, 3, 4
)
"""
_BEGUN = f"""
begun (period, key, succeeded) AS MATERIALIZED (
  SELECT {period_of("begun.created_at")}, wanted.key, begun.status = 'complete' FROM wanted
  CROSS JOIN LATERAL (
    SELECT created_at, status FROM checkout_sessions
    WHERE organization_id = %(organization)s AND customer_id = wanted.customer_id
      AND created_at >= %(start)s AND created_at < %(end)s OFFSET 0
  ) AS begun
  UNION ALL
  SELECT {period_of("begun.created_at")}, wanted.key, false FROM wanted
  CROSS JOIN LATERAL (
    SELECT created_at FROM checkout_sessions
    WHERE organization_id = %(organization)s AND customer_id IS NULL AND external_customer_id = wanted.own_id
      AND created_at >= %(start)s AND created_at < %(end)s OFFSET 0
  ) AS begun
)
"""
_SELECT_EVENTS = "SELECT 'events', {bucket}, NULL::text, sum(events), NULL::numeric FROM used GROUP BY 2"
_SELECT_ORDERS = "SELECT 'orders', {bucket}, currency, sum(orders), sum(amount) FROM bought GROUP BY 2, 3"
_SELECT_CHECKOUTS = """
SELECT 'checkouts', {bucket}, NULL::text, count(*), count(*) FILTER (WHERE succeeded) FROM begun GROUP BY 2
"""
_SELECT_CUSTOMERS = f"""
SELECT 'customers', {{bucket}}, NULL::text, count(*), NULL::numeric FROM (
  SELECT {period_of("customers.created_at")} AS period, wanted.key
  FROM wanted JOIN customers ON customers.id = wanted.customer_id
  WHERE customers.created_at >= %(start)s AND customers.created_at < %(end)s
) AS created GROUP BY 2
"""
_SELECT_ACTIVE = """
SELECT 'active', {bucket}, NULL::text, count(DISTINCT customer_id), NULL::numeric FROM ({seen}) AS seen GROUP BY 2
"""
_SELECT_ACTIVE_EVER = """
SELECT 'active', NULL, NULL::text, count(DISTINCT customer_id), NULL::numeric FROM ({seen}) AS seen
"""
_SEEN_IN_EVENTS = "SELECT period, key, customer_id FROM used WHERE customer_id IS NOT NULL UNION ALL "
_SEEN_IN_ORDERS = "SELECT period, key, customer_id FROM bought"

# What is read together. A source more costs an index look-up; each other statement is one more to be kept prepared.
_TOGETHER = (
    frozenset({Source.EVENTS}),
    frozenset({Source.ORDERS, Source.CHECKOUTS, Source.CUSTOMERS}),
    frozenset(Source),
)


def read(
    organization_id: uuid.UUID, subject: Subject, cuts: Sequence[Cut], sources: Set[Source]
) -> list[tuple[Any, ...]]:
    """The rows of `sources` by period, as `of_everyone.statement` gives them."""
    wanted, own = subject.wanted()
    together = next(some for some in _TOGETHER if sources <= some)
    query, params = statement(organization_id, [wanted], cuts, together)
    names = {source.value for source in sources}
    return [row for row in _prepared(query).rows(params | own) if row[0] in names] if query else []


@cache
def _prepared(query: str) -> PreparedStatement:
    return PreparedStatement(query)


def statement(
    organization_id: uuid.UUID,
    tables: Sequence[str],
    cuts: Sequence[Cut],
    sources: Collection[Source],
    *,
    by_key: bool = False,
    everyones: bool = False,
    more: Sequence[str] = (),
) -> tuple[str, Params]:
    """The statement that reads `sources` and its parameters, as `of_everyone.statement` does, or `by_key` with the key
    in place of the period. `tables`, of which one is `wanted`, are made first, or after `unfolded` if that is to be
    `everyones`; their own parameters are to be added. `more` are further branches."""
    bucket = "key" if by_key else "period"
    params: Params = {"organization": organization_id, **cut_params(cuts)}
    happening = with_events(cuts)
    active = Source.ACTIVE in sources
    uses = bool(happening) and (active or Source.EVENTS in sources)
    made = list(tables)
    branches = list(more)
    if uses:
        params |= usage_params(tuple(happening))
        made = [UNFOLDED, *made, _KNOWN] if everyones else [*made, _KNOWN, UNFOLDED_OF_BUSY]
        made += [WAITING, _USED]
        if Source.EVENTS in sources:
            branches.append(_SELECT_EVENTS)
    if active or Source.ORDERS in sources:
        made.append(_BOUGHT)
        if Source.ORDERS in sources:
            branches.append(_SELECT_ORDERS)
    if Source.CHECKOUTS in sources:
        made.append(_BEGUN)
        branches.append(_SELECT_CHECKOUTS)
    if Source.CUSTOMERS in sources:
        branches.append(_SELECT_CUSTOMERS)
    if active:
        seen = (_SEEN_IN_EVENTS if uses else "") + _SEEN_IN_ORDERS
        branches.append(_SELECT_ACTIVE.format(bucket=bucket, seen=seen))
        if not by_key:
            branches.append(_SELECT_ACTIVE_EVER.format(seen=seen))
    selected = " UNION ALL ".join(branch.replace("{bucket}", bucket) for branch in branches)
    return f"WITH {','.join(made)} {selected}" if branches else "", params


@lru_cache(maxsize=KEPT_RANGES)
def usage_params(cuts: tuple[Cut, ...]) -> Params:
    """What tells `known` and `used` how the events of these stretches of time are read."""
    pieces = pieces_of(cuts, (Unit.DAY,))
    days = [
        (piece.start.date() + _DAY * number, piece.period)
        for piece in pieces
        if piece.unit == Unit.DAY
        for number in range((piece.end - piece.start).days)
    ]
    return {
        "events_start": cuts[0].start,
        "events_end": cuts[-1].end,
        "days": array(day for day, _ in days),
        "day_periods": array(period for _, period in days),
        "enough": str(len(days) + sum(piece.unit != Unit.DAY for piece in pieces)),
        **pieces_params("sum", pieces, ()),
    }
