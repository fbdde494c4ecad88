"""Measures selling: `.venv/bin/python -m benchmarks.checkout [--customers N] [--seconds S] [--rounds R]`.

See benchmarks/README.md for what is measured and what is promised.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.customers import Population  # which says where the database is
from benchmarks.promises import Promises
from polar_customers.embedded import provide_database

COMPLETIONS = 200  # of each kind
PRICED: dict[str, Any] = {
    "price_data": {"name": "Box", "unit_amount": 1500, "currency": "usd"},
    "quantity": 2,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures selling against the making of customers.")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    from benchmarks.harness import require_wrk

    require_wrk()
    with provide_database(os.environ):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        population = Population.of(options.customers)
        product = _product(population)
        connections.close_all()
        figures = _measure(population, product, seconds=options.seconds, rounds=options.rounds)
        counts = _complete(population)
    from benchmarks.plot import bars

    print()
    print(bars(figures))
    promises = Promises()
    for name, measured, promised, _ in figures:
        promises.at_least(name, measured, promised)
    promises.at_most("numbers of queries that completing takes, 1 or 100 items", len(counts), 1)
    promises.conclude()


def _product(population: Population) -> uuid.UUID:
    from checkout.services.products import create_product

    organization = population.customers[0].organization
    return create_product(organization=organization, name="Plan", unit_amount=990, currency="usd").id


def _measure(
    population: Population, product: uuid.UUID, *, seconds: int, rounds: int
) -> list[tuple[str, float, float, bool]]:
    from benchmarks.harness import Request, Result, median, ratio, serving

    def sessions(items: list[dict[str, Any]]) -> list[Request]:
        """For customers who are there."""
        return [
            Request(
                "POST",
                "/v1/checkout_sessions",
                json.dumps({"customer_external_id": customer.external_customer_id, "items": items}),
            )
            for customer in population.customers
        ]

    waiting = json.dumps({"customer_external_id": "nobody_{n}", "items": [PRICED]})
    cases = {
        "POST customer": population.creations(),
        "POST session, existing ID, inline price": sessions([PRICED]),
        "POST session, existing ID, product": sessions([{"product_id": str(product), "quantity": 1}]),
        "POST session, ID that nobody holds": [Request("POST", "/v1/checkout_sessions", waiting)],
    }
    results: dict[str, list[Result]] = {name: [] for name in cases}
    log_path = Path(os.environ["DATA_DIR"]) / "servers.log"
    with log_path.open("wb") as log, serving("product", "polar_customers.wsgi:application", log) as server:
        for number in range(rounds + 1):  # the first round warms up
            for name, requests in cases.items():
                print(f"\rRound {number} of {rounds}: {name:<45}", end="", file=sys.stderr, flush=True)
                result = server.load(
                    requests, token=population.token, seconds=seconds if number else min(2, seconds)
                )
                if number:
                    results[name].append(result)
        print(file=sys.stderr)
    print(f"{'':<42}{'req/s':>10}{'p50 ms':>10}{'p99 ms':>10}")
    for name, of_rounds in results.items():
        middle = median(of_rounds)
        print(f"{name:<42}{middle.rate:>10.0f}{middle.p50:>10.2f}{middle.p99:>10.2f}")
    made = results["POST customer"]
    return [
        (f"{name} / customer, rate", ratio(results[name], made, "rate"), 0.5, True)
        for name in list(cases)[1:]
    ]


def _complete(population: Population) -> set[int]:
    """What the completion of a session costs by itself, without HTTP: its queries, and its time with the commit."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from checkout.services.creation import create_session
    from checkout.services.moves import begin_payment, complete_session

    organization = population.customers[0].organization
    held = [customer.external_customer_id for customer in population.customers]
    run = uuid.uuid4().hex[:8]
    kinds: dict[str, tuple[Any, list[Any]]] = {
        "of a customer, 1 item": (lambda number: held[number % len(held)], [PRICED]),
        "of a customer, 100 items": (lambda number: held[number % len(held)], [PRICED] * 100),
        "of a new customer, 1 item": (lambda number: f"new_{run}_{number}", [PRICED]),
    }
    of_customers: set[int] = set()
    print(f"\n{'completion':<42}{'queries':>10}{'p50 ms':>10}{'most ms':>10}")
    for name, (own_id, items) in kinds.items():
        counts, times = set(), []
        for number in range(COMPLETIONS):
            session = create_session(
                organization=organization, items=items, external_customer_id=own_id(number)
            )
            processing = begin_payment(session=session)
            if number % 10 == 0:
                with CaptureQueriesContext(connection) as captured:
                    complete_session(session=processing)
                counts.add(len(captured))
                continue
            begun = time.perf_counter()
            complete_session(session=processing)
            times.append((time.perf_counter() - begun) * 1000)
        if own_id(0) in held:
            of_customers |= counts
        queries = " or ".join(str(count) for count in sorted(counts))
        print(f"{name:<42}{queries:>10}{statistics.median(times):>10.2f}{max(times):>10.2f}")
    return of_customers


if __name__ == "__main__":
    main()
