"""Measures how fast events are stored: `.venv/bin/python -m benchmarks.ingestion [--events N] [--rounds R]`.

See benchmarks/README.md for what is measured and what is promised.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

os.environ.setdefault("DATA_DIR", ".data/benchmarks")
os.environ["RATE_LIMITS"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")

import psycopg

from benchmarks import binding
from benchmarks.harness import Server, serving
from benchmarks.promises import Promises
from benchmarks.usage import COLUMNS, NAMES, START, Events, Rows, fill, make_table_for_copy, own_id
from polar_customers.embedded import connection_parameters, provide_database

BATCH = 1_000
CONNECTIONS = 4
MEASURED = 100  # calls of each measurement
CALLS = 10_000  # of which the memory is measured
CALLS_BATCH = 20


@dataclass(slots=True)
class Place:
    """A database with an organization whose events are counted, and the product that serves it."""

    name: str
    url: str
    organization: str
    secret: str
    events: Events
    server: Server | None = None
    rates: dict[str, list[float]] = field(default_factory=lambda: {"product": [], "COPY": []})

    @property
    def port(self) -> int:
        assert self.server is not None
        return self.server.port

    def ratio(self) -> float:
        """Of the product's rows a second and COPY's, round by round; the middle one."""
        rounds = zip(self.rates["product"], self.rates["COPY"], strict=True)
        return statistics.median(product / copied for product, copied in rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures ingestion against plain COPY.")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with provide_database(os.environ):
        import django

        django.setup()
        empty = _place("benchmark_events_empty", options.customers, 0, options.events)
        full = _place(
            f"benchmark_events_{options.events}_{options.customers}",
            options.customers,
            options.events,
            options.events,
        )
        promises = Promises()
        log_path = Path(os.environ["DATA_DIR"]) / "servers.log"
        with log_path.open("wb") as log, contextlib.ExitStack() as servers:
            for place in (empty, full):
                target = "polar_customers.wsgi:application"
                place.server = servers.enter_context(serving("product", target, log, DATABASE_URL=place.url))
            _compare(empty, full, options.rounds)
            _remember(empty, promises)
            _bind(empty, log, promises)
        _promise(empty, full, promises)
        promises.conclude()


def _compare(empty: Place, full: Place, rounds: int) -> None:
    """The same load through the product and by COPY, into both databases, round by round."""
    for place in (empty, full):
        _run(place.url, "CHECKPOINT")  # so that both tables' pages are written to the log as a whole alike
    print(f"{'rows a second':<14}{'empty':>10}{'COPY':>10}{'full':>10}{'COPY':>10}")
    for number in range(rounds + 1):  # the first one warms up
        line = f"{number or 'warming up':<14}"
        for place in (empty, full):
            batches = [place.events.batch(BATCH) for _ in range(MEASURED)]
            bodies = [json.dumps({"events": batch}).encode() for batch in batches]
            with psycopg.connect(place.url) as connection:
                of_product = Rows(connection, place.organization)
            rows = [of_product.of(batch) for batch in batches]
            product = _rate(bodies, partial(_sender, place.port, place.secret))
            copied = _rate(rows, partial(_copier, place.url))
            line += f"{product:>10,.0f}{copied:>10,.0f}"
            if number:
                place.rates["product"].append(product)
                place.rates["COPY"].append(copied)
        print(line, flush=True)


def _remember(place: Place, promises: Promises) -> None:
    """What the web processes' memory grows by in many calls."""
    assert place.server is not None
    before = _memory(place.server.pid)
    bodies = (json.dumps({"events": place.events.batch(CALLS_BATCH)}).encode() for _ in range(CALLS))
    _rate(bodies, partial(_sender, place.port, place.secret))
    grown = (_memory(place.server.pid) - before) / 2**20
    promises.at_most(
        f"memory of the web processes, after {CALLS:,} calls of {CALLS_BATCH}", grown, 50, " MiB"
    )


def _bind(place: Place, log: IO[bytes], promises: Promises) -> None:
    """Stores events while many that waited are bound, and adds everything up at the end."""

    def send(batches: Iterable[list[Any]]) -> float:
        bodies = (json.dumps({"events": batch}).encode() for batch in batches)
        return _rate(bodies, partial(_sender, place.port, place.secret))

    def others(count: int) -> Iterator[list[Any]]:
        return (place.events.batch(BATCH) for _ in range(count))

    def others_until_bound() -> Iterator[list[Any]]:
        deadline = time.monotonic() + binding.DEADLINE
        while not binding.is_bound(place.url, place.organization):
            if time.monotonic() > deadline:
                raise SystemExit(f"The events were not bound within {binding.DEADLINE} seconds.")
            yield from others(CONNECTIONS)

    send(binding.late(batch) for batch in others(binding.WAITING // BATCH))
    with binding.worker(place.url, log):
        time.sleep(5)  # until it has started, and added up what was left
        alone = send(others(MEASURED))
        binding.create_customer(place.port, place.secret)
        began = time.perf_counter()
        meanwhile = send(others_until_bound())
        print(f"bound {binding.WAITING:,} waiting events in {time.perf_counter() - began:.1f} s", flush=True)
    binding.promise(place.url, place.organization, alone, meanwhile, promises)
    with _django_in(place.name):
        from metrics.services.folding import fold_what_is_left
        from metrics.services.verification import differences
        from organizations.models import Organization

        fold_what_is_left()
        wrong = differences(Organization.objects.get(id=place.organization))
    promises.at_most("sums that are not what their events add up to", len(wrong), 0)


def _promise(empty: Place, full: Place, promises: Promises) -> None:
    promises.at_least("no events: product / COPY, rows per second", empty.ratio(), 0.35)
    promises.at_least(f"{full.events.made:,} events: product / COPY, rows per second", full.ratio(), 0.35)
    promises.at_least("the latter / the former", full.ratio() / empty.ratio(), 0.5)


def _place(name: str, customers: int, events: int, total: int) -> Place:
    """The database of that name with so many events. One without is made anew, one with events once."""
    from django.core.management import call_command
    from django.db import connection

    from metrics.models import EventName
    from organizations.models import Organization
    from organizations.services import create_organization, create_token

    with connection.cursor() as cursor:
        if not events:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchall():
            cursor.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    with _django_in(name):
        call_command("migrate", verbosity=0)
        organization = Organization.objects.filter(slug="events").first()
        if organization is None:
            organization = create_organization(slug="events", name=f"Events of {customers:,}")
            EventName.objects.bulk_create(
                [EventName(organization=organization, name=event) for event in NAMES]
            )
            _add_customers(organization, customers)
        url = _url(name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('benchmark_events') IS NOT NULL")
            if not cursor.fetchone()[0]:
                if events:
                    fill(url, str(organization.id), events=events, customers=customers)
                else:
                    cursor.execute(make_table_for_copy(indexed=True))
        _, secret = create_token(organization=organization, name="Benchmark")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM events")
            stored = cursor.fetchone()[0]
    return Place(name, url, str(organization.id), secret, Events(customers, total, stored))


def _add_customers(organization: Any, count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers (id, organization_id, external_customer_id, metadata, created_at, modified_at) "
            "SELECT gen_random_uuid(), %s, own_id, '{}', %s, %s FROM unnest(%s::text[]) AS made (own_id)",
            [organization.id, START, START, [own_id(number) for number in range(count)]],
        )
        cursor.execute("VACUUM ANALYZE customers")


@contextlib.contextmanager
def _django_in(name: str) -> Iterator[None]:
    """Inside this block Django uses the database of that name."""
    from django.db import connection

    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def _url(name: str) -> str:
    """The address of the database of that name on the server that the product uses."""
    parameters = connection_parameters(os.environ)
    password = f":{quote(parameters['PASSWORD'], safe='')}" if parameters["PASSWORD"] else ""
    query = f"host={quote(parameters['HOST'], safe='')}&port={parameters['PORT']}"
    return f"postgresql://{quote(parameters['USER'], safe='')}{password}@/{name}?{query}"


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


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


def _copier(url: str) -> Callable[[list[tuple[Any, ...]]], int]:
    connection = psycopg.connect(url, autocommit=True)

    def copy(rows: list[tuple[Any, ...]]) -> int:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY benchmark_events ({COLUMNS}) FROM STDIN") as target,
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
