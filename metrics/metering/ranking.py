"""Customers ranked by the quantity that a meter has of them.

Listed is who has an event in the range that the meter counts: the living customers, and the external customer IDs that
nobody holds. A deleted customer's is read by its own ID alone, since its external one may be somebody else's by now.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from metrics.figures.of_subjects import Subject
from metrics.figures.ranking import Place
from metrics.meter_rules import Function
from metrics.metering.amounts import MAKINGS, Number, quantity_of
from metrics.metering.limits import bounded
from metrics.metering.sources import Source, name_ids, source_of
from metrics.models import Meter

_OF_EVERYONE = """
found AS (
  SELECT event.customer_id, CASE WHEN event.customer_id IS NULL THEN event.unmatched_id END AS unmatched_id, {columns}
  FROM {events} GROUP BY {groups}
),
owned AS (
  SELECT coalesce(found.customer_id, unmatched.customer_id) AS owner_id,
    CASE WHEN found.customer_id IS NULL AND unmatched.customer_id IS NULL THEN unmatched.external_customer_id END
      AS own_id, found.*
  FROM found LEFT JOIN unmatched_ids AS unmatched ON unmatched.id = found.unmatched_id
),
of_each AS (
  SELECT owner_id AS customer_id, own_id, {together} FROM owned
  WHERE owner_id IS NULL OR owner_id NOT IN (
    SELECT id FROM customers WHERE organization_id = %(organization)s AND deleted_at IS NOT NULL
  ) GROUP BY 1, 2
)
"""
_OF_SUBJECT = """
found AS (SELECT event.customer_id, event.own_id, {columns} FROM {events} GROUP BY {groups}),
of_each AS (SELECT customer_id, own_id, {together} FROM found GROUP BY 1, 2)
"""
_STATEMENT = """
WITH {tables} {of_each},
ranked AS MATERIALIZED (
  SELECT coalesce(customer_id::text, ':' || own_id) COLLATE "C" AS key, customer_id, own_id, amount, number,
    {value} AS value
  FROM of_each
),
page AS MATERIALIZED (
  SELECT * FROM ranked WHERE {after} ORDER BY value {direction}, key {direction} LIMIT %(limit)s
)
SELECT page.key, page.customer_id, coalesce(page.own_id, customers.external_customer_id), customers.name, page.amount,
  page.number, page.value
FROM page LEFT JOIN customers ON customers.id = page.customer_id
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE EXISTS (SELECT FROM ranked WHERE NOT {after})
"""


@dataclass(frozen=True, slots=True)
class MeteredCustomer:
    """One customer's quantity, or that of an external customer ID that nobody holds, for which there is no
    `customer_id`. `key` and `value` are its place."""

    key: str
    value: str
    customer_id: uuid.UUID | None
    external_customer_id: str | None
    name: str | None
    quantity: Number | None


@dataclass(frozen=True, slots=True)
class MeteredCustomers:
    """A page of the ranking, and whether there is more on its sides."""

    rows: list[MeteredCustomer]
    has_next: bool
    has_previous: bool


def read_customers(
    *,
    meter: Meter,
    start: datetime.datetime,
    end: datetime.datetime,
    descending: bool = True,
    subject: Subject | None = None,
    place: Place | None = None,
    limit: int = 20,
) -> MeteredCustomers:
    """At most `limit` rows at `place` (None: the first ones), as of one moment of the database; those of `subject`
    alone, if there is one. Raises TakesTooLong."""
    source = source_of(meter.organization, meter, name_ids(meter.organization, [meter]), subject)
    if source is None:
        return MeteredCustomers([], has_next=False, has_previous=False)
    function = Function(meter.function)
    backward = place is not None and place.backward
    lower = descending != backward
    params = source.params | {"start": start, "end": end, "limit": limit + 1}
    after = "TRUE"
    if place is not None:
        after = f"(value, key) {'<' if lower else '>'} (%(value)s::numeric, %(key)s)"
        params |= {"value": place.value, "key": place.key}
    query = _statement(function, source, of_everyone=subject is None, after=after, lower=lower)
    with bounded() as cursor:
        cursor.execute(query, params)
        found = cursor.fetchall()
    read = [
        MeteredCustomer(
            key, format(value, "f"), customer_id, own_id, name, quantity_of(function, amount, number)
        )
        for key, customer_id, own_id, name, amount, number, value in found
        if key is not None
    ]
    behind = len(read) < len(found)
    order = {row[0]: (row[6], row[0]) for row in found}
    read.sort(key=lambda row: order[row.key], reverse=lower)
    ahead = len(read) > limit
    shown = read[:limit]
    if backward:
        shown.reverse()
        ahead, behind = behind, ahead
    return MeteredCustomers(shown, has_next=ahead, has_previous=behind)


def _statement(function: Function, source: Source, *, of_everyone: bool, after: str, lower: bool) -> str:
    making = MAKINGS[function]
    of_each = (_OF_EVERYONE if of_everyone else _OF_SUBJECT).format(
        columns=making.columns,
        events=source.events,
        groups="1, 2, 3" if making.group_by_value else "1, 2",
        together=making.together,
    )
    return _STATEMENT.format(
        tables="".join(f"{table}," for table in source.tables),
        of_each=of_each,
        value="amount / number" if function == Function.AVG else "amount::numeric",
        after=after,
        direction="DESC" if lower else "ASC",
    )
