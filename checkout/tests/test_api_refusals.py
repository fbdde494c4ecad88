"""What can't be sold is refused where it is wrong, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from api.tests.wsgi import Server
from checkout.models import CheckoutItem, CheckoutSession
from checkout.money import MAX_AMOUNT
from checkout.services.moves import complete_session
from checkout.tests.factories import BOX, a_product, a_session, lapse
from checkout.tests.test_api_products import NO_AMOUNTS, NO_CURRENCIES
from customers.models import Customer
from customers.services import create_customer, delete_customer
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db

SESSIONS = "/v1/checkout_sessions"


def refusal(api: Server, **body: Any) -> set[tuple[str, str]]:
    """What is wrong, by field; and nothing was made."""
    sessions, customers = CheckoutSession.objects.count(), Customer.objects.count()
    answer = api("POST", SESSIONS, {"items": [BOX], **body})
    assert answer.status == 400, answer.body
    assert answer.json["type"] == "validation_error"
    assert CheckoutSession.objects.count() == sessions
    assert CheckoutItem.objects.count() == sum(
        session.items.count() for session in CheckoutSession.objects.all()
    )
    assert Customer.objects.count() == customers
    return {(error["attr"], error["code"]) for error in answer.json["errors"]}


def priced(**fields: Any) -> dict[str, Any]:
    quantity = fields.pop("quantity", 1)
    return {
        "price_data": {"name": "Box", "unit_amount": 100, "currency": "usd", **fields},
        "quantity": quantity,
    }


def test_unknown_archived_and_foreign_products(
    organization: Organization, stranger: Organization, api: Server
) -> None:
    archived, foreign = a_product(organization, archived=True), a_product(stranger)
    items = [
        {"product_id": str(product_id), "quantity": 1} for product_id in (new_id(), foreign.id, archived.id)
    ]
    answer = api("POST", SESSIONS, {"items": items})
    errors = {error["attr"]: error for error in answer.json["errors"]}
    assert {attr: error["code"] for attr, error in errors.items()} == {
        "items.0.product_id": "does_not_exist",
        "items.1.product_id": "does_not_exist",
        "items.2.product_id": "product_archived",
    }
    assert errors["items.0.product_id"]["detail"] == errors["items.1.product_id"]["detail"]
    assert not CheckoutSession.objects.exists()


def test_unknown_deleted_and_foreign_customers_are_the_same_error(
    organization: Organization, stranger: Organization, api: Server
) -> None:
    deleted = delete_customer(customer=create_customer(organization=organization))
    foreign = create_customer(organization=stranger)
    bodies = set()
    for customer_id in (new_id(), deleted.id, foreign.id):
        answer = api(
            "POST",
            SESSIONS,
            {"items": [BOX], "customer_id": str(customer_id)},
            headers={"X-Request-ID": "the-same"},
        )
        assert (answer.status, answer.attr, answer.code) == (400, "customer_id", "does_not_exist")
        bodies.add(answer.body)
    assert len(bodies) == 1


@pytest.mark.parametrize("value", ["cust_123", "", 5, True, [], {}])
def test_a_customer_id_that_is_none_of_ours(value: Any, api: Server) -> None:
    assert refusal(api, customer_id=value) == {("customer_id", "invalid")}


def test_ids_that_disagree(organization: Organization, api: Server) -> None:
    holder = create_customer(organization=organization, external_customer_id="cust_1")
    without = create_customer(organization=organization)
    for customer in (holder, without):
        for name in ("external_customer_id", "customer_external_id"):
            found = refusal(api, **{"customer_id": str(customer.id), name: "cust_2"})
            assert found == {("customer_id", "customers_disagree")}
    two_names = refusal(api, external_customer_id="cust_1", customer_external_id="cust_2")
    assert two_names == {("customer_external_id", "customers_disagree")}


@pytest.mark.parametrize("name", ["external_customer_id", "customer_external_id"])
@pytest.mark.parametrize(
    ("value", "code"),
    [("", "blank"), (5, "not_a_string"), ("null", "placeholder"), (" a", "surrounding_white_space")],
)
def test_an_external_id_that_is_not_well_formed(name: str, value: Any, code: str, api: Server) -> None:
    assert refusal(api, **{name: value}) == {(name, code)}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([], "min_length"),
        ([BOX] * 101, "max_length"),
        ({}, "not_a_list"),
        ("BOX", "not_a_list"),
        (None, "null"),
    ],
    ids=["none", "101", "an object", "text", "null"],
)
def test_the_number_of_items(items: Any, code: str, api: Server) -> None:
    assert refusal(api, items=items) == {("items", code)}


def test_items_are_needed(api: Server) -> None:
    answer = api("POST", SESSIONS, {})
    assert (answer.status, answer.attr, answer.code) == (400, "items", "required")


@pytest.mark.parametrize(("value", "code"), NO_AMOUNTS)
def test_amounts_that_are_none(value: Any, code: str, api: Server) -> None:
    items = [BOX, BOX, BOX, priced(unit_amount=value)]
    assert refusal(api, items=items) == {("items.3.price_data.unit_amount", code)}


@pytest.mark.parametrize(("value", "code"), NO_CURRENCIES)
def test_currencies_that_are_none(value: Any, code: str, api: Server) -> None:
    assert refusal(api, items=[priced(currency=value)]) == {("items.0.price_data.currency", code)}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "min_value"),
        (-1, "min_value"),
        (1_000_001, "max_value"),
        (10**30, "max_value"),
        (1.0, "invalid"),
        (1.5, "invalid"),
        ("1", "invalid"),
        (True, "invalid"),
        (None, "null"),
    ],
)
def test_quantities_that_are_none(value: Any, code: str, api: Server) -> None:
    assert refusal(api, items=[priced(quantity=value)]) == {("items.0.quantity", code)}


def test_the_largest_quantity_and_the_smallest_amount_are_sold(api: Server) -> None:
    answer = api("POST", SESSIONS, {"items": [priced(unit_amount=1, quantity=1_000_000)]})
    assert (answer.status, answer.json["amount_total"]) == (201, 1_000_000)


def test_sums_that_no_json_reader_could_keep(api: Server) -> None:
    line = refusal(api, items=[priced(unit_amount=MAX_AMOUNT, quantity=2)])
    assert line == {("items.0.quantity", "amount_too_large")}
    together = refusal(api, items=[priced(unit_amount=MAX_AMOUNT), priced(unit_amount=1)])
    assert together == {("items", "amount_too_large")}


def test_one_session_has_one_currency(organization: Organization, api: Server) -> None:
    euros = a_product(organization, currency="eur")
    items = [
        BOX,
        priced(currency="JPY"),
        {"product_id": str(euros.id), "quantity": 1},
        priced(currency="USD"),
    ]
    assert refusal(api, items=items) == {
        ("items.1.price_data.currency", "mixed_currencies"),
        ("items.2.product_id", "mixed_currencies"),
    }


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"quantity": 1}, {("product_id", "exactly_one")}),
        ({**BOX, "product_id": str(new_id())}, {("product_id", "exactly_one")}),
        ({"price_data": BOX["price_data"]}, {("quantity", "required")}),
        (
            {"price_data": {}, "quantity": 1},
            {(f"price_data.{name}", "required") for name in BOX["price_data"]},
        ),
        ({"price_data": None, "quantity": 1}, {("price_data", "not_an_object")}),
        ({"price_data": "Box", "quantity": 1}, {("price_data", "not_an_object")}),
        ({"product_id": None, "quantity": 1}, {("product_id", "null")}),
        ({"product_id": "box", "quantity": 1}, {("product_id", "invalid")}),
        ({**BOX, "quantitiy": 1}, {("quantitiy", "unknown_field")}),
        (priced(amount=5), {("price_data.amount", "unknown_field")}),
        (priced(name=""), {("price_data.name", "blank")}),
        (priced(name="x" * 257), {("price_data.name", "max_length")}),
    ],
)
def test_items_that_are_none(item: Any, found: set[tuple[str, str]], api: Server) -> None:
    assert refusal(api, items=[BOX, item]) == {(f"items.1.{attr}", code) for attr, code in found}


@pytest.mark.parametrize("item", [None, 5, "box", [], [BOX]])
def test_items_are_objects(item: Any, api: Server) -> None:
    (found,) = refusal(api, items=[BOX, item])
    assert found in {("items.1", "not_an_object"), ("items.1", "null")}


@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("javascript:alert(1)", "invalid_url"),
        ("ftp://shop.example.com/", "invalid_url"),
        ("//shop.example.com/", "invalid_url"),
        ("/thanks", "invalid_url"),
        ("shop.example.com", "invalid_url"),
        ("https://", "invalid_url"),
        ("https://shop.example.com/a b", "invalid_url"),
        ("https://{CHECKOUT_SESSION_ID}.example.com/", "invalid_url"),
        ("https://user:password@shop.example.com/", "url_with_credentials"),
        ("https://user@shop.example.com/", "url_with_credentials"),
        ("", "blank"),
        (5, "invalid"),
        ("https://shop.example.com/" + "x" * 2048, "max_length"),
    ],
)
def test_addresses_to_go_on_to(field: str, value: Any, code: str, api: Server) -> None:
    assert refusal(api, **{field: value}) == {(field, code)}


def test_what_is_wrong_with_an_address_is_said_once(api: Server) -> None:
    answer = api("POST", SESSIONS, {"items": [BOX], "cancel_url": "https://shop.example.com/\x00"})
    assert [(error["attr"], error["code"]) for error in answer.json["errors"]] == [
        ("cancel_url", "forbidden_character")
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1799, "min_value"),
        (0, "min_value"),
        (-3600, "min_value"),
        (86401, "max_value"),
        (10**30, "max_value"),
        (3600.0, "invalid"),
        ("3600", "invalid"),
        (True, "invalid"),
        (None, "null"),
    ],
)
def test_the_time_to_pay(value: Any, code: str, api: Server) -> None:
    assert refusal(api, expires_in=value) == {("expires_in", code)}


@pytest.mark.parametrize("value", [1800, 86400])
def test_the_bounds_of_the_time_to_pay_belong_to_it(value: int, api: Server) -> None:
    assert api("POST", SESSIONS, {"items": [BOX], "expires_in": value}).status == 201


def test_unknown_fields_are_named_with_the_nearest_known_one(api: Server) -> None:
    answer = api("POST", SESSIONS, {"items": [BOX], "customer_externalid": "cust_123"})
    assert (answer.status, answer.attr, answer.code) == (400, "customer_externalid", "unknown_field")
    assert "“customer_external_id”" in answer.detail


def test_everything_wrong_is_said_at_once(api: Server) -> None:
    found = refusal(
        api,
        customer_email="nobody",
        success_url="ftp://x",
        metadata={"a": None},
        customer_metadata=[],
        items=[priced(unit_amount=0), {"quantity": 0}],
    )
    assert {attr for attr, _ in found} == {
        "customer_email",
        "success_url",
        "metadata.a",
        "customer_metadata",
        "items.0.price_data.unit_amount",
        "items.1.quantity",
        "items.1.product_id",
    }


def test_a_session_past_its_time_is_not_completed(organization: Organization, api: Server) -> None:
    session = a_session(organization)
    lapse(session)
    with pytest.raises(Exception, match="under way"):
        complete_session(session=session)
    assert api("GET", f"{SESSIONS}/{session.id}").json["status"] == "expired"
    assert not Customer.objects.exists()
