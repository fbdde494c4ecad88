"""Binding many waiting events to the customer who gets their ID, while others are being stored."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg

from benchmarks.promises import Promises

ROOT = Path(__file__).resolve().parent.parent
WAITING = 100_000
OWN_ID = "late_customer"
DEADLINE = 300  # seconds

_STATE = """
SELECT bound_at IS NOT NULL FROM unmatched_ids
WHERE organization_id = %s AND external_customer_id = %s AND customer_id IS NOT NULL
"""
_COUNT = """
SELECT count(*) FILTER (WHERE events.customer_id = customers.id), count(*) FILTER (WHERE events.customer_id IS NULL)
FROM unmatched_ids JOIN events ON events.organization_id = unmatched_ids.organization_id
  AND events.unmatched_id = unmatched_ids.id JOIN customers ON customers.id = unmatched_ids.customer_id
WHERE unmatched_ids.organization_id = %s AND unmatched_ids.external_customer_id = %s
"""


@contextlib.contextmanager
def worker(url: str, log: IO[bytes]) -> Iterator[None]:
    """The product's worker on the database at `url`."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=log,
        stderr=log,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def late(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same events of the customer who isn't there yet."""
    return [{**event, "external_customer_id": OWN_ID} for event in batch]


def create_customer(port: int, secret: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    connection.request(
        "POST", "/v1/customers", json.dumps({"external_customer_id": OWN_ID}).encode(), headers
    )
    answer = connection.getresponse()
    if answer.status != 201:
        raise SystemExit(f"The customer wasn't made: {answer.read()!r}")
    connection.close()


def is_bound(url: str, organization: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(_STATE, [organization, OWN_ID]).fetchall()
        return bool(found) and all(bound for (bound,) in found)


def promise(url: str, organization: str, alone: float, meanwhile: float, promises: Promises) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        bound, left = connection.execute(_COUNT, [organization, OWN_ID]).fetchone() or (0, 0)
    promises.at_least(f"ingestion while {WAITING:,} events are bound / alone", meanwhile / alone, 0.5)
    promises.at_least("waiting events bound", bound, WAITING)
    promises.at_most("waiting events left", left, 0)
