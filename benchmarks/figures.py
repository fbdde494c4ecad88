"""Measures the reports: `.venv/bin/python -m benchmarks.figures [--events N] [--customers N] [--rounds R]`.

See benchmarks/README.md for what is measured and what is promised.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

os.environ.setdefault("DATA_DIR", ".data/benchmarks")
os.environ["RATE_LIMITS"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")

from benchmarks.promises import Promises
from polar_customers.embedded import provide_database

SEED = 20_000
DAYS = 365
END = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
LAST_30_DAYS = (END - datetime.timedelta(days=30), END)
LAST_YEAR = (END - datetime.timedelta(days=DAYS), END)
ADDITIVE = ("orders", "revenue", "checkouts", "succeeded_checkouts", "new_customers", "events")
ZONE = "America/New_York"
CHUNK = 250_000
WAITING_BATCHES = 3  # of a thousand events each, in no sum yet
WAITING_CHECKOUTS = 300  # each with a mark of its own, and its order with another, in no tally yet

# Over customers by Zipf's law with s = 1.1 (in its continuous form), over the year evenly, in the order of their times.
EVENTS = """
INSERT INTO events (id, organization_id, name_id, customer_id, timestamp, received_at, named_customer, external_id,
  metadata)
SELECT (lpad(to_hex((extract(epoch FROM made.at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(%(organization)s::text), 1, 3) || '8' || lpad(to_hex(made.number), 15, '0'))::uuid,
  %(organization)s, %(name)s, numbered.id, made.at, made.at, false, 'event-' || made.number,
  '{"model": "large", "tokens": 1250}'
FROM (
  SELECT number, %(start)s::timestamptz + number * (%(step)s * interval '1 microsecond') AS at,
    floor(power(1 - random() * (1 - power(%(customers)s::float, -0.1)), -10))::int AS rank
  FROM generate_series(%(first)s::int, %(last)s::int) AS number OFFSET 0
) AS made JOIN numbered ON numbered.rank = made.rank ORDER BY made.number
"""
CHECKOUTS = """
INSERT INTO checkout_sessions (id, organization_id, status, customer_id, currency, amount_total, expires_at,
  completed_at, metadata, customer_metadata, created_at, modified_at)
SELECT gen_random_uuid(), %(organization)s, CASE WHEN number %% 2 = 0 THEN 'complete' ELSE 'expired' END, numbered.id,
  'usd', 990, at + interval '1 day', CASE WHEN number %% 2 = 0 THEN at END, '{}', '{}', at, at
FROM (
  SELECT number, 1 + floor(random() * %(customers)s)::int AS rank,
    %(start)s::timestamptz + random() * interval '365 days' AS at
  FROM generate_series(1, %(checkouts)s::int) AS number OFFSET 0
) AS made JOIN numbered ON numbered.rank = made.rank;
INSERT INTO orders (id, organization_id, number, checkout_session_id, customer_id, currency, amount_total, metadata,
  created_at)
SELECT gen_random_uuid(), organization_id, row_number() OVER (ORDER BY created_at), id, customer_id, currency,
  amount_total, '{}', created_at
FROM checkout_sessions WHERE organization_id = %(organization)s AND status = 'complete';
"""
# One at a time, as they come, in the last hour.
CHECKOUT = """
WITH made AS (
  INSERT INTO checkout_sessions (id, organization_id, status, customer_id, currency, amount_total, expires_at,
    completed_at, metadata, customer_metadata, created_at, modified_at)
  SELECT gen_random_uuid(), %(organization)s, 'complete', numbered.id, 'usd', 990, at + interval '1 day', at,
    '{}', '{}', at, at
  FROM (
    SELECT 1 + floor(random() * %(customers)s)::int AS rank,
      %(start)s::timestamptz + interval '365 days' - (1 + %(number)s) * interval '10 seconds' AS at OFFSET 0
  ) AS one JOIN numbered ON numbered.rank = one.rank
  RETURNING *
)
INSERT INTO orders (id, organization_id, number, checkout_session_id, customer_id, currency, amount_total, metadata,
  created_at)
SELECT gen_random_uuid(), organization_id, %(order)s, id, customer_id, currency, amount_total, '{}', created_at
FROM made
"""
# What folding makes of the same events, of all but the last ones.
SUMS = """
INSERT INTO rollup_quarters (organization_id, quarter, events)
SELECT organization_id, date_bin('15 minutes', timestamp, '2000-01-01 00:00Z'), count(*) FROM events
WHERE organization_id = %(organization)s AND id < %(waiting)s GROUP BY 1, 2;
INSERT INTO rollup_days (organization_id, day, events)
SELECT organization_id, (quarter AT TIME ZONE 'UTC')::date, sum(events) FROM rollup_quarters
WHERE organization_id = %(organization)s GROUP BY 1, 2;
INSERT INTO rollup_customer_days (organization_id, day, customer_id, events, quarters)
SELECT organization_id, (timestamp AT TIME ZONE 'UTC')::date AS day, customer_id, count(*),
  bit_or(set_bit(repeat('0', 96)::bit(96), (floor(extract(epoch FROM timestamp))::bigint %% 86400 / 900)::int, 1))
FROM events WHERE organization_id = %(organization)s AND id < %(waiting)s GROUP BY 1, 2, 3 ORDER BY 2, 3;
INSERT INTO rollup_customer_months (organization_id, month, customer_id)
SELECT DISTINCT organization_id, date_trunc('month', day)::date, customer_id FROM rollup_customer_days
WHERE organization_id = %(organization)s;
"""
LAST_EVENTS = "SELECT id FROM events WHERE organization_id = %s ORDER BY id DESC LIMIT %s"

_NAIVE = """
SELECT date_trunc(%(interval)s, timestamp, 'UTC'), {figure} FROM events
WHERE organization_id = %(organization)s AND timestamp >= %(start)s AND timestamp < %(end)s GROUP BY 1
"""
NAIVE = {
    "events": _NAIVE.format(figure="count(*)"),
    "active": _NAIVE.format(figure="count(DISTINCT customer_id)"),
    # Keyed by external ID, as the report is.
    "ranking": """
        SELECT external_customer_id, count(*) FROM events
        JOIN customers ON customers.organization_id = events.organization_id AND customers.id = events.customer_id
        WHERE events.organization_id = %(organization)s AND timestamp >= %(start)s AND timestamp < %(end)s
          AND deleted_at IS NULL
        GROUP BY 1 ORDER BY 2 DESC LIMIT 50
    """,
}
Naive = tuple[str, tuple[datetime.datetime, datetime.datetime], str]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures reports against counting every event.")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with provide_database(os.environ):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        organization = population(options.events, options.customers)
        connections.close_all()
        measure(organization, options.rounds)


def population(events: int, customers: int) -> Any:
    """An organization with so many customers and events; made once."""
    from customers.demo.loading import load_customers
    from organizations.models import Organization
    from organizations.services import create_organization

    slug = f"figures-{events}-{customers}"
    organization = Organization.objects.filter(slug=slug).first()
    if organization is not None:
        return organization
    organization = create_organization(slug=slug, name=f"Benchmark of {events:,} events")
    say(f"Loading {customers:,} customers")
    load_customers(
        organization=organization,
        count=customers,
        seed=SEED + events,  # IDs are made of it, and no two organizations share one
        at=END,
        company_share=0.5,
        progress=lambda _: None,
    )
    load_events(organization, events)
    return organization


def load_events(organization: Any, events: int) -> None:
    import uuid

    from django.db import connection, transaction

    from metrics.models import EventBatch, EventName
    from metrics.services.tallies import add_all_marks

    name = EventName.objects.create(organization=organization, name="call")
    values: dict[str, Any] = {
        "organization": organization.id,
        "name": name.id,
        "start": LAST_YEAR[0],
        "step": DAYS * 86_400_000_000 / events,
        "checkouts": events // 50,
    }
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "CREATE TEMPORARY TABLE numbered AS SELECT id, (row_number() OVER (ORDER BY md5(id::text)))::int AS rank "
            "FROM customers WHERE organization_id = %s",
            [organization.id],
        )
        cursor.execute("SELECT count(*) FROM numbered")
        values["customers"] = cursor.fetchone()[0]
        for first in range(0, events, CHUNK):
            say(f"Loading events: {first:,} of {events:,}")
            cursor.execute(EVENTS, {**values, "first": first, "last": min(first + CHUNK, events) - 1})
        say("Loading checkouts and orders")
        cursor.execute(CHECKOUTS, values)
        add_all_marks()
        for number in range(WAITING_CHECKOUTS):
            cursor.execute(CHECKOUT, {**values, "number": number, "order": values["checkouts"] + number})
        cursor.execute(LAST_EVENTS, [organization.id, WAITING_BATCHES * 1000])
        waiting: list[uuid.UUID] = sorted(identity for (identity,) in cursor.fetchall())
        for place in range(0, len(waiting), 1000):
            batch = waiting[place : place + 1000]
            EventBatch.objects.create(
                organization=organization, id=batch[0], last_id=batch[-1], size=len(batch)
            )
        say("Adding them up")
        cursor.execute(SUMS, {**values, "waiting": waiting[0]})
    with connection.cursor() as cursor:
        say("Vacuuming")
        cursor.execute(
            "VACUUM ANALYZE customers, events, checkout_sessions, orders, rollup_days, rollup_quarters, "
            "rollup_customer_days, rollup_customer_months, event_batches, unmatched_ids, tally_days, "
            "tally_quarters, tally_marks"
        )


def measure(organization: Any, rounds: int) -> None:
    from benchmarks.harness import Request, require_wrk, serving
    from customers.models import Customer
    from organizations.services import create_token

    require_wrk()
    _, token = create_token(organization=organization, name="Benchmark")
    with_ids = (
        Customer.objects.for_organization(organization).live().filter(external_customer_id__isnull=False)
    )
    own_ids = list(with_ids.order_by("?").values_list("external_customer_id", flat=True)[:500])
    recent, year = LAST_30_DAYS, LAST_YEAR
    active = ["active_customers"]
    one = {"external_customer_id": own_ids[0]}
    everyone_recently, everyone_in_a_year = (
        ("events", *asked) for asked in ((recent, "day"), (year, "month"))
    )
    active_recently, active_in_a_year = (("active", *asked) for asked in ((recent, "day"), (year, "month")))
    ranked = ("ranking", recent, "day")
    # What is asked for, and what of counting every event it is held against, at most so much of which it takes.
    asked: list[tuple[str, str, Naive, float]] = [
        ("30 days, additive", report("", recent, "day", metrics=ADDITIVE), everyone_recently, 1 / 50),
        ("30 days, events", report("", recent, "day", metrics=["events"]), everyone_recently, 1 / 50),
        ("30 days, active", report("", recent, "day", metrics=active), active_recently, 1 / 5),
        ("year, additive", report("", year, "month", metrics=ADDITIVE), everyone_in_a_year, 1 / 50),
        ("year, events", report("", year, "month", metrics=["events"]), everyone_in_a_year, 1 / 50),
        ("year, active", report("", year, "month", metrics=active), active_in_a_year, 1 / 5),
        (
            f"30 days, additive, {ZONE}",
            report("", recent, "day", metrics=ADDITIVE, timezone=ZONE),
            everyone_recently,
            1 / 5,
        ),
        (
            f"30 days, active, {ZONE}",
            report("", recent, "day", metrics=active, timezone=ZONE),
            active_recently,
            1 / 5,
        ),
        (
            f"year, additive, {ZONE}",
            report("", year, "month", metrics=ADDITIVE, timezone=ZONE),
            everyone_in_a_year,
            1 / 5,
        ),
        (
            f"year, active, {ZONE}",
            report("", year, "month", metrics=active, timezone=ZONE),
            active_in_a_year,
            1 / 5,
        ),
        ("30 days, all figures", report("", recent, "day"), active_recently, 1 / 5),
        ("year, all figures", report("", year, "month"), active_in_a_year, 1 / 5),
        ("30 days, one customer", report("", recent, "day", **one), everyone_recently, 1 / 5),
        ("year, one customer", report("", year, "month", **one), everyone_in_a_year, 1 / 5),
        (
            "30 days, top 50 by events",
            report("/customers", recent, "day", metrics=["events"], limit=50),
            ranked,
            1 / 5,
        ),
        ("30 days, top 50, all figures", report("/customers", recent, "day", limit=50), ranked, 1 / 5),
    ]
    promises = Promises()
    log_path = Path(os.environ["DATA_DIR"]) / "servers.log"
    with log_path.open("wb") as log, serving("product", "polar_customers.wsgi:application", log) as product:
        own: dict[str, list[float]] = {name: [] for name, *_ in asked}
        others: dict[Naive, list[float]] = {naive: [] for _, _, naive, _ in asked}
        for number in range(rounds + 1):  # the first one warms up
            for naive, taken in others.items():
                say(f"Round {number}: counting every event, {naive[0]}")
                taken.append(timed(partial(naively, organization, naive)))
            for name, target, *_ in asked:
                say(f"Round {number}: {name}")
                own[name].append(
                    statistics.median(timed(partial(get, product.port, token, target)) for _ in range(3))
                )
        say("")
        print(f"{'':<40}{'ours ms':>10}{'naive ms':>10}")
        for name, _, naive, promised in asked:
            ratio = statistics.median(
                mine / other for mine, other in zip(own[name][1:], others[naive][1:], strict=True)
            )
            mine, other = (statistics.median(taken[1:]) * 1000 for taken in (own[name], others[naive]))
            print(f"{name:<40}{mine:>10.1f}{other:>10.1f}")
            promises.at_most(f"{name} / counting every event", ratio, promised)
        gets = [Request("GET", f"/v1/customers/external_id/{quote(own_id, safe='')}") for own_id in own_ids]
        for name, span, interval in (("30 days", recent, "day"), ("year", year, "month")):
            reports = [
                Request("GET", report("", span, interval, external_customer_id=own_id)) for own_id in own_ids
            ]
            ratios = []
            for _ in range(rounds):
                first, second = (product.load(load, token=token, seconds=4) for load in (gets, reports))
                ratios.append(second.p50 / first.p50)
            promises.at_most(f"{name}, one customer / GET customer, p50", statistics.median(ratios), 5)
    promises.conclude()


def report(path: str, asked: tuple[Any, Any], interval: str, **more: Any) -> str:
    figures = [("metrics[]", figure) for figure in more.pop("metrics", ())]
    start, end = (moment.isoformat().replace("+00:00", "Z") for moment in asked)
    query = [("start", start), ("end", end), ("interval", interval), *figures, *more.items()]
    return f"/v1/metrics{path}?{urlencode(query)}"


def naively(organization: Any, naive: Naive) -> None:
    from django.db import connection

    what, span, interval = naive
    values = {"organization": organization.id, "start": span[0], "end": span[1], "interval": interval}
    with connection.cursor() as cursor:
        cursor.execute(NAIVE[what], values)
        cursor.fetchall()


def get(port: int, token: str, target: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{target}: {answer.status} {body[:1000]!r}")


def timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def say(text: str) -> None:
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
