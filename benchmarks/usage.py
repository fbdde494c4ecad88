# ruff: noqa: S608  (what is put into these statements is written here)
"""Events as in life, and databases that are full of them."""

from __future__ import annotations

import datetime
import itertools
import json
import random
import sys
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

DAYS = 365
SEED = 20_000
ZIPF = 1.1
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
NAMES = (
    "call",
    "image.generated",
    "login",
    "export",
    "report.viewed",
    "file.uploaded",
    "search",
    "message.sent",
)
MODELS = ("small", "medium", "large")
CHUNK = 250_000
COLUMNS = (
    "id, organization_id, name_id, customer_id, timestamp, received_at, named_customer, external_id, metadata"
)

Event = dict[str, Any]


def own_id(number: int) -> str:
    return f"cust_{number:06d}"


class Events:
    """Spread over customers by Zipf's law and over the days in their order, a few of them late. Those after `made`."""

    def __init__(self, customers: int, total: int, made: int = 0) -> None:
        self._chosen = random.Random(SEED + made)  # noqa: S311
        self._own_ids = [own_id(number) for number in range(customers)]
        self._weights = list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, customers + 1)))
        self._step = datetime.timedelta(days=DAYS) / total
        self.made = made

    def batch(self, size: int) -> list[Event]:
        """The next ones."""
        chosen = self._chosen
        owners = chosen.choices(self._own_ids, cum_weights=self._weights, k=size)
        events = []
        for owner in owners:
            late = datetime.timedelta(hours=chosen.random() * 48 if chosen.random() < 0.02 else 0)
            events.append(
                {
                    "name": chosen.choice(NAMES),
                    "external_customer_id": owner,
                    "external_id": str(uuid.UUID(int=chosen.getrandbits(128), version=4)),
                    "timestamp": max(START + self._step * self.made - late, START).isoformat(),
                    "metadata": {"model": chosen.choice(MODELS), "tokens": chosen.randrange(1, 4000)},
                }
            )
            self.made += 1
        return events


class Rows:
    """What the product stores of events, ready for COPY."""

    def __init__(self, connection: psycopg.Connection[Any], organization: str) -> None:
        found = connection.execute(
            "SELECT external_customer_id, id::text FROM customers WHERE organization_id = %s", [organization]
        )
        self._owners: dict[str, str] = dict(found.fetchall())
        self._organization = organization

    def of(self, batch: Sequence[Event]) -> list[tuple[str, ...]]:
        from organizations.ids import consecutive_ids

        first = consecutive_ids(len(batch))
        return [
            (
                f"{first + number:032x}",
                self._organization,
                str(NAMES.index(event["name"]) + 1),
                self._owners[event["external_customer_id"]],
                event["timestamp"],
                event["timestamp"],
                "f",
                event["external_id"],
                json.dumps(event["metadata"]),
            )
            for number, event in enumerate(batch)
        ]


# As `Events`, by Zipf's law in its continuous form; in the order of their IDs, which are those of their times.
_EVENTS = f"""
INSERT INTO events ({COLUMNS})
SELECT made.id, %(organization)s,
  (SELECT min(id) FROM event_names WHERE organization_id = %(organization)s) + made.name,
  customers.id, made.at, made.at, false, gen_random_uuid()::text,
  jsonb_build_object('model', (ARRAY['small', 'medium', 'large'])[made.model], 'tokens', made.tokens)
FROM (
  SELECT number, at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8'
      || lpad(to_hex(number), 15, '0'))::uuid AS id,
    floor(random() * {len(NAMES)})::int AS name, 1 + floor(random() * 3)::int AS model,
    1 + floor(random() * 4000)::int AS tokens,
    'cust_' || lpad((floor(power(1 - random() * (1 - power(%(customers)s::float, -0.1)), -10))::int - 1)::text, 6, '0')
      AS own_id
  FROM (
    SELECT number, %(start)s::timestamptz + number * %(step)s::interval AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
  ) AS numbered OFFSET 0
) AS made JOIN customers ON customers.organization_id = %(organization)s
  AND customers.external_customer_id = made.own_id AND customers.deleted_at IS NULL
ORDER BY made.number
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'events' AND indexname <> 'events_pkey' ORDER BY indexname
"""
# What folding makes of events that are stored.
SUMS = """
INSERT INTO rollup_quarters (organization_id, quarter, events)
SELECT organization_id, date_bin('15 minutes', timestamp, '2000-01-01 00:00Z'), count(*) FROM events
WHERE organization_id = %(organization)s AND id < %(before)s GROUP BY 1, 2;
INSERT INTO rollup_days (organization_id, day, events)
SELECT organization_id, (quarter AT TIME ZONE 'UTC')::date, sum(events) FROM rollup_quarters
WHERE organization_id = %(organization)s GROUP BY 1, 2;
INSERT INTO rollup_customer_days (organization_id, day, customer_id, events, quarters)
SELECT organization_id, (timestamp AT TIME ZONE 'UTC')::date AS day, customer_id, count(*),
  bit_or(set_bit(repeat('0', 96)::bit(96), (floor(extract(epoch FROM timestamp))::bigint %% 86400 / 900)::int, 1))
FROM events WHERE organization_id = %(organization)s AND id < %(before)s GROUP BY 1, 2, 3 ORDER BY 2, 3;
INSERT INTO rollup_customer_months (organization_id, month, customer_id)
SELECT DISTINCT organization_id, date_trunc('month', day)::date, customer_id FROM rollup_customer_days
WHERE organization_id = %(organization)s;
"""
ROLLUPS = "rollup_days, rollup_quarters, rollup_customer_days, rollup_customer_months"
EVERY_ID = uuid.UUID(int=2**128 - 1)


def fill(conninfo: str, organization: str, *, events: int, customers: int) -> None:
    """Stores so many events of the organization's first year, in the table and its rollups, and the same rows in
    `benchmark_events`, which it makes like it: many times faster than the product would."""
    values = {
        "organization": organization,
        "customers": customers,
        "start": START,
        "step": datetime.timedelta(days=DAYS) / events,
        "before": EVERY_ID,
    }
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for first in range(0, events, CHUNK):
            say(f"Storing events: {first:,} of {events:,}")
            connection.execute(_EVENTS, {**values, "first": first, "last": min(first + CHUNK, events) - 1})
        say("Copying them")
        connection.execute(make_table_for_copy(indexed=False))
        connection.execute("INSERT INTO benchmark_events SELECT * FROM events")
        with ThreadPoolExecutor(1) as executor:
            of_the_copy = executor.submit(_finish, conninfo, "benchmark_events", indexes)
            _finish(conninfo, "events", indexes)
            of_the_copy.result()
        say("Adding them up")
        connection.execute(SUMS, values)
        connection.execute(f"VACUUM ANALYZE events, benchmark_events, {ROLLUPS}")
    say("")


def make_table_for_copy(*, indexed: bool) -> str:
    """The statement that makes `benchmark_events`, a table with the columns and indexes of the product's own."""
    indexes = "INCLUDING INDEXES" if indexed else ""
    return f"CREATE TABLE benchmark_events (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS {indexes})"


def _finish(conninfo: str, table: str, indexes: Sequence[tuple[str, str]]) -> None:
    """Makes the indexes as full as storing event by event leaves them."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        if table != "events":
            connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
        for name, definition in indexes:
            own = name if table == "events" else f"benchmark_{name}"
            say(f"Indexing {table}: {name}")
            made = definition.replace(f" {name} ON public.events ", f" {own} ON {table} ")
            columns, where, condition = made.partition(" WHERE ")
            connection.execute(f"{columns} WITH (fillfactor = 70){where}{condition}")
            connection.execute(f"ALTER INDEX {own} RESET (fillfactor)")


def say(text: str) -> None:
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)
