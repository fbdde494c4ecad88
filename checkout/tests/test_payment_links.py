"""Making a payment link by hand: what was typed is kept, and what is wrong is said where it stands."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout.models import CheckoutSession, Product
from checkout.services.products import update_product
from checkout.tests.factories import a_product
from customers import services
from customers.models import Customer
from customers.tests.dashboard import Dashboard, text
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import MEMBER, OWNER

pytestmark = pytest.mark.django_db

BARE = {"hours": "24", "own_quantity": "1", "own_currency": "usd", "products": "", "products_searched": ""}
OWN = {"own_name": "Setup", "own_amount": "99.50"}


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    return CustomerFactory(
        organization=organization, external_customer_id="cust_1", name="Ada", email="ada@example.com"
    )


@pytest.fixture
def plan(organization: Organization) -> Product:
    return a_product(organization, name="Plan", unit_amount=4900)


def for_ada(ada: Customer) -> str:
    return f"/customers/{ada.id}/payment_link"


def of(product: Product, quantity: str = "1") -> dict[str, str]:
    return {f"quantity-{product.id}": quantity}


def made() -> CheckoutSession:
    return CheckoutSession.objects.get()


def sold() -> list[tuple[str, int, int]]:
    return [(item.name, item.unit_amount, item.quantity) for item in made().items.all()]


def names(answer: Any) -> list[str]:
    return [line.product.name for line in answer.context["picker"].lines]


def test_products_and_a_price_of_its_own_become_a_session_of_the_customer(
    member: Dashboard, ada: Customer, plan: Product
) -> None:
    page = member.get(for_ada(ada))
    assert page.context["form"]["customer_email"].value() == "ada@example.com"
    answer = member.post(
        for_ada(ada),
        {
            **BARE,
            **of(plan, "3"),
            **OWN,
            "own_quantity": "2",
            "hours": "1",
            "customer_email": "b@example.com",
        },
    )
    session = made()
    assert answer.url == f"{member.root}/checkouts/{session.id}"
    assert (session.customer, session.external_customer_id) == (ada, "cust_1")
    assert (session.customer_email, session.customer_name) == ("b@example.com", None)
    assert sold() == [("Plan", 4900, 3), ("Setup", 9950, 2)]
    assert session.expires_at - session.created_at == datetime.timedelta(hours=1)
    result = text(member.client.get(answer.url))
    assert "The payment link is created." in result
    assert "http://testserver/checkout/cs_" in result


@pytest.mark.parametrize("own_id", ["new/1", "客户-1", ""])
def test_a_link_can_be_for_an_id_that_nobody_holds_or_for_anyone(member: Dashboard, own_id: str) -> None:
    member.post("/checkouts/new", {**BARE, **OWN, "external_customer_id": own_id})
    session = made()
    assert (session.customer, session.external_customer_id) == (None, own_id or None)


def test_an_id_that_is_held_is_the_holders(member: Dashboard, ada: Customer) -> None:
    page = member.get("/checkouts/new", {"external_customer_id": "cust_1"})
    assert page.context["form"]["external_customer_id"].value() == "cust_1"
    member.post("/checkouts/new", {**BARE, **OWN, "external_customer_id": "cust_1"})
    assert made().customer == ada


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({**OWN, "external_customer_id": " x"}, "external_customer_id"),
        ({**OWN, "external_customer_id": "null"}, "external_customer_id"),
        ({**OWN, "customer_email": "nonsense"}, "customer_email"),
        ({**OWN, "customer_name": "x" * 257}, "customer_name"),
        ({**OWN, "hours": "25"}, "hours"),
        ({"own_name": "Setup"}, "own_amount"),
        ({"own_amount": "1"}, "own_name"),
        ({**OWN, "own_amount": "1.005"}, "own_amount"),
        ({**OWN, "own_currency": ""}, "own_currency"),
        ({**OWN, "own_quantity": "0"}, "own_quantity"),
        ({**OWN, "own_quantity": "1000001"}, "own_quantity"),
        ({**OWN, "own_quantity": "x"}, "own_quantity"),
        ({**OWN, "own_name": "a\0b"}, "own_name"),
        ({**OWN, "own_amount": "90071992547409.91", "own_quantity": "2"}, "own_quantity"),
        ({}, "__all__"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(member: Dashboard, typed: dict[str, str], field: str) -> None:
    answer = member.post("/checkouts/new", {**BARE, **typed})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not CheckoutSession.objects.exists()


@pytest.mark.parametrize("quantity", ["x", "-1", "1.5", "1000001", "999999999", "١"])
def test_what_is_no_quantity_is_said_at_its_product(
    member: Dashboard, ada: Customer, plan: Product, quantity: str
) -> None:
    answer = member.post(for_ada(ada), {**BARE, **of(plan, quantity)})
    assert answer.status_code == 422
    assert "Write a whole number, 1 to 1,000,000" in text(answer)
    assert f'value="{quantity}"' in answer.content.decode()


def test_several_currencies_are_refused_at_the_product(
    member: Dashboard, organization: Organization, ada: Customer, plan: Product
) -> None:
    other = a_product(organization, name="Abo", currency="eur")
    answer = member.post(for_ada(ada), {**BARE, **of(plan), **of(other)})
    problems = {line.product.name: line.problem for line in answer.context["picker"].chosen}
    assert problems["Plan"] == ""
    assert "A session has one currency." in problems["Abo"]
    answer = member.post(for_ada(ada), {**BARE, **of(plan), **OWN, "own_currency": "eur"})
    assert list(answer.context["form"].errors) == ["own_currency"]


def test_a_product_that_was_archived_meanwhile_is_said_to_be(
    member: Dashboard, ada: Customer, plan: Product
) -> None:
    update_product(product=plan, archived=True)
    assert names(member.get(for_ada(ada))) == []
    answer = member.post(for_ada(ada), {**BARE, **of(plan)})
    assert "This product is archived." in text(answer)


def test_another_organizations_product_is_none(
    member: Dashboard, stranger: Organization, ada: Customer
) -> None:
    answer = member.post(for_ada(ada), {**BARE, **of(a_product(stranger))})
    assert (answer.status_code, names(answer)) == (422, [])
    assert "Choose how many of at least one product" in text(answer)


class TestFindingProducts:
    @pytest.fixture(autouse=True)
    def _many(self, organization: Organization) -> None:
        for number in range(15):
            a_product(organization, name=f"Seat {number:02}")

    def test_the_first_are_shown_and_that_there_are_more(self, member: Dashboard, ada: Customer) -> None:
        page = member.get(for_ada(ada))
        assert names(page) == [f"Seat {number:02}" for number in range(10)]
        assert "There are more." in text(page)

    @pytest.mark.parametrize("way", [{"refresh": "yes"}, {}], ids=["button", "enter"])
    def test_searching_keeps_what_was_chosen_and_makes_nothing(
        self, member: Dashboard, ada: Customer, plan: Product, way: dict[str, str]
    ) -> None:
        sent = {**BARE, **of(plan, "2"), **OWN, "products": "seat 1", "customer_email": "x", **way}
        page = member.post(for_ada(ada), sent)
        assert page.status_code == 200
        assert names(page) == ["Plan", *(f"Seat {number}" for number in range(10, 15))]
        assert page.context["form"]["customer_email"].value() == "x"
        assert page.context["total"] == "197.50 USD"
        assert not CheckoutSession.objects.exists()
        sent = {**sent, "products_searched": "seat 1", "customer_email": "x@example.com"}
        sent.pop("refresh", None)
        assert member.post(for_ada(ada), sent).status_code == 302
        assert sold() == [("Plan", 4900, 2), ("Setup", 9950, 1)]

    @pytest.mark.parametrize("search", ["\0", "x" * 5000, "%", "nothing"])
    def test_nothing_that_is_searched_breaks_it(self, member: Dashboard, ada: Customer, search: str) -> None:
        page = member.post(for_ada(ada), {**BARE, "products": search, "refresh": "yes"})
        assert page.status_code == 200

    def test_it_costs_the_same_queries_however_many_there_are(
        self, member: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        member.get(for_ada(ada))
        with CaptureQueriesContext(connection) as few:
            member.get(for_ada(ada))
        for number in range(50):
            a_product(organization, name=f"More {number}")
        with CaptureQueriesContext(connection) as many:
            member.get(for_ada(ada))
        assert len(few) == len(many) <= 7


@pytest.mark.parametrize(
    ("typed", "total"),
    [
        ({}, ""),
        ({"own_amount": "10"}, "10.00 USD"),
        ({"own_amount": "10", "own_quantity": "3"}, "30.00 USD"),
        ({"own_amount": "10", "own_quantity": "x"}, ""),
        ({"own_amount": "ten"}, ""),
        ({"own_amount": "10", "own_currency": "eur", "plan": "1"}, ""),
        ({"plan": "2"}, "98.00 USD"),
        ({"plan": "x"}, ""),
        ({"plan": "999999999"}, "48,999,999,951.00 USD"),
    ],
)
def test_the_total_is_worked_out_as_far_as_it_makes_sense(
    member: Dashboard, ada: Customer, plan: Product, typed: dict[str, str], total: str
) -> None:
    fields = {name: value for name, value in typed.items() if name != "plan"}
    chosen = of(plan, typed["plan"]) if "plan" in typed else {}
    page = member.post(for_ada(ada), {**BARE, **fields, **chosen, "refresh": "yes"})
    assert page.context["total"] == total


def test_a_deleted_customer_gets_none(organization: Organization, ada: Customer) -> None:
    services.delete_customer(customer=ada)
    owner = Dashboard(organization, OWNER)
    assert owner.get(for_ada(ada)).status_code == 404
    assert owner.post(for_ada(ada), {**BARE, **OWN}).status_code == 404
