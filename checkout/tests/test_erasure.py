"""An erased customer leaves amounts behind, and nothing that says who it was."""

from __future__ import annotations

import pytest
from django.db import connection

from checkout.models import CheckoutSession, Order
from checkout.services.moves import begin_payment, complete_session
from checkout.tests.factories import a_session, paid
from customers.models import Customer
from customers.services import create_customer, delete_customer, stand_in_for
from organizations.models import Organization

pytestmark = pytest.mark.django_db

OWN_ID = "ann@example.com"
PERSONAL = {
    "customer_name": "Ann Example",
    "customer_email": OWN_ID,
    "metadata": {"note": "Ann Example"},
    "customer_metadata": {"nick": "Ann Example"},
    "success_url": "https://shop.example/?u=Ann%20Example",
    "cancel_url": "https://shop.example/?u=Ann%20Example",
}
TABLES = ("checkout_sessions", "checkout_items", "orders", "payment_attempts")


def erase(customer: Customer) -> None:
    delete_customer(customer=customer, anonymize=True)


def anything_left() -> bool:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} AS found WHERE found::text ~* 'ann'")  # noqa: S608
            if cursor.fetchone()[0]:
                return True
    return False


def test_sessions_and_orders_keep_the_amounts_and_lose_the_person(organization: Organization) -> None:
    order = paid(a_session(organization, external_customer_id=OWN_ID, **PERSONAL))
    a_session(organization, customer_id=order.customer_id, **PERSONAL)
    assert anything_left()
    erase(order.customer)
    assert not anything_left()
    order.refresh_from_db()
    assert (order.number, order.amount_total) == (1, 3000)
    assert order.external_customer_id == stand_in_for(order.customer_id)
    assert set(CheckoutSession.objects.values_list("external_customer_id", flat=True)) == {
        stand_in_for(order.customer_id)
    }


def test_open_sessions_expire_with_the_customer(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    session = a_session(organization, customer_id=customer.id)
    erase(customer)
    session.refresh_from_db()
    assert session.stored_status == "expired"


def test_sessions_under_the_id_that_were_nobodys_are_erased_too(organization: Organization) -> None:
    waiting, under_way = (a_session(organization, external_customer_id=OWN_ID, **PERSONAL) for _ in "12")
    begin_payment(session=under_way)
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    erase(customer)
    assert not anything_left()
    waiting.refresh_from_db()
    assert (waiting.stored_status, waiting.customer) == ("expired", customer)
    assert complete_session(session=under_way).customer == customer
    assert not anything_left()


def test_what_came_under_a_freed_id_is_not_the_erased_customers(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    delete_customer(customer=customer)
    later = a_session(organization, external_customer_id=OWN_ID)
    erase(customer)
    later.refresh_from_db()
    assert (later.status, later.external_customer_id) == ("open", OWN_ID)
    assert paid(later).external_customer_id == OWN_ID


def test_nobody_elses_rows_are_touched(organization: Organization, stranger: Organization) -> None:
    others = [
        paid(a_session(stranger, external_customer_id=OWN_ID, **PERSONAL)),
        paid(a_session(organization, external_customer_id="cust_2", **PERSONAL)),
    ]
    erase(create_customer(organization=organization, external_customer_id=OWN_ID))
    assert [Order.objects.get(id=order.id).email for order in others] == [OWN_ID, OWN_ID]


def test_erasing_again_changes_nothing(organization: Organization) -> None:
    order = paid(a_session(organization, external_customer_id=OWN_ID))
    erase(order.customer)
    erase(order.customer)
    assert not anything_left()
