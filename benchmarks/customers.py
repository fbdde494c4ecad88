"""Measures the customers API: `.venv/bin/python -m benchmarks.customers [--customers N] [--seconds S] [--rounds R]`.

See benchmarks/README.md for what is measured and what is promised.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import os
import random
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

os.environ.setdefault("DATA_DIR", ".data/benchmarks")
os.environ["RATE_LIMITS"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")

from benchmarks.harness import Request
from polar_customers.embedded import connection_parameters, provide_database

SMALL = 10_000
SEED = 20_000
LOADED_AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
WANTED = 5_000  # different customers that are asked for
RARE = re.compile(
    r"(?=.*[0-9].*[0-9].*[0-9]).{9}$", re.DOTALL
)  # with as many digits as tell one from another
NUMBERED = re.compile(r"[^@]*[0-9][^@]*")  # the half of an address that has a number, so that few have it
FLOOR_TABLE = """
CREATE TABLE IF NOT EXISTS benchmark_floor (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL, external_customer_id varchar(255) COLLATE "C",
  name varchar(256), email varchar(254), metadata jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS benchmark_floor_external_id ON benchmark_floor (organization_id, external_customer_id)
  WHERE external_customer_id IS NOT NULL AND deleted_at IS NULL;
TRUNCATE benchmark_floor;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the customers API against the floor.")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    from benchmarks.harness import require_wrk

    require_wrk()
    with provide_database(os.environ):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        large, small = Population.of(options.customers), Population.of(SMALL)
        _make_floor_table()
        connections.close_all()
        _measure(large, small, seconds=options.seconds, rounds=options.rounds)


class Population:
    """An organization with so many customers, a token for it, and IDs and fragments to ask for."""

    def __init__(self, organization: Any, token: str) -> None:
        from customers.models import Customer

        self.token = token
        live = Customer.objects.for_organization(organization).live()
        chosen = random.Random(SEED)  # noqa: S311
        # Without those that earlier runs have created: IDs are by time, and between the two there is a gap.
        with_id = live.filter(external_customer_id__isnull=False, created_at__lte=LOADED_AT)
        floor, ceiling = with_id.order_by("id").first(), with_id.order_by("-id").first()
        assert floor is not None
        assert ceiling is not None
        span = ceiling.id.int - floor.id.int
        import uuid

        places = (uuid.UUID(int=floor.id.int + chosen.randrange(span)) for _ in range(WANTED))
        found = [with_id.filter(id__gte=place).order_by("id").first() for place in places]
        self.customers = [customer for customer in found if customer is not None]

    def creations(self) -> list[Request]:
        """New customers with names and IDs such as there are. Half of the IDs are e-mail addresses: what half of all
        customers contain half of the newest contain too, which is where lists begin."""
        own_ids = itertools.cycle(("cust_{n}", "{n}@mail.example"))
        return [
            Request(
                "POST", "/v1/customers", json.dumps({"external_customer_id": own_id, "name": customer.name})
            )
            for customer, own_id in zip(self.customers, own_ids, strict=False)
        ]

    @classmethod
    def of(cls, count: int) -> Population:
        from django.db import connection, transaction
        from tqdm import tqdm

        from customers.demo.loading import load_customers, search_indexes_built_last
        from organizations.models import Organization
        from organizations.services import create_organization, create_token

        slug = f"benchmark-{count}"
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            organization = create_organization(slug=slug, name=f"Benchmark of {count:,}")
            with (
                transaction.atomic(),
                search_indexes_built_last(),
                tqdm(total=count, desc=f"Loading {count:,} customers", unit_scale=True) as bar,
            ):
                load_customers(
                    organization=organization,
                    count=count,
                    seed=SEED,
                    at=LOADED_AT,
                    company_share=0.5,
                    progress=bar.update,
                )
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE customers, customer_changes")
        _, secret = create_token(organization=organization, name="Benchmark")
        return cls(organization, secret)


def _make_floor_table() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FLOOR_TABLE)


def _measure(large: Population, small: Population, *, seconds: int, rounds: int) -> None:
    from benchmarks.harness import Result, serving

    def by_own_id(population: Population) -> list[Request]:
        return [
            Request("GET", f"/v1/customers/external_id/{quote(customer.external_customer_id, safe='')}")
            for customer in population.customers
        ]

    def searches(fragments: list[str]) -> list[Request]:
        return [Request("GET", f"/v1/customers?limit=20&search={quote(fragment)}") for fragment in fragments]

    create = large.creations()
    rare_ids = [
        found[0] for customer in large.customers if (found := RARE.search(customer.external_customer_id))
    ]
    rare_emails = [
        found[0] for customer in large.customers if (found := NUMBERED.search(customer.email or ""))
    ]
    settings = connection_parameters(os.environ)
    conninfo = " ".join(
        f"{name}={settings[ours]}"
        for name, ours in (("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("dbname", "NAME"))
        if settings.get(ours)
    )
    log_path = Path(os.environ["DATA_DIR"]) / "servers.log"
    with (
        log_path.open("wb") as log,
        serving("floor", "benchmarks.floor:application", log, FLOOR_CONNINFO=conninfo) as floor,
        serving("product", "polar_customers.wsgi:application", log) as product,
    ):
        deep = _page(product.port, large.token, 1_000)
        cases = [
            ("floor: read", floor, by_own_id(large), large),
            ("GET by external ID", product, by_own_id(large), large),
            ("GET by external ID, 10,000 customers", product, by_own_id(small), small),
            ("list, first page", product, [Request("GET", "/v1/customers?limit=20")], large),
            ("list, page 1,000", product, [Request("GET", deep)], large),
            ("search, rare part of an ID", product, searches(rare_ids[:500]), large),
            ("search, rare part of an e-mail", product, searches(rare_emails[:500]), large),
            ("search, in half of the rows", product, searches([_common_fragment(large)]), large),
            ("floor: insert", floor, create, large),
            ("POST with an external ID", product, create, large),
        ]
        results: dict[str, list[Result]] = {name: [] for name, *_ in cases}
        for number in range(rounds + 1):  # the first round warms up
            for name, server, requests, population in cases:
                print(f"\rRound {number} of {rounds}: {name:<45}", end="", file=sys.stderr, flush=True)
                result = server.load(
                    requests, token=population.token, seconds=seconds if number else min(2, seconds)
                )
                if number:
                    results[name].append(result)
        print(file=sys.stderr)
    _report(results)


def _page(port: int, token: str, number: int) -> str:
    """The path of the list's page with that number."""
    import http.client
    from urllib.parse import urlsplit

    path = "/v1/customers?limit=20"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(number - 1):
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = json.loads(connection.getresponse().read())
        if answer["next"] is None:
            break
        parts = urlsplit(answer["next"])
        path = f"{parts.path}?{parts.query}"
    return path


def _common_fragment(population: Population) -> str:
    """The fragment of three letters that comes nearest to being in half of the customers that were picked."""
    texts = [
        "\x1f".join(filter(None, (customer.external_customer_id, customer.name, customer.email))).lower()
        for customer in population.customers[:1000]
    ]
    counts: dict[str, int] = {}
    for text in texts:
        for fragment in {text[start : start + 3] for start in range(len(text) - 2)}:
            if fragment.isalnum():
                counts[fragment] = counts.get(fragment, 0) + 1
    return min(counts, key=lambda fragment: abs(counts[fragment] - len(texts) / 2))


def _report(results: dict[str, list[Any]]) -> None:
    from benchmarks.harness import median, ratio
    from benchmarks.plot import bars
    from benchmarks.promises import Promises

    print(f"{'':<42}{'req/s':>10}{'p50 ms':>10}{'p99 ms':>10}")
    for name, of_rounds in results.items():
        middle = median(of_rounds)
        print(f"{name:<42}{middle.rate:>10.0f}{middle.p50:>10.2f}{middle.p99:>10.2f}")
    get = "GET by external ID"
    ratios = [
        ("GET by external ID / floor, rate", get, "floor: read", "rate", 0.18, True),
        (
            "GET at this size / at 10,000, rate",
            get,
            "GET by external ID, 10,000 customers",
            "rate",
            0.9,
            True,
        ),
        ("list, page 1,000 / first page, p50", "list, page 1,000", "list, first page", "p50", 2, False),
        ("search rare ID / GET, p50", "search, rare part of an ID", get, "p50", 3, False),
        ("search rare e-mail / GET, p50", "search, rare part of an e-mail", get, "p50", 3, False),
        ("search common / GET, p50", "search, in half of the rows", get, "p50", 10, False),
        ("POST / floor's insert, rate", "POST with an external ID", "floor: insert", "rate", 0.15, True),
    ]
    figures = [
        (name, ratio(results[ours], results[theirs], figure), promised, more)
        for name, ours, theirs, figure, promised, more in ratios
    ]
    print()
    print(bars(figures))
    promises = Promises()
    for name, measured, promised, more in figures:
        (promises.at_least if more else promises.at_most)(name, measured, promised)
    promises.conclude()


if __name__ == "__main__":
    main()
