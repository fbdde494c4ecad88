"""Made-up products, sessions and orders into the database, by COPY and past no rule of it, as customers come
(customers.demo.loading)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from operator import attrgetter
from random import Random
from typing import Any

from django.db import connection, transaction

from checkout.demo.catalog import Catalog
from checkout.demo.rows import (
    PERIOD,
    Buyer,
    DemoProduct,
    DemoSession,
    demo_products,
    demo_sessions,
    number_of_sessions,
)
from customers.demo.rows import PERIOD as PERIOD_OF_CUSTOMERS
from organizations.ids import id_at
from organizations.models import Organization

# Customers at random, by random places in their primary key: as quick among a million as among a thousand.
_BUYERS = """
SELECT DISTINCT ON (id) id, external_customer_id, name, email, billing_address ->> 'country', created_at, modified_at,
  deleted_at
FROM (
  (SELECT * FROM customers WHERE organization_id = %(organization)s ORDER BY id LIMIT 16)
  UNION ALL
  SELECT found.* FROM unnest(%(places)s::uuid[]) AS place, LATERAL (
    SELECT * FROM customers WHERE organization_id = %(organization)s AND id >= place ORDER BY id LIMIT 1
  ) AS found
) AS chosen ORDER BY id
"""
_LAST_NUMBER = "INSERT INTO order_numbers (organization_id, last) VALUES (%s, %s)"


@transaction.atomic
def load_checkout(
    *, organization: Organization, catalog: Catalog, customers: int, seed: int, at: datetime.datetime
) -> None:
    """The catalog, and the sessions and orders of so many customers, all or none, for an organization that has none."""
    slug = organization.slug
    products = demo_products(seed=seed, at=at, organization=slug, catalog=catalog)
    count = number_of_sessions(customers)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _copy(cursor, "products", _PRODUCT, (_product_row(organization, product) for product in products))
        if count == 0:
            return
        sessions = demo_sessions(
            seed=seed,
            at=at,
            organization=slug,
            count=count,
            buyers=_buyers(cursor, organization, count, seed, at),
            products=products,
            catalog=catalog,
        )
        _copy(
            cursor,
            "checkout_sessions",
            _SESSION,
            (_session_row(organization, session) for session in sessions),
        )
        _copy(cursor, "checkout_items", _ITEM, _item_rows(organization, sessions))
        _copy(cursor, "payment_attempts", _ATTEMPT, _attempt_rows(organization, sessions))
        complete = sorted(
            (session for session in sessions if session.order_id), key=attrgetter("completed_at", "id")
        )
        _copy(cursor, "orders", _ORDER, _order_rows(organization, complete))
        if complete:
            cursor.execute(_LAST_NUMBER, [organization.id, len(complete)])


def _buyers(
    cursor: Any, organization: Organization, count: int, seed: int, at: datetime.datetime
) -> list[Buyer]:
    random = Random(f"{seed}/{organization.slug}/buyers")  # noqa: S311
    # Half of them from all customers, half from those who came lately, and may have come by buying.
    spans = (PERIOD_OF_CUSTOMERS, PERIOD)
    places = [id_at(at - spans[number % 2] * random.random(), 0) for number in range(count)]
    cursor.execute(_BUYERS, {"organization": organization.id, "places": places})
    return [Buyer(*row) for row in cursor.fetchall()]


def _copy(cursor: Any, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


_PRODUCT = (
    "id, organization_id, name, description, unit_amount, currency, metadata, archived_at, created_at, "
    "modified_at"
)


def _product_row(organization: Organization, product: DemoProduct) -> tuple[Any, ...]:
    return (
        product.id,
        organization.id,
        product.name,
        product.description,
        product.unit_amount,
        product.currency,
        "{}",
        product.archived_at,
        product.created_at,
        product.archived_at or product.created_at,
    )


_SESSION = (
    "id, organization_id, status, customer_id, external_customer_id, customer_email, customer_name, currency, "
    "amount_total, success_url, cancel_url, expires_at, completed_at, metadata, customer_metadata, created_at, "
    "modified_at"
)


def _session_row(organization: Organization, session: DemoSession) -> tuple[Any, ...]:
    shop = f"https://shop.{organization.slug}.example"
    return (
        session.id,
        organization.id,
        session.status,
        session.buyer.id if session.buyer else None,
        session.external_customer_id,
        session.email,
        session.name,
        session.currency,
        session.amount_total,
        f"{shop}/thanks?session={{CHECKOUT_SESSION_ID}}",
        f"{shop}/cart",
        session.expires_at,
        session.completed_at,
        json.dumps(session.metadata),
        "{}",
        session.created_at,
        session.modified_at,
    )


_ITEM = "organization_id, session_id, position, product_id, name, unit_amount, quantity, amount"


def _item_rows(organization: Organization, sessions: list[DemoSession]) -> Iterable[tuple[Any, ...]]:
    for session in sessions:
        for position, item in enumerate(session.items):
            amount = item.unit_amount * item.quantity
            yield (
                organization.id,
                session.id,
                position,
                item.product_id,
                item.name,
                item.unit_amount,
                item.quantity,
                amount,
            )


_ATTEMPT = (
    "id, organization_id, session_id, processor, reference, status, failure_code, failure_message, created_at, "
    "modified_at"
)


def _attempt_rows(organization: Organization, sessions: list[DemoSession]) -> Iterable[tuple[Any, ...]]:
    for session in sessions:
        for attempt in session.attempts:
            code, message = attempt.failure or (None, None)
            yield (
                attempt.id,
                organization.id,
                session.id,
                "sandbox",
                f"sandbox_{session.id}",
                attempt.status,
                code,
                message,
                attempt.created_at,
                attempt.modified_at,
            )


_ORDER = (
    "id, organization_id, number, checkout_session_id, customer_id, external_customer_id, email, currency, "
    "amount_total, metadata, created_at"
)


def _order_rows(organization: Organization, complete: list[DemoSession]) -> Iterable[tuple[Any, ...]]:
    for number, session in enumerate(complete, start=1):
        assert session.buyer is not None, "whoever pays is a customer"
        yield (
            session.order_id,
            organization.id,
            number,
            session.id,
            session.buyer.id,
            session.buyer.external_customer_id,
            session.email or session.buyer.email,
            session.currency,
            session.amount_total,
            json.dumps(session.metadata),
            session.completed_at,
        )
