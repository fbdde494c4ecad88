"""Orders as staff see them, and as a file."""

from __future__ import annotations

import csv
import io

import pytest

from api.exports import BYTE_ORDER_MARK
from checkout.models import PaymentAttempt
from checkout.services.moves import begin_payment, complete_session
from checkout.tests.factories import a_product, a_session, paid
from customers.tests.dashboard import Dashboard, text
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import VIEWER

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def exported(dashboard: Dashboard, query: str) -> list[dict[str, str]]:
    content = dashboard.client.get(f"{dashboard.root}/orders/export{query}").getvalue()
    assert content.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_they_are_sorted_by_number(viewer: Dashboard, organization: Organization) -> None:
    for _ in range(11):
        paid(a_session(organization))
    page = viewer.get("/orders", {"ordering": "number"})
    assert [order.number for order in page.context["rows"]] == list(range(1, 12))


def test_a_page_has_what_was_bought_and_how_it_was_paid(
    viewer: Dashboard, organization: Organization
) -> None:
    ada = CustomerFactory(organization=organization, external_customer_id="cust_1")
    product = a_product(organization, name="Plan", unit_amount=4900)
    session = a_session(
        organization,
        customer_id=ada.id,
        items=[{"product_id": product.id, "quantity": 2}],
        metadata={"a": 1},
    )
    begin_payment(session=session, email="typed@example.com")
    PaymentAttempt.objects.create(
        organization=organization, session=session, processor="sandbox", status="succeeded", reference="ref_9"
    )
    order = complete_session(session=session)
    answer = viewer.get(f"/orders/{order.id}")
    page = text(answer)
    for said in ("Order #1", "Plan 2 × 49.00 USD 49.00 USD 2 98.00 USD", "typed@example.com", "ref_9"):
        assert said in page
    for link in (f"products/{product.id}", f"checkouts/{session.id}", f"customers/{ada.id}"):
        assert f'href="{viewer.root}/{link}"' in answer.content.decode()


def test_the_export_is_exactly_what_is_shown(
    viewer: Dashboard, organization: Organization, stranger: Organization
) -> None:
    paid(a_session(stranger, external_customer_id="=1+1"))
    price = {"name": "Tee", "unit_amount": 1500, "currency": "jpy"}
    paid(a_session(organization, external_customer_id="=1+1", items=[{"price_data": price, "quantity": 2}]))
    order = paid(a_session(organization, external_customer_id="cust_1", metadata={"a": 1}))
    lines = exported(viewer, "?ordering=number")
    assert [(line["number"], line["external_customer_id"]) for line in lines] == [
        ("1", "'=1+1"),
        ("2", "cust_1"),
    ]
    assert [(line["amount_total"], line["currency"]) for line in lines] == [
        ("3000", "JPY"),
        ("30.00", "USD"),
    ]
    assert (lines[1]["id"], lines[1]["metadata"]) == (str(order.id), '{"a":1}')
    assert [line["number"] for line in exported(viewer, "?external_customer_id=cust_1")] == ["2"]
    assert "/orders/export?ordering=number" in viewer.get("/orders?ordering=number").content.decode()


def test_nothing_is_exported_that_was_not_asked_for(viewer: Dashboard, organization: Organization) -> None:
    answer = viewer.client.get(f"{viewer.root}/orders/export?external_customer_id=null")
    assert answer.url == f"{viewer.root}/orders?external_customer_id=null"


def test_an_export_too_many_is_said_on_the_list(viewer: Dashboard, organization: Organization) -> None:
    running = viewer.client.get(f"{viewer.root}/orders/export")
    page = viewer.get("/orders/export")
    assert "Another export is being written." in text(page)
    running.close()
