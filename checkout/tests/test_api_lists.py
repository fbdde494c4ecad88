"""The lists of sessions and orders: what they are narrowed by, what they cost, and what the log says."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api import middleware
from api.tests.wsgi import Server
from checkout.services.moves import begin_payment, expire_session
from checkout.tests.factories import BOX, a_product, a_session, lapse, paid
from customers.services import create_customer, delete_customer
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def found(api: Server, resource: str, **parameters: Any) -> set[str]:
    answer = api("GET", f"/v1/{resource}?{urlencode({**parameters, 'limit': 100})}")
    assert answer.status == 200, answer.body
    return {row["id"] for row in answer.json["results"]}


def test_a_status_is_what_it_is_now(organization: Organization, api: Server) -> None:
    opened, lapsed, processing, expired, complete = (a_session(organization) for _ in range(5))
    lapse(lapsed)
    begin_payment(session=processing)
    expire_session(session=expired)
    paid(complete)
    by_status = {
        "open": {str(opened.id)},
        "expired": {str(lapsed.id), str(expired.id)},
        "processing": {str(processing.id)},
        "complete": {str(complete.id)},
    }
    for status, ids in by_status.items():
        rows = api("GET", f"/v1/checkout_sessions?status={status}").json["results"]
        assert {row["id"] for row in rows} == ids
        assert {row["status"] for row in rows} == {status}
    refused = api("GET", "/v1/checkout_sessions?status=paid")
    assert (refused.status, refused.attr, refused.code) == (400, "status", "invalid_choice")


def test_an_external_id_finds_sessions_before_anybody_holds_it(
    organization: Organization, stranger: Organization, api: Server
) -> None:
    waiting = a_session(organization, external_customer_id="cust_1")
    a_session(organization, external_customer_id="cust_2")
    a_session(organization)
    a_session(stranger, external_customer_id="cust_1")
    assert found(api, "checkout_sessions", external_customer_id="cust_1") == {str(waiting.id)}
    assert found(api, "checkout_sessions", external_customer_id="CUST_1") == set()


def test_an_external_id_finds_its_holders_and_never_an_earlier_holders(
    organization: Organization, api: Server
) -> None:
    earlier = create_customer(organization=organization, external_customer_id="cust_1")
    bought_by_earlier = paid(a_session(organization, external_customer_id="cust_1"))
    delete_customer(customer=earlier)
    assert found(api, "orders", external_customer_id="cust_1") == set()
    waiting = a_session(organization, external_customer_id="cust_1")
    order = paid(a_session(organization, external_customer_id="cust_1"))
    assert order.customer_id != earlier.id
    assert found(api, "checkout_sessions", external_customer_id="cust_1") == {
        str(waiting.id),
        str(order.checkout_session_id),
    }
    assert found(api, "orders", external_customer_id="cust_1") == {str(order.id)}
    assert found(api, "orders", customer_id=earlier.id) == {str(bought_by_earlier.id)}
    assert found(api, "checkout_sessions", customer_id=earlier.id) == {
        str(bought_by_earlier.checkout_session_id)
    }
    assert found(api, "orders") == {str(order.id), str(bought_by_earlier.id)}


def test_a_sale_by_our_id_is_found_by_the_external_one_too(organization: Organization, api: Server) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    session = a_session(organization, customer_id=customer.id)
    assert found(api, "checkout_sessions", external_customer_id="cust_1") == {str(session.id)}
    assert found(
        api, "checkout_sessions", external_customer_id="cust_1", customer_id=customer.id, status="open"
    ) == {str(session.id)}
    assert found(api, "checkout_sessions", external_customer_id="cust_1", customer_id=new_id()) == set()


@pytest.mark.parametrize("resource", ["checkout_sessions", "orders", "products"])
def test_created_after_is_inclusive_and_created_before_exclusive(
    resource: str, organization: Organization, api: Server
) -> None:
    row = {
        "checkout_sessions": lambda: a_session(organization),
        "orders": lambda: paid(a_session(organization)),
        "products": lambda: a_product(organization),
    }[resource]()
    at = row.created_at.isoformat()
    later = (row.created_at + datetime.timedelta(microseconds=1)).isoformat()
    assert found(api, resource, created_after=at) == {str(row.id)}
    assert found(api, resource, created_after=later) == set()
    assert found(api, resource, created_before=at) == set()
    assert found(api, resource, created_before=later) == {str(row.id)}


@pytest.mark.parametrize("resource", ["checkout_sessions", "orders"])
@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ("external_customer_id=null", "external_customer_id", "placeholder"),
        ("external_customer_id=%20a", "external_customer_id", "surrounding_white_space"),
        ("external_customer_id=", "external_customer_id", "blank"),
        ("external_customer_id=a&external_customer_id=b", "external_customer_id", "repeated_parameter"),
        ("customer_id=cust_1", "customer_id", "invalid"),
        ("created_after=yesterday", "created_after", "invalid"),
        ("ordering=amount", "ordering", "invalid_choice"),
        ("limit=101", "limit", "max_value"),
        ("custmer_id=x", "custmer_id", "unknown_parameter"),
        ("customer_external_id=cust_1", "customer_external_id", "unknown_parameter"),
    ],
)
def test_what_cannot_be_right_in_a_query_is_refused_by_name(
    resource: str, query: str, attr: str, code: str, api: Server
) -> None:
    answer = api("GET", f"/v1/{resource}?{query}")
    assert (answer.status, answer.attr, answer.code) == (400, attr, code)


def test_orders_are_sorted_by_number(organization: Organization, api: Server) -> None:
    for _ in range(3):
        paid(a_session(organization))

    def numbers(ordering: str) -> list[int]:
        seen = []
        target = f"/v1/orders?ordering={ordering}&limit=2"
        while target:
            page = api("GET", target).json
            seen += [row["number"] for row in page["results"]]
            target = (page["next"] or "").removeprefix("http://localhost")
        return seen

    assert numbers("number") == numbers("created_at") == [1, 2, 3]
    assert numbers("-number") == [3, 2, 1]


def test_a_walk_meets_every_session_once_whatever_is_made_meanwhile(
    organization: Organization, api: Server
) -> None:
    there = {str(a_session(organization).id) for _ in range(5)}
    met: list[str] = []
    target = "/v1/checkout_sessions?limit=2"
    while target:
        page = api("GET", target).json
        met += [row["id"] for row in page["results"]]
        target = (page["next"] or "").removeprefix("http://localhost")
        a_session(organization)
    assert len(met) == len(set(met))
    assert there <= set(met)


LISTS = [
    ("checkout_sessions", {}),
    ("checkout_sessions", {"status": "complete"}),
    ("checkout_sessions", {"external_customer_id": "cust_1"}),
    ("orders", {}),
    ("orders", {"external_customer_id": "cust_1"}),
    ("orders", {"ordering": "number"}),
    ("products", {"archived": "false"}),
]


def test_a_list_costs_the_same_queries_for_one_row_and_for_fifty(
    organization: Organization, api: Server
) -> None:
    def spent() -> list[int]:
        counts = []
        for resource, parameters in LISTS:
            with CaptureQueriesContext(connection) as queries:
                assert found(api, resource, **parameters)
            counts.append(len(queries))
        return counts

    def sell(count: int) -> None:
        for _ in range(count):
            product = a_product(organization)
            items = [{"product_id": product.id, "quantity": 1}, BOX]
            paid(a_session(organization, external_customer_id="cust_1", items=items))

    sell(1)
    found(api, "orders")  # which notes the token's use
    for_one = spent()
    sell(49)
    assert spent() == for_one
    assert max(for_one) <= 5, "the token, the holder, the page, its items and its orders"


def test_the_log_finds_a_sale_by_both_ids_and_by_the_session(
    organization: Organization, api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        monkeypatch.setattr(middleware, "log", structlog.get_logger("request"))
        session = api(
            "POST", "/v1/checkout_sessions", {"external_customer_id": "cust_1", "items": [BOX]}
        ).json
        path = f"/v1/checkout_sessions/{session['id']}"
        api("GET", path)
        api("PATCH", path, {"customer_name": "New"})
        api("POST", f"{path}/expire")
        assert api("POST", f"{path}/expire").status == 409
        order = paid(a_session(organization, external_customer_id="cust_1"))
        api("GET", f"/v1/orders/{order.id}")
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 6
    for line in requests:
        assert line["organization"] == str(organization.id)
        assert line["customer_id"] == str(customer.id)
        assert line["external_customer_id"] == "cust_1"
    assert [line["checkout_session_id"] for line in requests] == [
        *[session["id"]] * 5,
        str(order.checkout_session_id),
    ]


def test_a_refused_sale_is_found_in_the_log_by_the_id_it_was_for(
    api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        monkeypatch.setattr(middleware, "log", structlog.get_logger("request"))
        item = {"product_id": str(new_id()), "quantity": 1}
        refused = api("POST", "/v1/checkout_sessions", {"customer_external_id": "cust_1", "items": [item]})
        assert refused.status == 400
    (line,) = lines
    assert (line["status"], line["external_customer_id"]) == (400, "cust_1")
