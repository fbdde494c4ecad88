"""Events that no customer holds, grouped by the ID that they wait under."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Server
from customers.models import Customer
from customers.services import create_customer, delete_customer
from metrics.api.serializers import UnmatchedIDSerializer
from metrics.models import UnmatchedID
from metrics.services.near_ids import customers_near
from metrics.services.waiting import MAX_NAMES
from metrics.tests.sending import event, send
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def unmatched(api: Server, query: str = "") -> list[dict[str, Any]]:
    answer = api("GET", f"/v1/events/unmatched?{query}")
    assert answer.status == 200, answer.body
    return answer.json["results"]


def test_they_are_grouped_by_id(api: Server, organization: Organization, stranger: Organization) -> None:
    send(stranger, event("cust_1"))
    send(
        organization,
        event("cust_1", name="b", timestamp="2026-01-02T00:00:00Z"),
        event("cust_1", name="a", timestamp="2026-01-03T00:00:00Z"),
        event("cust_2", timestamp="2026-01-01T00:00:00Z"),
    )
    send(organization, event("cust_1", name="b", timestamp="2025-12-31T00:00:00Z"))
    first, second = unmatched(api)
    assert first == {
        "external_customer_id": "cust_1",
        "count": 3,
        "first_seen": "2025-12-31T00:00:00Z",
        "last_seen": "2026-01-03T00:00:00Z",
        "names": ["a", "b"],
        "near_matches": [],
    }
    assert (second["external_customer_id"], second["count"]) == ("cust_2", 1)
    assert set(UnmatchedIDSerializer().fields) == set(first)


def test_duplicates_are_not_counted(api: Server, organization: Organization) -> None:
    for _ in range(3):
        send(organization, event(external_id="a"))
    assert [row["count"] for row in unmatched(api)] == [1]


def test_who_gets_the_id_takes_them_away_at_once(api: Server, organization: Organization) -> None:
    send(organization, event("cust_1"), event("cust_2"))
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    assert [row["external_customer_id"] for row in unmatched(api)] == ["cust_2"]
    delete_customer(customer=customer)
    assert [row["external_customer_id"] for row in unmatched(api)] == ["cust_2"]
    send(organization, event("cust_1"))
    assert {row["external_customer_id"]: row["count"] for row in unmatched(api)} == {"cust_1": 1, "cust_2": 1}


@pytest.mark.parametrize(
    ("sent", "held", "reason"),
    [
        ("CUST_1", "cust_1", "letter_case"),
        ("straße", "STRAßE", "letter_case"),
        ("ÄPFEL-1", "äpfel-1", "letter_case"),
        ("Ａ１", "A1", "compatibility_form"),
        ("A1", "Ａ１", "compatibility_form"),
        ("a1", "Ａ１", "compatibility_form"),
        ("ﬁrma", "firma", "compatibility_form"),
        ("x²", "x2", "compatibility_form"),
    ],
)
def test_near_matches(sent: str, held: str, reason: str, api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=held)
    create_customer(organization=organization, external_customer_id="another")
    send(organization, event(sent))
    [found] = unmatched(api)
    assert found["near_matches"] == [
        {"customer_id": str(customer.id), "external_customer_id": held, "reason": reason}
    ]


def test_nobody_elses_and_nobody_deleted_is_near(
    api: Server, organization: Organization, stranger: Organization
) -> None:
    create_customer(organization=stranger, external_customer_id="CUST_1")
    delete_customer(customer=create_customer(organization=organization, external_customer_id="Cust_1"))
    create_customer(organization=organization, external_customer_id="cust_10")
    send(organization, event("cust_1"))
    assert unmatched(api)[0]["near_matches"] == []


@pytest.mark.parametrize(
    ("ordering", "found"),
    [
        ("-last_seen", ["b", "c", "a"]),
        ("last_seen", ["a", "c", "b"]),
        ("-count", ["a", "c", "b"]),
        ("count", ["b", "c", "a"]),
        ("external_customer_id", ["a", "b", "c"]),
    ],
)
def test_orderings_and_pages(
    ordering: str, found: list[str], api: Server, organization: Organization
) -> None:
    for own_id, count, day in (("a", 3, 1), ("b", 1, 3), ("c", 2, 2)):
        send(organization, *[event(own_id, timestamp=f"2026-01-0{day}T00:00:00Z")] * count)
    target: str | None = f"/v1/events/unmatched?limit=1&ordering={ordering}"
    met = []
    while target:
        page = api("GET", target).json
        met += [row["external_customer_id"] for row in page["results"]]
        target = page["next"] and page["next"].removeprefix("http://localhost")
    assert met == found


def test_names_are_bounded(api: Server, organization: Organization) -> None:
    for _ in range(2):
        send(organization, *[event(name=f"n{number}") for number in range(MAX_NAMES * 2)])
    send(organization, event(name="one more"))
    assert len(unmatched(api)[0]["names"]) == MAX_NAMES
    assert len(UnmatchedID.objects.get().names) <= MAX_NAMES


def test_it_costs_the_same_at_any_length(api: Server, organization: Organization) -> None:
    unmatched(api)  # which notes the token's use
    counts = []
    for size in (1, 50):
        send(organization, *[event(f"cust_{number}", name=f"n{number}") for number in range(size)])
        with CaptureQueriesContext(connection) as captured:
            assert len(unmatched(api, "limit=100")) == size
        counts.append(len(captured))
    assert counts == [4, 4]


@pytest.mark.usefixtures("superuser")
def test_near_matches_are_found_by_their_index_among_many(organization: Organization) -> None:
    rows = [
        Customer(organization=organization, external_customer_id=f"cust_{number}") for number in range(500)
    ]
    Customer.objects.bulk_create(rows)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        cursor.execute("ANALYZE customers (organization_id, deleted_at, external_customer_id)")
        # As many as a million customers, to the planner.
        cursor.execute(
            "UPDATE pg_class SET reltuples = 1000 * reltuples "
            "WHERE oid IN ('customers'::regclass, 'idx_customers_near_id'::regclass)"
        )
        assert customers_near(organization, "CUST_7") != []
        cursor.execute("EXPLAIN " + queries[-1]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "idx_customers_near_id" in plan
