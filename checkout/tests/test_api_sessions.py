"""Checkout sessions through the API, from their creation to the order they become."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Server
from checkout.models import CheckoutSession, Order
from checkout.secrets import client_secret
from checkout.services.moves import begin_payment
from checkout.services.products import update_product
from checkout.tests.factories import BOX, a_product, a_session, lapse, paid
from customers.services import create_customer, delete_customer
from organizations.models import Organization

pytestmark = pytest.mark.django_db

SESSIONS = "/v1/checkout_sessions"


def test_the_first_example_answers_with_every_field(api: Server) -> None:
    answer = api("POST", SESSIONS, {"customer_external_id": "cust_123", "items": [BOX]})
    assert answer.status == 201
    row = answer.json
    secret = client_secret(CheckoutSession.objects.get().id)
    assert answer.headers["Location"] == f"http://localhost{SESSIONS}/{row['id']}"
    assert row == {
        "id": row["id"],
        "status": "open",
        "customer_id": None,
        "external_customer_id": "cust_123",
        "customer_external_id": "cust_123",
        "customer_email": None,
        "customer_name": None,
        "items": [{"product_id": None, "name": "Box", "unit_amount": 1500, "quantity": 2, "amount": 3000}],
        "currency": "usd",
        "amount_total": 3000,
        "client_secret": secret,
        "url": f"http://localhost/checkout/{secret}",
        "success_url": None,
        "cancel_url": None,
        "expires_at": row["expires_at"],
        "completed_at": None,
        "order_id": None,
        "metadata": {},
        "customer_metadata": {},
        "created_at": row["created_at"],
        "modified_at": row["created_at"],
    }
    assert moment(row["expires_at"]) - moment(row["created_at"]) == datetime.timedelta(hours=24)
    assert api("GET", f"{SESSIONS}/{row['id']}").json == row


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def test_every_field_of_a_request_comes_back(organization: Organization, api: Server) -> None:
    product = a_product(organization)
    sent = {
        "external_customer_id": "cust_123",
        "customer_email": "Billing@Acme.com",
        "customer_name": "Acme",
        "success_url": "https://shop.example.com/thanks?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example.com/cart",
        "metadata": {"cart": "c-77", "vip": True},
        "customer_metadata": {"plan": "gold"},
    }
    items = [{"product_id": str(product.id), "quantity": 3}, BOX]
    answer = api("POST", SESSIONS, {**sent, "items": items, "expires_in": 1800})
    assert answer.status == 201
    assert {name: answer.json[name] for name in sent} == sent
    assert [(item["product_id"], item["amount"]) for item in answer.json["items"]] == [
        (str(product.id), 2970),
        (None, 3000),
    ]
    assert answer.json["amount_total"] == 5970
    open_for = moment(answer.json["expires_at"]) - moment(answer.json["created_at"])
    assert open_for == datetime.timedelta(seconds=1800)


def test_both_names_of_the_external_id_may_say_the_same(api: Server) -> None:
    answer = api(
        "POST",
        SESSIONS,
        {"external_customer_id": "cust_123", "customer_external_id": "cust_123", "items": [BOX]},
    )
    assert (answer.status, answer.json["external_customer_id"]) == (201, "cust_123")
    one_is_null = {"external_customer_id": None, "customer_external_id": "cust_123", "items": [BOX]}
    assert api("POST", SESSIONS, one_is_null).json["external_customer_id"] == "cust_123"


def test_a_holder_is_linked_at_once_by_either_id(organization: Organization, api: Server) -> None:
    holder = create_customer(organization=organization, external_customer_id="cust_123")
    for who in (
        {"external_customer_id": "cust_123"},
        {"customer_id": str(holder.id)},
        {"customer_id": str(holder.id), "customer_external_id": "cust_123"},
    ):
        row = api("POST", SESSIONS, {**who, "items": [BOX]}).json
        assert (row["customer_id"], row["external_customer_id"]) == (str(holder.id), "cust_123")


def test_nobody_need_be_named(api: Server) -> None:
    row = api("POST", SESSIONS, {"items": [BOX]}).json
    assert (row["customer_id"], row["external_customer_id"], row["customer_external_id"]) == (
        None,
        None,
        None,
    )


def test_a_paid_session_names_its_order_and_its_customer(organization: Organization, api: Server) -> None:
    row = api(
        "POST", SESSIONS, {"customer_external_id": "cust_9", "items": [BOX], "metadata": {"cart": "c-1"}}
    ).json
    order = paid(CheckoutSession.objects.get(), email="buyer@example.com")
    after = api("GET", f"{SESSIONS}/{row['id']}").json
    assert (after["status"], after["order_id"]) == ("complete", str(order.id))
    assert after["customer_id"] == str(order.customer_id)
    assert after["completed_at"] is not None
    assert after["client_secret"] == row["client_secret"]
    assert api("GET", f"/v1/orders/{order.id}").json == {
        "id": str(order.id),
        "number": 1,
        "checkout_session_id": row["id"],
        "customer_id": str(order.customer_id),
        "external_customer_id": "cust_9",
        "email": "buyer@example.com",
        "items": row["items"],
        "currency": "usd",
        "amount_total": 3000,
        "metadata": {"cart": "c-1"},
        "created_at": after["completed_at"],
    }


def test_a_later_price_changes_no_session(organization: Organization, api: Server) -> None:
    product = a_product(organization)
    row = api("POST", SESSIONS, {"items": [{"product_id": str(product.id), "quantity": 1}]}).json
    update_product(product=product, name="Dear plan", unit_amount=99900)
    assert api("GET", f"{SESSIONS}/{row['id']}").json["items"] == row["items"]


# Changing one


def test_an_open_session_is_changed(organization: Organization, api: Server) -> None:
    session = a_session(organization, metadata={"a": 1, "b": 2}, success_url="https://a.example/")
    answer = api(
        "PATCH",
        f"{SESSIONS}/{session.id}",
        {
            "customer_email": "b@example.com",
            "customer_name": "B",
            "success_url": None,
            "cancel_url": "https://b.example/",
            "metadata": {"a": None, "c": 3},
            "customer_metadata": {"plan": "gold"},
        },
    )
    assert answer.status == 200
    row = answer.json
    assert (row["customer_email"], row["customer_name"]) == ("b@example.com", "B")
    assert (row["success_url"], row["cancel_url"]) == (None, "https://b.example/")
    assert (row["metadata"], row["customer_metadata"]) == ({"b": 2, "c": 3}, {"plan": "gold"})
    assert row["items"] == api("GET", f"{SESSIONS}/{session.id}").json["items"]


@pytest.mark.parametrize(
    "field", ["items", "customer_id", "external_customer_id", "customer_external_id", "expires_in"]
)
def test_what_is_settled_at_creation_is_not_changed(
    field: str, organization: Organization, api: Server
) -> None:
    answer = api("PATCH", f"{SESSIONS}/{a_session(organization).id}", {field: None})
    assert (answer.status, answer.attr, answer.code) == (400, field, "read_only_field")
    assert "create another" in answer.detail


@pytest.mark.parametrize("field", ["id", "status", "url", "client_secret", "amount_total", "order_id"])
def test_what_is_the_servers_is_not_changed(field: str, organization: Organization, api: Server) -> None:
    answer = api("PATCH", f"{SESSIONS}/{a_session(organization).id}", {field: "x"})
    assert (answer.status, answer.attr, answer.code) == (400, field, "read_only_field")


def past_open(organization: Organization, status: str) -> CheckoutSession:
    """A session in `status`; `lapsed` is one that is over, and stored as open still."""
    session = a_session(organization)
    if status == "lapsed":
        lapse(session)
    elif status == "processing":
        begin_payment(session=session)
    else:
        paid(session)
    return session


@pytest.mark.parametrize(
    ("status", "shown"), [("lapsed", "expired"), ("processing", "processing"), ("complete", "complete")]
)
def test_only_an_open_session_is_changed_or_expired(
    status: str, shown: str, organization: Organization, api: Server
) -> None:
    session = past_open(organization, status)
    path = f"{SESSIONS}/{session.id}"
    before = api("GET", path).json
    assert before["status"] == shown
    for answer in (api("PATCH", path, {"customer_name": "New"}), api("POST", f"{path}/expire")):
        assert (answer.status, answer.code) == (409, "checkout_session_not_open")
        assert answer.json["conflict"] == {"checkout_session_id": str(session.id), "status": shown}
    assert api("GET", path).json == before


def test_what_is_wrong_is_said_before_what_it_conflicts_with(organization: Organization, api: Server) -> None:
    path = f"{SESSIONS}/{past_open(organization, 'complete').id}"
    assert api("PATCH", path, {"customer_email": "nobody"}).status == 400
    assert api("POST", f"{path}/expire", {"reason": "x"}).status == 400


@pytest.mark.parametrize("body", [None, {}])
def test_an_open_session_is_expired_once(body: Any, organization: Organization, api: Server) -> None:
    path = f"{SESSIONS}/{a_session(organization).id}"
    answer = api("POST", f"{path}/expire", body)
    assert (answer.status, answer.json["status"]) == (200, "expired")
    assert api("GET", path).json == answer.json
    again = api("POST", f"{path}/expire", body)
    assert (again.status, again.json["conflict"]["status"]) == (409, "expired")


def test_an_expiry_takes_nothing_to_say(organization: Organization, api: Server) -> None:
    path = f"{SESSIONS}/{a_session(organization).id}/expire"
    refused = api("POST", path, {"reason": "sold out"})
    assert (refused.status, refused.attr, refused.code) == (400, "reason", "unknown_field")
    assert api("GET", path.removesuffix("/expire")).json["status"] == "open"


# What it costs


def test_creating_costs_the_same_queries_for_one_item_and_for_a_hundred(
    organization: Organization, api: Server
) -> None:
    create_customer(organization=organization, external_customer_id="cust_123")
    products = [{"product_id": str(a_product(organization).id), "quantity": 1} for _ in range(100)]

    def spent(items: list[Any]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert api("POST", SESSIONS, {"external_customer_id": "cust_123", "items": items}).status == 201
        return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]

    spent([BOX])  # which notes the token's use
    assert len(spent([BOX])) == 4, "the token, the holder, the session and its items"
    assert len(spent(products)) == len(spent(products[:1])) == 5, "and the products"


def test_reading_one_costs_the_same_queries_for_one_item_and_for_a_hundred(
    organization: Organization, api: Server
) -> None:
    small, large = a_session(organization), a_session(organization, items=[BOX] * 100)
    order = paid(a_session(organization))
    paths = [f"{SESSIONS}/{small.id}", f"{SESSIONS}/{large.id}", f"{SESSIONS}/{order.checkout_session_id}"]
    api("GET", paths[0])
    costs = []
    for path in (*paths, f"/v1/orders/{order.id}"):
        with CaptureQueriesContext(connection) as queries:
            assert api("GET", path).status == 200
        costs.append(len(queries))
    assert costs == [3, 3, 4, 4], "the token, the session, its items, the order"


# Who is meant


def test_a_deleted_holder_is_nobody(organization: Organization, api: Server) -> None:
    earlier = create_customer(organization=organization, external_customer_id="cust_123")
    delete_customer(customer=earlier)
    row = api("POST", SESSIONS, {"external_customer_id": "cust_123", "items": [BOX]}).json
    assert row["customer_id"] is None
    order = paid(CheckoutSession.objects.get(id=row["id"]))
    assert order.customer_id != earlier.id
    assert Order.objects.get().external_customer_id == "cust_123"
