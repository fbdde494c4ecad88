# ruff: noqa: S608  (what is put into this statement is written in this app)
"""Customers ranked by a figure.

Listed is who has anything of the chosen figures in the range: the living customers, and the external customer IDs that
nobody holds under which something happened. A deleted customer's figures are read by its own ID alone, since its
external one may be somebody else's by now.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection

from metrics.figures import of_subjects
from metrics.figures.figures import ALL_FIGURES, BY_CURRENCY, Figure, Figures, Source, sources_of
from metrics.figures.of_subjects import WANTED, Subject
from metrics.figures.periods import Cut
from metrics.figures.pieces import Unit, pieces_of
from metrics.figures.sums import Params, is_summed, with_events
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Order:
    """What to rank by; money in one currency. Those without a value come last either way."""

    figure: Figure
    descending: bool = True
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in a ranking, and whether to read on after it, or back before it."""

    value: str
    key: str
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """One customer, or an external customer ID that nobody holds, for which there is no `customer_id`."""

    key: str
    value: str
    customer_id: uuid.UUID | None
    external_customer_id: str | None
    name: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Ranking:
    """A page of the ranking, and whether there is more on its sides. `currencies` are those of any order."""

    rows: list[Ranked]
    currencies: tuple[str, ...]
    has_next: bool
    has_previous: bool


_COLUMNS = "(customer_id, own_id, events, orders, amount, sold, checkouts, succeeded, created)"
# Events that are in no sum, or are read one by one where the range begins or ends within a day.
_OTHERS = f"""
others (customer_id, own_id, events) AS MATERIALIZED (
  SELECT customer_id, own_id, sum(events)::bigint FROM (
    SELECT event.customer_id, NULL::text AS own_id, 1 AS events
    FROM unnest(%(sum_event_firsts)s::timestamptz[], %(sum_event_lasts)s::timestamptz[]) AS piece (first, last)
    CROSS JOIN LATERAL (
      SELECT customer_id FROM events
      WHERE (organization_id, timestamp) >= (%(organization)s, piece.first)
        AND (organization_id, timestamp) < (%(organization)s, piece.last) AND customer_id IS NOT NULL
    ) AS event
    UNION ALL
    SELECT customer_id, NULL, 1 FROM unfolded
    WHERE customer_id IS NOT NULL AND {is_summed("timestamp", "sum")}
    UNION ALL
    SELECT unmatched.customer_id,
      CASE WHEN unmatched.customer_id IS NULL THEN unmatched.external_customer_id END, event.events
    FROM (
      SELECT unmatched_id, count(*) AS events FROM events WHERE organization_id = %(organization)s
        AND customer_id IS NULL AND timestamp >= %(events_start)s AND timestamp < %(events_end)s GROUP BY 1
    ) AS event JOIN unmatched_ids AS unmatched ON unmatched.id = event.unmatched_id
  ) AS single GROUP BY 1, 2
)
"""
_FROM_EVENTS = """
  SELECT customer_id, own_id, sum(events), 0, 0, 0, 0, 0, 0 FROM (
    {summed} UNION ALL SELECT customer_id, own_id, events FROM others
  ) AS used GROUP BY 1, 2
"""
_OF_DAYS = """
  organization_id = %(organization)s AND day >= %(first_day)s AND day < %(last_day)s
"""
_SUMMED = f"SELECT customer_id, NULL::text AS own_id, events FROM rollup_customer_days WHERE {_OF_DAYS}"
# Who used most, without adding up everybody's days. All of a customer's light days, of few events each, make at most
# %(light)s; the last on the first page has at least the `bar`. Who doesn't come near that with heavy days and other
# events isn't on the page. Where the bar is too low to tell, or too many come near it, all is added up.
_LEADERS = f"""
heavy (customer_id, events) AS MATERIALIZED (
  SELECT customer_id, sum(events)::bigint FROM rollup_customer_days
  WHERE {_OF_DAYS} AND events > %(light_day)s AND customer_id NOT IN (
    SELECT id FROM customers WHERE organization_id = %(organization)s AND deleted_at IS NOT NULL
  ) GROUP BY 1
),
bar (events) AS MATERIALIZED (SELECT events FROM heavy ORDER BY events DESC OFFSET %(limit)s - 1 LIMIT 1),
near (customer_id) AS MATERIALIZED (
  SELECT customer_id FROM (
    SELECT customer_id, events FROM heavy UNION ALL SELECT customer_id, events FROM others WHERE customer_id IS NOT NULL
  ) AS known GROUP BY 1 HAVING sum(events) + %(light)s >= (SELECT events FROM bar)
),
telling (tells) AS MATERIALIZED (
  SELECT coalesce((SELECT events FROM bar) > %(light)s, false) AND (SELECT count(*) FROM near) <= %(most)s
)
"""
_SUMMED_OF_LEADERS = f"""
  SELECT near.customer_id, NULL::text AS own_id, summed.events FROM near
  CROSS JOIN generate_series(0, %(last_day)s::date - %(first_day)s::date - 1) AS number
  CROSS JOIN LATERAL (
    SELECT events FROM rollup_customer_days WHERE organization_id = %(organization)s
      AND day = %(first_day)s::date + number AND customer_id = near.customer_id OFFSET 0
  ) AS summed
  WHERE (SELECT tells FROM telling)
  UNION ALL
  {_SUMMED} AND NOT (SELECT tells FROM telling)
"""
# Whoever did something else without an event comes behind all of them, so the rest needn't be looked for.
_WITHOUT_LEADERS = "SELECT * FROM ({found}) AS other WHERE NOT (SELECT tells FROM telling)"
_LIGHT_DAY = 3  # events
_MOST_LEADERS = 2_000
_FROM_ORDERS = """
  SELECT customer_id, NULL::text, 0, count(*), sum(amount_total) FILTER (WHERE currency = %(currency)s),
    count(*) FILTER (WHERE currency = %(currency)s), 0, 0, 0
  FROM orders
  WHERE organization_id = %(organization)s AND created_at >= %(start)s AND created_at < %(end)s GROUP BY 1
"""
_FROM_CHECKOUTS = """
  SELECT coalesce(begun.customer_id, holder.id),
    CASE WHEN holder.id IS NULL THEN begun.external_customer_id END, 0, 0, 0, 0, begun.checkouts, begun.succeeded, 0
  FROM (
    SELECT customer_id, CASE WHEN customer_id IS NULL THEN external_customer_id END AS external_customer_id,
      count(*) AS checkouts, count(*) FILTER (WHERE status = 'complete') AS succeeded
    FROM checkout_sessions
    WHERE organization_id = %(organization)s AND created_at >= %(start)s AND created_at < %(end)s
      AND (customer_id IS NOT NULL OR external_customer_id IS NOT NULL) GROUP BY 1, 2
  ) AS begun
  LEFT JOIN LATERAL (
    SELECT id FROM customers WHERE begun.customer_id IS NULL AND organization_id = %(organization)s
      AND external_customer_id = begun.external_customer_id AND deleted_at IS NULL LIMIT 1
  ) AS holder ON true
"""
_FROM_CUSTOMERS = """
  SELECT id, NULL::text, 0, 0, 0, 0, 0, 0, 1 FROM customers
  WHERE organization_id = %(organization)s AND deleted_at IS NULL
    AND created_at >= %(start)s AND created_at < %(end)s
"""
# Of several sources, which may each have a row of the same customer.
_ADDED = """
SELECT customer_id, own_id, sum(events), sum(orders), sum(amount), sum(sold), sum(checkouts), sum(succeeded),
  sum(created) FROM ({found}) AS found {columns} GROUP BY 1, 2
"""
_RANKED = """
ranked (key, customer_id, own_id, value) AS (
  SELECT coalesce(customer_id::text, ':' || own_id) COLLATE "C", customer_id, own_id, coalesce({value}, {nothing})
  FROM ({found}) AS of_one {columns}
  WHERE ({listed}) AND (customer_id IS NULL OR customer_id NOT IN (
    SELECT id FROM customers WHERE organization_id = %(organization)s AND deleted_at IS NOT NULL
  ))
)
"""
_PAGE = """
page AS MATERIALIZED (
  SELECT * FROM ranked WHERE {after} ORDER BY value {direction}, key {direction} LIMIT %(limit)s
)
"""
_OF_PAGE = """
SELECT page.key, page.customer_id, coalesce(page.own_id, holder.external_customer_id) FROM page
LEFT JOIN customers AS holder ON holder.id = page.customer_id
"""
_SELECT_PAGE = "SELECT 'row', key, NULL::text, value::numeric, NULL::numeric FROM page"
_SELECT_BEHIND = """
SELECT 'behind', NULL::text, NULL::text, 1, NULL::numeric WHERE EXISTS (SELECT FROM ranked WHERE NOT {after})
"""
_SELECT_NAMES = """
SELECT 'external_id', key, own_id, 0, NULL::numeric FROM wanted
UNION ALL
SELECT 'name', wanted.key, customers.name, 0, NULL::numeric
FROM wanted JOIN customers ON customers.id = wanted.customer_id
UNION ALL
SELECT 'external_id', wanted.key, customers.external_customer_id, 0, NULL::numeric
FROM wanted JOIN customers ON customers.id = wanted.customer_id
"""
_SELECT_CURRENCIES = """
SELECT 'currency', NULL::text, currency, count(*), NULL::numeric FROM orders
WHERE organization_id = %(organization)s AND created_at >= %(start)s AND created_at < %(end)s GROUP BY currency
"""
_VALUES = {
    Figure.ORDERS: "orders",
    Figure.REVENUE: "coalesce(amount, 0)",
    Figure.AVERAGE_ORDER_VALUE: "amount / nullif(sold, 0)",
    Figure.CHECKOUTS: "checkouts",
    Figure.SUCCEEDED_CHECKOUTS: "succeeded",
    Figure.CHECKOUT_CONVERSION: "succeeded::numeric / nullif(checkouts, 0)",
    Figure.NEW_CUSTOMERS: "created",
    Figure.ACTIVE_CUSTOMERS: "CASE WHEN customer_id IS NOT NULL AND (events > 0 OR orders > 0) THEN 1 ELSE 0 END",
    Figure.EVENTS: "events",
}
_LISTED = {
    Source.EVENTS: "events > 0",
    Source.ORDERS: "orders > 0",
    Source.CHECKOUTS: "checkouts > 0",
    Source.CUSTOMERS: "created > 0",
    Source.ACTIVE: "customer_id IS NOT NULL AND (events > 0 OR orders > 0)",
}


def read_ranking(
    *,
    organization: Organization,
    start: datetime.datetime,
    end: datetime.datetime,
    order: Order,
    figures: Collection[Figure] = ALL_FIGURES,
    subject: Subject | None = None,
    place: Place | None = None,
    limit: int = 20,
) -> Ranking:
    """At most `limit` rows at `place` (None: the first ones), as of one moment of the database; those of `subject`
    alone, if there is one. Ranked is by one of `figures`."""
    reading = _Reading(organization, Cut(start, end, 0), figures, order, place, limit)
    return reading.everyone() if subject is None else reading.of_subject(subject)


def currencies_of(
    organization: Organization, start: datetime.datetime, end: datetime.datetime
) -> tuple[str, ...]:
    """The currencies of the orders in the range, in alphabetical order."""
    counts = _orders_by_currency(organization, start, end)
    return tuple(sorted(counts))


def main_currency(organization: Organization, start: datetime.datetime, end: datetime.datetime) -> str | None:
    """The currency of most orders in the range; None where there are none."""
    counts = _orders_by_currency(organization, start, end)
    return min(counts, key=lambda currency: (-counts[currency], currency), default=None)


def _orders_by_currency(
    organization: Organization, start: datetime.datetime, end: datetime.datetime
) -> dict[str, int]:
    rows = _fetch(_SELECT_CURRENCIES, {"organization": organization.id, "start": start, "end": end})
    return {currency: int(count) for _, _, currency, count, _ in rows if currency is not None}


_Rows = Sequence[tuple[str, str | None, str | None, Decimal | int, Decimal | int | None]]


@dataclass(frozen=True, slots=True)
class _Reading:
    organization: Organization
    cut: Cut
    figures: Collection[Figure]
    order: Order
    place: Place | None
    limit: int

    @property
    def sources(self) -> set[Source]:
        return sources_of(self.figures)

    @property
    def backward(self) -> bool:
        return self.place is not None and self.place.backward

    def everyone(self) -> Ranking:
        found = self._found()
        if not found:
            return Ranking([], (), has_next=False, has_previous=False)
        lower = self.order.descending != self.backward
        after = (
            "TRUE"
            if self.place is None
            else f"(value, key) {'<' if lower else '>'} (%(value)s::numeric, %(key)s)"
        )
        listed = " OR ".join(_LISTED[source] for source in sorted(self.sources, key=_place_of))
        ranked = _RANKED.format(
            value=_VALUES[self.order.figure],
            nothing=f"'{'-' * self.order.descending}Infinity'::numeric",
            found=found[0]
            if len(found) == 1
            else _ADDED.format(found=" UNION ALL ".join(found), columns=_COLUMNS),
            columns=_COLUMNS,
            listed=listed,
        )
        behind = [] if self.place is None else [_SELECT_BEHIND.format(after=after)]
        page = _PAGE.format(after=after, direction="DESC" if lower else "ASC")
        query, params = of_subjects.statement(
            self.organization.id,
            [*self._tables(), ranked, page, WANTED.format(query=_OF_PAGE)],
            [self.cut],
            self.sources,
            by_key=True,
            everyones=True,
            more=[_SELECT_PAGE, _SELECT_NAMES, *self._currencies(), *behind],
        )
        params |= {"currency": self.order.currency, "limit": self.limit + 1, **self._days()}
        if self.place is not None:
            params |= {"value": self.place.value, "key": self.place.key}
        rows = _fetch(query, params)
        values = {key: count for kind, key, _, count, _ in rows if kind == "row"}
        read = sorted(
            _of_keys(rows, {key: format(value, "f") for key, value in values.items()}),
            key=lambda row: (values[row.key], row.key),
            reverse=lower,
        )
        return self._page(read, any(kind == "behind" for kind, *_ in rows), rows)

    def of_subject(self, subject: Subject) -> Ranking:
        """These are few, and are ranked here."""
        wanted, params = subject.wanted()
        query, more = of_subjects.statement(
            self.organization.id,
            [wanted],
            [self.cut],
            self.sources,
            by_key=True,
            more=[_SELECT_NAMES, *self._currencies()],
        )
        rows = _fetch(query, params | more)
        keys = {key for kind, key, *_ in rows if kind in _FIGURES and key is not None}
        listed = [(self._value(row.figures), row) for row in _of_keys(rows, dict.fromkeys(keys, ""))]
        listed.sort(
            key=lambda found: (found[0], found[1].key), reverse=self.order.descending != self.backward
        )
        read = [replace(row, value=str(value)) for value, row in listed]
        if self.place is None:
            return self._page(read[: self.limit + 1], False, rows)
        mark = (float(self.place.value), self.place.key)
        lower = self.order.descending != self.backward
        ahead = [
            row
            for row in read
            if ((float(row.value), row.key) < mark if lower else (float(row.value), row.key) > mark)
        ]
        return self._page(ahead[: self.limit + 1], len(ahead) < len(read), rows)

    def _value(self, figures: Figures) -> float:
        """What the row is ranked by; figures of this size are exact as floats, or are ranked as what they are near."""
        order = self.order
        value: Any = getattr(figures, order.figure.value)
        if order.figure in BY_CURRENCY:
            amount = figures.revenue.get(order.currency or "", 0)
            orders = figures.orders_by_currency.get(order.currency or "", 0)
            value = amount if order.figure == Figure.REVENUE else amount / orders if orders else None
        if value is None:
            return float("-inf" if order.descending else "inf")
        return float(value)

    @property
    def _reads_events(self) -> bool:
        return bool(with_events([self.cut]) and self.sources & {Source.EVENTS, Source.ACTIVE})

    @property
    def _has_leaders(self) -> bool:
        """Whether it is the first page of those with most events."""
        most_first = self.place is None and self.order.descending and self.order.figure == Figure.EVENTS
        return most_first and self._reads_events

    def _tables(self) -> list[str]:
        if not self._reads_events:
            return []
        return [_OTHERS, _LEADERS] if self._has_leaders else [_OTHERS]

    def _days(self) -> Params:
        """The whole days of UTC in the range, of which sums are read."""
        days = [piece for piece in pieces_of(with_events([self.cut]), (Unit.DAY,)) if piece.unit == Unit.DAY]
        first, last = (days[0].start.date(), days[-1].end.date()) if days else (datetime.date.min,) * 2
        light = (last - first).days * _LIGHT_DAY
        return {
            "first_day": first,
            "last_day": last,
            "light_day": _LIGHT_DAY,
            "light": light,
            "most": _MOST_LEADERS,
        }

    def _found(self) -> list[str]:
        sources = self.sources
        found = []
        if sources & {Source.ORDERS, Source.ACTIVE}:
            found.append(_FROM_ORDERS)
        if Source.CHECKOUTS in sources:
            found.append(_FROM_CHECKOUTS)
        if Source.CUSTOMERS in sources:
            found.append(_FROM_CUSTOMERS)
        if self._has_leaders:
            others = [_WITHOUT_LEADERS.format(found=other) for other in found]
            return [_FROM_EVENTS.format(summed=_SUMMED_OF_LEADERS), *others]
        return [_FROM_EVENTS.format(summed=_SUMMED), *found] if self._reads_events else found

    def _currencies(self) -> list[str]:
        return [_SELECT_CURRENCIES] if Source.ORDERS in self.sources else []

    def _page(self, read: list[Ranked], behind: bool, rows: _Rows) -> Ranking:
        """`read` has one row more than fits, if there is one."""
        ahead = len(read) > self.limit
        shown = read[: self.limit]
        if self.backward:
            shown.reverse()
            ahead, behind = behind, ahead
        currencies = tuple(sorted(text for kind, _, text, *_ in rows if kind == "currency" and text))
        for row in shown:
            row.figures.in_currencies(currencies)
        return Ranking(shown, currencies, has_next=ahead, has_previous=behind)


_FIGURES = {source.value for source in Source}


def _of_keys(rows: _Rows, values: dict[str | None, str]) -> list[Ranked]:
    """The rows of these keys, with all that was read of each."""
    own_ids: dict[str | None, str] = {}
    names: dict[str | None, str] = {}
    figures = {key: Figures() for key in values}
    for kind, key, text, count, amount in rows:
        if kind == "external_id" and text is not None:
            own_ids[key] = text
        elif kind == "name" and text is not None:
            names[key] = text
        elif kind in _FIGURES and key in figures:
            figures[key].add(kind, text, int(count), None if amount is None else int(amount))
    return [
        Ranked(
            key=key,
            value=value,
            customer_id=None if key.startswith(":") else uuid.UUID(key),
            external_customer_id=own_ids.get(key),
            name=names.get(key),
            figures=figures[key],
        )
        for key, value in values.items()
        if key is not None
    ]


def _place_of(source: Source) -> int:
    return list(Source).index(source)


def _fetch(query: str, params: Params) -> _Rows:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows: _Rows = cursor.fetchall()
    return rows
