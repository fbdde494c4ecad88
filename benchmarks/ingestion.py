"""Measures how fast events are stored: `.venv/bin/python -m benchmarks.ingestion [--events N] [--rounds R]`.

See benchmarks/README.md for what is measured and what is promised.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import itertools
import json
import os
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DATA_DIR", ".data/benchmarks")
os.environ["RATE_LIMITS"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")

from polar_customers.embedded import provide_database

CUSTOMERS = 100_000
DAYS = 365
BATCH = 1_000
CONNECTIONS = 4
SEED = 20_000
ZIPF = 1.1
MEASURED = 100  # batches of each measurement
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

Event = dict[str, Any]


class Events:
    """Events as in life: spread over customers by Zipf's law and over the days in their order, a few of them late."""

    def __init__(self, own_ids: Sequence[str], total: int) -> None:
        self._chosen = random.Random(SEED)  # noqa: S311
        self._own_ids = own_ids
        self._weights = list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, len(own_ids) + 1)))
        self._step = datetime.timedelta(days=DAYS) / total
        self.made = 0

    def batch(self, size: int = BATCH) -> list[Event]:
        """The next ones."""
        chosen = self._chosen
        owners = chosen.choices(self._own_ids, cum_weights=self._weights, k=size)
        events = []
        for owner in owners:
            late = chosen.random() < 0.02
            at = (
                START + self._step * self.made - datetime.timedelta(hours=chosen.random() * 48 if late else 0)
            )
            self.made += 1
            events.append(
                {
                    "name": chosen.choice(NAMES),
                    "external_customer_id": owner,
                    "external_id": str(uuid.UUID(int=chosen.getrandbits(128), version=4)),
                    "timestamp": max(at, START).isoformat(),
                    "metadata": {"model": chosen.choice(MODELS), "tokens": chosen.randrange(1, 4000)},
                }
            )
        return events


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures ingestion against plain COPY.")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with provide_database(os.environ):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        organization, own_ids, secret = population(options.customers)
        connections.close_all()
        _measure(organization, own_ids, secret, options)


def population(customers: int) -> tuple[Any, list[str], str]:
    """An organization of so many customers with IDs, without events; their IDs; and a token for it."""
    from django.db import connection

    from customers.models import Customer
    from organizations.services import create_organization, create_token

    slug = f"events-{uuid.uuid4().hex[:8]}"
    organization = create_organization(slug=slug, name=f"Events of {customers:,}")
    own_ids = [f"cust_{number:06d}" for number in range(customers)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers (id, organization_id, external_customer_id, metadata, created_at, modified_at) "
            "SELECT gen_random_uuid(), %s, 'cust_' || lpad(number::text, 6, '0'), '{}', %s, %s "
            "FROM generate_series(0, %s) AS number",
            [organization.id, START, START, customers - 1],
        )
        cursor.execute("VACUUM ANALYZE customers")
    assert Customer.objects.for_organization(organization).count() == customers
    _, secret = create_token(organization=organization, name="Benchmark")
    return organization, own_ids, secret


def _measure(organization: Any, own_ids: list[str], secret: str, options: argparse.Namespace) -> None:
    from benchmarks.harness import serving

    total = options.events
    events = Events(own_ids, total + 4 * MEASURED * BATCH * (options.rounds + 1))
    log_path = Path(os.environ["DATA_DIR"]) / "servers.log"
    with log_path.open("wb") as log, serving("product", "polar_customers.wsgi:application", log) as product:
        empty = _compare(product.port, secret, events, organization, options.rounds)
        _report("on an empty table", empty)
        before = _memory(product.pid)
        filled = max(0, total - events.made)
        began = time.perf_counter()
        _rate((events.batch() for _ in range(filled // BATCH)), lambda: _json_sender(product.port, secret))
        seconds = time.perf_counter() - began
        after = _memory(product.pid)
        print(
            f"filled with {filled:,} events at {filled / max(seconds, 1e-9):,.0f} a second (made on the way)"
        )
        print(
            f"memory of the web processes {(after - before) / 2**20:+.1f} MiB over {filled // BATCH:,} batches   < 50"
        )
        full = _compare(product.port, secret, events, organization, options.rounds)
        _report(f"at {events.made:,} events", full)
        print(f"{'product, full / empty':<42}{full['product'] / empty['product']:>10.2f}   ≥ 0.5")


def _compare(port: int, secret: str, events: Events, organization: Any, rounds: int) -> dict[str, float]:
    """Rows a second, the medians of several rounds, of the same load through the product and by COPY."""
    of_product = Rows(organization)
    _make_copy_table()
    rates: dict[str, list[float]] = {"product": [], "COPY": []}
    for number in range(rounds + 1):  # the first one warms up
        batches = [events.batch() for _ in range(MEASURED)]
        bodies = [json.dumps({"events": batch}).encode() for batch in batches]
        product = _rate(bodies, lambda: _sender(port, secret))
        rows = [of_product.of(batch) for batch in batches]
        copied = _rate(rows, _copier)
        if number:
            rates["product"].append(product)
            rates["COPY"].append(copied)
    return {name: statistics.median(found) for name, found in rates.items()}


def _report(where: str, rates: dict[str, float]) -> None:
    print(f"\n{where}")
    for name, rate in rates.items():
        print(f"{name + ', rows a second':<42}{rate:>10,.0f}")
    print(f"{'product / COPY':<42}{rates['product'] / rates['COPY']:>10.2f}   ≥ 0.35")


def _rate(loads: Iterable[Any], worker: Callable[[], Callable[[Any], int]]) -> float:
    """Rows a second of CONNECTIONS threads that share the loads."""
    remaining = iter(loads)
    lock = threading.Lock()
    done: list[int] = []

    def work() -> None:
        process = worker()
        while True:
            with lock:
                load = next(remaining, None)
            if load is None:
                return
            done.append(process(load))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def _sender(port: int, secret: str) -> Callable[[bytes], int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def send(body: bytes) -> int:
        connection.request("POST", "/v1/events/ingest", body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"An answer was an error: {told}")
        return int(told["inserted"])

    return send


def _json_sender(port: int, secret: str) -> Callable[[list[Event]], int]:
    send = _sender(port, secret)
    return lambda batch: send(json.dumps({"events": batch}).encode())


class Rows:
    """What the product stores of batches, ready for COPY."""

    def __init__(self, organization: Any) -> None:
        from customers.models import Customer

        found = Customer.objects.for_organization(organization).values_list("external_customer_id", "id")
        self._owners = {own_id: identity.hex for own_id, identity in found}
        self._organization = organization.id.hex

    def of(self, batch: list[Event]) -> list[tuple[str, ...]]:
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


def _make_copy_table() -> None:
    """A table with the columns and indexes of the product's own, and with its rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS benchmark_events")
        cursor.execute(
            "CREATE TABLE benchmark_events (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        )
        cursor.execute("INSERT INTO benchmark_events SELECT * FROM events")


def _copier() -> Callable[[list[tuple[Any, ...]]], int]:
    from django.db import connection

    columns = "id, organization_id, name_id, customer_id, timestamp, received_at, named_customer, external_id, metadata"

    def copy(rows: list[tuple[Any, ...]]) -> int:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY benchmark_events ({columns}) FROM STDIN") as target,
        ):
            for row in rows:
                target.write_row(row)
        return len(rows)

    return copy


def _memory(pid: int) -> int:
    """What the process and those below it hold, in bytes."""
    held = 0
    for child in [pid, *_children(pid)]:
        status = Path(f"/proc/{child}/status").read_text(encoding="ascii")
        held += next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    return held


def _children(pid: int) -> list[int]:
    found = [
        int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ]
    return [*found, *(grandchild for child in found for grandchild in _children(child))]


if __name__ == "__main__":
    main()
