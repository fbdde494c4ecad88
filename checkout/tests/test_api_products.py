"""Products through the API."""

from __future__ import annotations

from typing import Any

import pytest

from api.tests.wsgi import Server
from checkout.models import Product
from checkout.money import MAX_AMOUNT
from checkout.tests.factories import a_product
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db

PRODUCTS = "/v1/products"
PLAN: dict[str, Any] = {"name": "Plan", "unit_amount": 990, "currency": "usd"}


def test_a_product_is_created_and_read_again(api: Server) -> None:
    created = api("POST", PRODUCTS, {**PLAN, "description": "A month.", "metadata": {"tier": "pro"}})
    assert created.status == 201
    row = created.json
    assert created.headers["Location"] == f"http://localhost{PRODUCTS}/{row['id']}"
    assert row == {
        "id": row["id"],
        **PLAN,
        "description": "A month.",
        "metadata": {"tier": "pro"},
        "archived": False,
        "created_at": row["created_at"],
        "modified_at": row["created_at"],
    }
    assert api("GET", f"{PRODUCTS}/{row['id']}").json == row
    assert api("GET", PRODUCTS).json["results"] == [row]


@pytest.mark.parametrize("code", ["usd", "USD", "Usd", "jpy", "KWD"])
def test_a_currency_in_any_letter_case_is_answered_in_lower_case(code: str, api: Server) -> None:
    answer = api("POST", PRODUCTS, {**PLAN, "currency": code})
    assert (answer.status, answer.json["currency"]) == (201, code.lower())


# What makes no amount, whatever field it stands in.
NO_AMOUNTS: list[tuple[Any, str]] = [
    (True, "invalid"),
    (False, "invalid"),
    (990.0, "invalid"),
    (9.9, "invalid"),
    ("990", "invalid"),
    ("9.90", "invalid"),
    ([990], "invalid"),
    ({}, "invalid"),
    (None, "null"),
    (0, "min_value"),
    (-990, "min_value"),
    (MAX_AMOUNT + 1, "max_value"),
    (10**400, "max_value"),
]
NO_CURRENCIES: list[tuple[Any, str]] = [
    ("", "unknown_currency"),
    ("us", "unknown_currency"),
    ("usd ", "unknown_currency"),
    ("xyz", "unknown_currency"),
    ("xau", "unknown_currency"),
    ("\u212awd", "unknown_currency"),
    (840, "invalid"),
    (None, "null"),
]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        *(("unit_amount", value, code) for value, code in NO_AMOUNTS),
        *(("currency", value, code) for value, code in NO_CURRENCIES),
        ("name", "", "blank"),
        ("name", None, "null"),
        ("name", 5, "invalid"),
        ("name", "x" * 257, "max_length"),
        ("name", "a\x00b", "forbidden_character"),
        ("description", "x" * 2001, "max_length"),
        ("description", "\ud800", "forbidden_character"),
        ("metadata", None, "null"),
        ("metadata", [], "invalid"),
        ("archived", "true", "invalid"),
        ("archived", 1, "invalid"),
    ],
)
def test_what_cannot_be_right_is_refused_by_field(field: str, value: Any, code: str, api: Server) -> None:
    answer = api("POST", PRODUCTS, {**PLAN, field: value})
    assert (answer.status, answer.attr, answer.code) == (400, field, code)
    assert not Product.objects.exists()


def test_everything_wrong_is_said_at_once(api: Server) -> None:
    answer = api("POST", PRODUCTS, {"id": str(new_id()), "unit_amonut": 5, "unit_amount": -1})
    assert {(error["attr"], error["code"]) for error in answer.json["errors"]} == {
        ("name", "required"),
        ("currency", "required"),
        ("unit_amount", "min_value"),
        ("unit_amonut", "unknown_field"),
        ("id", "read_only_field"),
    }
    (unknown,) = (error for error in answer.json["errors"] if error["code"] == "unknown_field")
    assert "“unit_amount”" in unknown["detail"]


def test_a_change_leaves_the_rest_alone(organization: Organization, api: Server) -> None:
    product = a_product(organization, description="A month.", metadata={"tier": "pro", "old": 1})
    answer = api("PATCH", f"{PRODUCTS}/{product.id}", {"unit_amount": 1190, "metadata": {"old": None}})
    assert answer.status == 200
    assert (answer.json["name"], answer.json["description"]) == ("Plan", "A month.")
    assert (answer.json["unit_amount"], answer.json["metadata"]) == (1190, {"tier": "pro"})
    assert answer.json["modified_at"] > answer.json["created_at"]
    emptied = api("PATCH", f"{PRODUCTS}/{product.id}", {"description": None})
    assert emptied.json["description"] is None


def test_a_change_that_is_refused_changes_nothing(organization: Organization, api: Server) -> None:
    product = a_product(organization)
    answer = api("PATCH", f"{PRODUCTS}/{product.id}", {"name": "New", "unit_amount": 9.9})
    assert (answer.status, answer.attr) == (400, "unit_amount")
    product.refresh_from_db()
    assert product.name == "Plan"


def test_archiving_takes_it_out_of_sale_and_a_change_brings_it_back(
    organization: Organization, api: Server
) -> None:
    product = a_product(organization)
    path = f"{PRODUCTS}/{product.id}"
    for _ in range(2):
        answer = api("DELETE", path)
        assert (answer.status, answer.body) == (204, b"")
        assert api("GET", path).json["archived"] is True
    assert api("PATCH", path, {"archived": False}).json["archived"] is False
    assert api("PATCH", path, {"archived": True}).json["archived"] is True


def test_the_list_is_narrowed_to_what_can_be_sold_or_cannot(organization: Organization, api: Server) -> None:
    sold, archived = a_product(organization), a_product(organization, archived=True)

    def found(query: str) -> list[str]:
        return [row["id"] for row in api("GET", f"{PRODUCTS}{query}").json["results"]]

    assert found("") == [str(archived.id), str(sold.id)]
    assert found("?archived=true") == [str(archived.id)]
    assert found("?archived=false") == [str(sold.id)]
    assert found(f"?created_before={sold.created_at.isoformat().replace('+00:00', 'Z')}") == []
    refused = api("GET", f"{PRODUCTS}?archived=yes")
    assert (refused.status, refused.attr, refused.code) == (400, "archived", "invalid")


def test_the_list_is_sorted_by_name_and_walked(organization: Organization, api: Server) -> None:
    for name in ("b", "a", "C"):
        a_product(organization, name=name)
    names = []
    target = f"{PRODUCTS}?ordering=name&limit=1"
    while target:
        page = api("GET", target).json
        names += [row["name"] for row in page["results"]]
        target = (page["next"] or "").removeprefix("http://localhost")
    assert names == ["C", "a", "b"]
