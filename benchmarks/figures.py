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
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

os.environ.setdefault("DATA_DIR", ".data/benchmarks")
os.environ["RATE_LIMITS"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")

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

NAIVE = """
SELECT date_trunc(%(interval)s, timestamp, 'UTC'), {figure} FROM events
WHERE organization_id = %(organization)s AND timestamp >= %(start)s AND timestamp < %(end)s GROUP BY 1
"""
NAIVE_RANKING = """
SELECT customer_id, count(*) FROM events
WHERE organization_id = %(organization)s AND timestamp >= %(start)s AND timestamp < %(end)s
GROUP BY 1 ORDER BY 2 DESC LIMIT 50
"""


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
            "rollup_customer_days, rollup_customer_months, event_batches, unmatched_ids"
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
    naive = {
        "30 days, events": naively(organization, NAIVE.format(figure="count(*)"), recent, "day", rounds),
        "30 days, active": naively(
            organization, NAIVE.format(figure="count(DISTINCT customer_id)"), recent, "day", rounds
        ),
        "year, events": naively(organization, NAIVE.format(figure="count(*)"), year, "month", rounds),
        "year, active": naively(
            organization, NAIVE.format(figure="count(DISTINCT customer_id)"), year, "month", rounds
        ),
        "ranking": naively(organization, NAIVE_RANKING, recent, "day", rounds),
    }
    with (
        (Path(os.environ["DATA_DIR"]) / "servers.log").open("wb") as log,
        serving("product", "polar_customers.wsgi:application", log) as product,
    ):

        def ask(path: str, asked: tuple[Any, Any], interval: str = "day", **more: Any) -> float:
            target = report(path, asked, interval, **more)
            return median(rounds, lambda: get(product.port, token, target))

        ours = [
            ("30 days, additive", ask("", recent, metrics=ADDITIVE), naive["30 days, events"], 50),
            ("30 days, events", ask("", recent, metrics=["events"]), naive["30 days, events"], 50),
            ("30 days, active", ask("", recent, metrics=["active_customers"]), naive["30 days, active"], 5),
            ("year, additive", ask("", year, "month", metrics=ADDITIVE), naive["year, events"], 50),
            ("year, events", ask("", year, "month", metrics=["events"]), naive["year, events"], 50),
            ("year, active", ask("", year, "month", metrics=["active_customers"]), naive["year, active"], 5),
            (
                f"30 days, additive, {ZONE}",
                ask("", recent, metrics=ADDITIVE, timezone=ZONE),
                naive["30 days, events"],
                5,
            ),
            (
                f"30 days, active, {ZONE}",
                ask("", recent, metrics=["active_customers"], timezone=ZONE),
                naive["30 days, active"],
                5,
            ),
            (
                f"year, additive, {ZONE}",
                ask("", year, "month", metrics=ADDITIVE, timezone=ZONE),
                naive["year, events"],
                5,
            ),
            (
                f"year, active, {ZONE}",
                ask("", year, "month", metrics=["active_customers"], timezone=ZONE),
                naive["year, active"],
                5,
            ),
            ("30 days, all figures", ask("", recent), naive["30 days, active"], 5),
            ("year, all figures", ask("", year, "month"), naive["year, active"], 5),
            (
                "30 days, one customer",
                ask("", recent, external_customer_id=own_ids[0]),
                naive["30 days, events"],
                5,
            ),
            (
                "year, one customer",
                ask("", year, "month", external_customer_id=own_ids[0]),
                naive["year, events"],
                5,
            ),
            (
                "30 days, top 50 by events",
                ask("/customers", recent, metrics=["events"], limit=50),
                naive["ranking"],
                5,
            ),
            ("30 days, top 50, all figures", ask("/customers", recent, limit=50), naive["ranking"], 5),
        ]
        print(f"{'':<40}{'ours ms':>10}{'naive ms':>10}{'naive/ours':>12}{'promised':>10}")
        for name, own, other, promise in ours:
            print(f"{name:<40}{own * 1000:>10.1f}{other * 1000:>10.1f}{other / own:>12.0f}{promise:>10}")
        gets = [Request("GET", f"/v1/customers/external_id/{quote(own_id, safe='')}") for own_id in own_ids]
        for name, asked, interval in (("30 days", recent, "day"), ("year", year, "month")):
            reports = [
                Request("GET", report("", asked, interval, external_customer_id=own_id)) for own_id in own_ids
            ]
            one, two = (product.load(load, token=token, seconds=5) for load in (gets, reports))
            ratio = f"{two.p50:.2f} / {one.p50:.2f} ms = {two.p50 / one.p50:.1f} (≤ 5)"
            print(f"{name}, one customer / customer GET, p50: {ratio}")


def report(path: str, asked: tuple[Any, Any], interval: str, **more: Any) -> str:
    figures = [("metrics[]", figure) for figure in more.pop("metrics", ())]
    start, end = (moment.isoformat().replace("+00:00", "Z") for moment in asked)
    query = [("start", start), ("end", end), ("interval", interval), *figures, *more.items()]
    return f"/v1/metrics{path}?{urlencode(query)}"


def naively(organization: Any, query: str, asked: tuple[Any, Any], interval: str, rounds: int) -> float:
    from django.db import connection

    values = {"organization": organization.id, "start": asked[0], "end": asked[1], "interval": interval}

    def count() -> None:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            cursor.fetchall()

    return median(rounds, count)


def get(port: int, token: str, target: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{target}: {answer.status} {body[:1000]!r}")


def median(rounds: int, run: Callable[[], None]) -> float:
    """The median of the seconds that it takes, after one time to warm up."""
    taken = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def say(text: str) -> None:
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
