"""Made-up customers into the database, as fast as it takes them, past no rule of it.

They come by COPY instead of through `customers.services`. Every trigger, index and foreign key does its work on them
all the same: the history is what the database wrote, and only its times are laid back to when things are said to have
happened.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection, transaction

from customers.demo.rows import DemoCustomer, demo_customers
from customers.models import Customer
from organizations.models import Organization

_CHUNK = 5_000

_COLUMNS = (
    "id, organization_id, external_customer_id, name, email, billing_address, tax_id, metadata, created_at, "
    "modified_at, deleted_at"
)
_COPY = f"COPY customers ({_COLUMNS}) FROM STDIN"

# References are checked lot by lot, so that none has to be remembered until the end.
_CHECK_AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"
_CREATE_LATER = """
CREATE TEMPORARY TABLE demo_later (
  id uuid, external_customer_id text, metadata jsonb, modified_at timestamptz, deleted_at timestamptz
) ON COMMIT DROP
"""
_COPY_LATER = "COPY demo_later (id, external_customer_id, metadata, modified_at, deleted_at) FROM STDIN"
_APPLY_LATER = """
UPDATE customers SET
  external_customer_id = demo_later.external_customer_id, metadata = demo_later.metadata,
  modified_at = demo_later.modified_at, deleted_at = demo_later.deleted_at
FROM demo_later WHERE customers.organization_id = %s AND customers.id = demo_later.id
"""
# Without statistics the planner takes an organization for small, and each lot would read all of it.
_TAKE_STATISTICS = "ANALYZE customers (organization_id, id), customer_changes (organization_id, pgh_id)"
_LAST_CHANGE = "SELECT coalesce(max(pgh_id), 0) FROM customer_changes"
_LAY_BACK_HISTORY = """
UPDATE customer_changes SET pgh_created_at = modified_at WHERE organization_id = %s AND pgh_id > %s
"""


# Those without which the database could keep no rule are not among them.
_SEARCH_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'customers'::regclass AND NOT indisunique ORDER BY 1
"""
# Which an index's definition leaves out.
_STATISTICS_TARGETS = """
SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', attrelid::regclass, attnum, attstattarget)
FROM pg_attribute JOIN pg_index ON attrelid = indexrelid
WHERE indrelid = 'customers'::regclass AND NOT indisunique AND attstattarget >= 0
"""


@contextlib.contextmanager
def search_indexes_built_last() -> Iterator[None]:
    """Inside this block of a transaction a table that was empty has no indexes but those that keep its rules: the
    others are built at its end, in a fraction of the time that it takes to add to them row by row. A table with
    customers keeps its indexes, since somebody may be reading it.
    """
    if Customer.objects.exists():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH_INDEXES)
        indexes = cursor.fetchall()
        cursor.execute(_STATISTICS_TARGETS)
        targets = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for (statement,) in targets:
            cursor.execute(statement)


@transaction.atomic
def load_customers(
    *,
    organization: Organization,
    count: int,
    seed: int,
    at: datetime.datetime,
    company_share: float,
    progress: Callable[[int], object],
) -> None:
    """`count` customers, all or none, for an organization that has none. `progress` is told of each lot's size."""
    customers = demo_customers(
        seed=seed, at=at, organization=organization.slug, count=count, company_share=company_share
    )
    with connection.cursor() as cursor:
        cursor.execute(_CHECK_AT_ONCE)
        cursor.execute(_CREATE_LATER)
        for number, chunk in enumerate(iter(lambda: list(itertools.islice(customers, _CHUNK)), [])):
            if number == 1:
                cursor.execute(_TAKE_STATISTICS)
            _load_chunk(cursor, organization, chunk)
            progress(len(chunk))
        cursor.execute("DROP TABLE demo_later")


def _load_chunk(cursor: Any, organization: Organization, chunk: list[DemoCustomer]) -> None:
    cursor.execute(_LAST_CHANGE)
    last_change = cursor.fetchone()[0]
    _copy(cursor, _COPY, (_row(organization, customer) for customer in chunk if not customer.inherits_id))
    _copy(cursor, _COPY_LATER, _later_rows(chunk))
    cursor.execute(_APPLY_LATER, [organization.id])
    cursor.execute("TRUNCATE demo_later")
    # Only now is the ID free that an heir takes over, when its earlier holder came in this very chunk.
    _copy(cursor, _COPY, (_row(organization, customer) for customer in chunk if customer.inherits_id))
    cursor.execute(_LAY_BACK_HISTORY, [organization.id, last_change])


def _copy(cursor: Any, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _row(organization: Organization, customer: DemoCustomer) -> tuple[Any, ...]:
    address = customer.billing_address
    return (
        customer.id,
        organization.id,
        customer.external_customer_id,
        customer.name,
        customer.email,
        None if address is None else json.dumps(address),
        customer.tax_id,
        json.dumps(customer.metadata),
        customer.created_at,
        customer.modified_at,
        customer.deleted_at,
    )


def _later_rows(chunk: list[DemoCustomer]) -> Iterator[tuple[Any, ...]]:
    for customer in chunk:
        if (later := customer.later) is not None:
            yield (
                later.id,
                later.external_customer_id,
                json.dumps(later.metadata),
                later.modified_at,
                later.deleted_at,
            )
