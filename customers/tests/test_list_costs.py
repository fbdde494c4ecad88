"""What a list costs: an index for each filter, and the same queries however long it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Server
from customers.filters import CustomerFilter
from customers.grams import samples
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from customers.tests.finding import found, make
from customers.tests.paths import by_external_id, by_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(organization: Organization, stranger: Organization) -> Iterator[None]:
    """A few thousand customers in two organizations, counted by the planner and sampled for searches."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers (id, organization_id, external_customer_id, name, email, metadata, created_at, "
            "modified_at) SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN %s ELSE %s END, "
            "CASE WHEN n %% 10 > 1 THEN 'cust_' || n END, md5(n::text), 'user' || n || '@example.com', "
            "jsonb_build_object('n', n), now() + n * interval '1 second', now() FROM generate_series(1, 3000) n",
            [organization.id, stranger.id],
        )
        cursor.execute("ANALYZE customers")
        for index in ("idx_customers_grams", "idx_customers_metadata"):
            cursor.execute("SELECT gin_clean_pending_list(%s)", [index])  # as vacuum does in its time
        cursor.execute("SET LOCAL enable_seqscan = off")
    samples.forget()
    yield
    samples.forget()


INDEXES = [
    ("external_customer_id=cust_42", "idx_customers_org_external_id"),
    ("external_customer_id=cust_42&external_customer_id=cust_44", "idx_customers_org_external_id"),
    ("email=USER42@example.com", "idx_customers_email_folded"),
    ("search=user2222", "idx_customers_grams"),
    ("search=USER2222@", "idx_customers_grams"),
    ("search=user2222@example.com", "idx_customers_grams"),
    ("search=客户", "idx_customers_grams"),
    ("search=☎", "idx_customers_grams"),
    ("search=user", "idx_customers_created"),
    ("search=@EXAMPLE.com", "idx_customers_created"),
    ("search=e", "idx_customers_created"),
    ("metadata[n]=42", "idx_customers_metadata"),
    ("created_after=2020-01-01T00:00:00Z", "idx_customers_created"),
    ("has_external_customer_id=false", "idx_customers_no_id_created"),
    ("", "idx_customers_created"),
]


@pytest.mark.usefixtures("many")
def test_each_filter_is_answered_by_its_index(organization: Organization) -> None:
    customers = Customer.objects.for_organization(organization).live()
    for query, index in INDEXES:
        narrowed = CustomerFilter(QueryDict(query), customers, organization).qs.order_by(
            "-created_at", "-id"
        )[:20]
        plan = json.dumps(json.loads(narrowed.explain(format="json")))
        assert f'"{index}"' in plan, query
        if index in ("idx_customers_created", "idx_customers_no_id_created"):
            assert '"Sort"' not in plan, query


LISTS = [
    {},
    {"search": "acme"},
    {"email": "sales@acme.com"},
    {"metadata[plan]": "pro"},
    {"has_external_customer_id": "true"},
    {"created_after": "2020-01-01T00:00:00Z"},
    {"ordering": "name"},
    {"ordering": "-external_customer_id"},
]


def test_a_list_costs_the_same_queries_for_one_customer_and_for_fifty(
    organization: Organization, api: Server
) -> None:
    def spent() -> list[int]:
        counts = []
        for parameters in LISTS:
            with CaptureQueriesContext(connection) as queries:
                assert found(api, **parameters)
            counts.append(len(queries))
        return counts

    same = {"name": "Acme", "email": "sales@acme.com", "metadata": {"plan": "pro"}}
    CustomerFactory(organization=organization, external_customer_id="cust_0", **same)
    samples.forget()
    found(api, search="acme")  # which notes the token's use, and takes the sample that searches go by
    for_one = spent()
    for number in range(1, 50):
        CustomerFactory(organization=organization, external_customer_id=f"cust_{number}", **same)
    assert spent() == for_one
    assert max(for_one[:6]) <= 2, "the token and the page"
    assert max(for_one) <= 3, "at the border of those without a value, a second part of the page"


def test_reading_one_customer_costs_two_queries(organization: Organization, api: Server) -> None:
    customer = make(organization, external_customer_id="cust_1")
    for path in (by_external_id("cust_1"), by_id(customer)):
        api("GET", path)
        with CaptureQueriesContext(connection) as queries:
            assert api("GET", path).status == 200
        assert len(queries) == 2
