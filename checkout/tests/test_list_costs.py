"""What lists of sessions and orders cost when there are many: each is a walk along an index."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict

from checkout.filters import CheckoutSessionFilter, OrderFilter, ProductFilter
from checkout.models import CheckoutItem, CheckoutSession, Order, PaymentAttempt, Product
from customers.services import create_customer
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(organization: Organization, stranger: Organization) -> str:
    """A few thousand sessions and orders in two organizations, counted by the planner. The ID of one customer, who
    holds the external ID `cust_1`."""
    buyer = create_customer(organization=organization, external_customer_id="cust_1")
    others = [create_customer(organization=owner) for owner in (organization, stranger)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO checkout_sessions (id, organization_id, status, customer_id, external_customer_id, currency, "
            "amount_total, expires_at, completed_at, metadata, customer_metadata, created_at, modified_at) "
            "SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN %s ELSE %s END, "
            "CASE WHEN n %% 100 < 2 THEN 'open' ELSE 'complete' END, CASE WHEN n %% 100 < 2 THEN NULL "
            "WHEN n %% 50 = 2 THEN %s WHEN n %% 2 = 0 THEN %s ELSE %s END::uuid, 'id_' || n, 'usd', 100, "
            "now() + interval '1 day', CASE WHEN n %% 100 >= 2 THEN now() END, '{}', '{}', "
            "now() + n * interval '1 second', now() FROM generate_series(1, 4000) n",
            [organization.id, stranger.id, buyer.id, others[0].id, others[1].id],
        )
        cursor.execute(
            "INSERT INTO orders (id, organization_id, number, checkout_session_id, customer_id, currency, "
            "amount_total, metadata, created_at) SELECT gen_random_uuid(), organization_id, row_number() OVER "
            "(PARTITION BY organization_id ORDER BY created_at), id, customer_id, currency, amount_total, '{}', "
            "created_at FROM checkout_sessions WHERE status = 'complete'"
        )
        cursor.execute(
            "INSERT INTO products (id, organization_id, name, unit_amount, currency, metadata, created_at, "
            "modified_at) SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN %s ELSE %s END, md5(n::text), 100, "
            "'usd', '{}', now() + n * interval '1 second', now() FROM generate_series(1, 4000) n",
            [organization.id, stranger.id],
        )
        cursor.execute("ANALYZE checkout_sessions, orders, products, customers")
    return str(buyer.id)


WALKS: list[tuple[Any, Any, str, str, str]] = [
    (CheckoutSession, CheckoutSessionFilter, "", "created_at", "idx_sessions_created"),
    (CheckoutSession, CheckoutSessionFilter, "status=complete", "created_at", "idx_sessions_"),
    (CheckoutSession, CheckoutSessionFilter, "status=expired", "created_at", "idx_sessions_unpaid"),
    (CheckoutSession, CheckoutSessionFilter, "customer_id={buyer}", "created_at", "idx_sessions_customer"),
    (Order, OrderFilter, "", "created_at", "idx_orders_created"),
    (Order, OrderFilter, "customer_id={buyer}", "created_at", "idx_orders_customer"),
    (Order, OrderFilter, "external_customer_id=cust_1", "created_at", "idx_orders_customer"),
    (Order, OrderFilter, "", "number", "orders_number_unique"),
    (Product, ProductFilter, "", "created_at", "idx_products_created"),
    (Product, ProductFilter, "", "name", "idx_products_name"),
]


def plan_of(organization: Organization, model: Any, filters: Any, query: str, ordering: str) -> Any:
    rows = model.objects.for_organization(organization)
    narrowed = filters(QueryDict(query), rows, organization).checked().qs.order_by(f"-{ordering}", "-id")[:20]
    return json.loads(narrowed.explain(format="json"))


def test_each_list_walks_along_its_index(organization: Organization, many: str) -> None:
    for model, filters, query, ordering, index in WALKS:
        plan = json.dumps(plan_of(organization, model, filters, query.format(buyer=many), ordering))
        assert f'"{index}' in plan, (query, plan)
        assert '"Sort"' not in plan, (query, plan)
        assert "Seq Scan" not in plan, (query, plan)


@pytest.mark.usefixtures("many")
def test_sessions_under_an_external_id_are_looked_up_in_two_places(organization: Organization) -> None:
    query = "external_customer_id=cust_1"
    plan = json.dumps(plan_of(organization, CheckoutSession, CheckoutSessionFilter, query, "created_at"))
    for index in ("idx_sessions_customer", "idx_sessions_unlinked"):
        assert f'"{index}"' in plan, plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("model", "column"),
    [(CheckoutItem, "session_id"), (Order, "checkout_session_id"), (PaymentAttempt, "session_id")],
)
def test_what_belongs_to_a_session_has_an_index_that_begins_with_it(model: Any, column: str) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table).values()
    assert any((one["index"] or one["unique"]) and one["columns"][0] == column for one in found)
