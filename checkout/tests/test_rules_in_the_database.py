"""What the database refuses by itself, whoever writes: each rule under its own name."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from checkout.models import CheckoutItem, CheckoutSession, Order, OrderNumbers, PaymentAttempt
from checkout.services.moves import begin_payment
from checkout.tests.factories import a_product, a_session, paid
from customers.services import create_customer, delete_customer
from customers.tests.test_rules_in_the_database import refused
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"amount_total": 1}, "checkout_sessions_immutable"),
        ({"currency": "eur"}, "checkout_sessions_immutable"),
        ({"external_customer_id": "cust_2"}, "checkout_sessions_external_customer_id_immutable"),
        ({"external_customer_id": None}, "checkout_sessions_external_customer_id_immutable"),
        ({"customer": None}, "checkout_sessions_customer_immutable"),
    ],
)
def test_a_session_keeps_what_it_is(organization: Organization, fields: dict[str, Any], rule: str) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    session = a_session(organization, external_customer_id="cust_1")
    with refused(rule):
        CheckoutSession.objects.filter(id=session.id).update(**fields)


def test_a_session_keeps_its_customer(organization: Organization) -> None:
    session = a_session(organization, customer_id=create_customer(organization=organization).id)
    other = create_customer(organization=organization)
    with refused("checkout_sessions_customer_immutable"):
        CheckoutSession.objects.filter(id=session.id).update(customer=other)


def test_a_deleted_customer_gets_no_new_session(organization: Organization) -> None:
    customer = create_customer(organization=organization)
    session = a_session(organization, customer_id=customer.id)
    delete_customer(customer=customer)
    session.id = new_id()
    with refused("checkout_sessions_customer_deleted"):
        session.save(force_insert=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount_total": 1},
        {"number": 9},
        {"currency": "eur"},
        {"external_customer_id": "cust_2"},
        {"external_customer_id": None},
    ],
)
def test_an_order_never_changes(organization: Organization, fields: dict[str, Any]) -> None:
    order = paid(a_session(organization, external_customer_id="cust_1"))
    with refused("orders_immutable"):
        Order.objects.filter(id=order.id).update(**fields)


def test_items_never_change(organization: Organization) -> None:
    a_session(organization)
    with refused("checkout_items_immutable"):
        CheckoutItem.objects.update(name="Other")


def test_an_amount_is_the_price_times_the_quantity(organization: Organization) -> None:
    session = a_session(organization)
    with refused("checkout_items_amount"):
        CheckoutItem.objects.create(
            organization=organization,
            session=session,
            position=7,
            name="x",
            unit_amount=3,
            quantity=2,
            amount=5,
        )


@pytest.mark.parametrize("model", [CheckoutSession, CheckoutItem, Order, OrderNumbers])
def test_nothing_that_was_sold_is_removed(organization: Organization, model: Any) -> None:
    paid(a_session(organization))
    table = model._meta.db_table
    with refused(f"{table}_no_hard_delete"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(f"{table}_no_hard_delete"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_two_organizations_cannot_refer_to_each_other(
    organization: Organization, stranger: Organization
) -> None:
    mine, theirs = a_session(organization), a_session(stranger)
    customer, product = create_customer(organization=stranger), a_product(stranger)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refused("checkout_sessions_customer_fk"):
        CheckoutSession.objects.filter(id=mine.id).update(customer=customer)
    line = {
        "organization": organization,
        "position": 7,
        "name": "x",
        "unit_amount": 1,
        "quantity": 1,
        "amount": 1,
    }
    with refused("checkout_items_session_fk"):
        CheckoutItem.objects.create(session=theirs, **line)
    with refused("checkout_items_product_fk"):
        CheckoutItem.objects.create(session=mine, product=product, **line)
    with refused("payment_attempts_session_fk"):
        PaymentAttempt.objects.create(organization=organization, session=theirs, processor="sandbox")
    bought = {"organization": organization, "number": 1, "currency": "usd", "amount_total": 1}
    own = create_customer(organization=organization)
    with refused("orders_checkout_session_fk"):
        Order.objects.create(checkout_session=theirs, customer=own, **bought)
    with refused("orders_customer_fk"):
        Order.objects.create(checkout_session=mine, customer=customer, **bought)


def test_a_session_has_one_order_and_one_attempt_under_way(organization: Organization) -> None:
    order = paid(a_session(organization))
    with refused("orders_checkout_session_unique"):
        Order.objects.create(
            organization=organization,
            number=2,
            checkout_session=order.checkout_session,
            customer=order.customer,
            currency="usd",
            amount_total=1,
        )
    session = begin_payment(session=a_session(organization))
    attempt = {"organization": organization, "session": session, "processor": "sandbox"}
    PaymentAttempt.objects.create(**attempt, status="failed")
    PaymentAttempt.objects.create(**attempt, status="needs_step")
    with refused("payment_attempts_one_under_way"):
        PaymentAttempt.objects.create(**attempt)


def test_numbers_are_each_used_once(organization: Organization) -> None:
    order = paid(a_session(organization))
    other = a_session(organization)
    with refused("orders_number_unique"):
        Order.objects.create(
            organization=organization,
            number=order.number,
            checkout_session=other,
            customer=order.customer,
            currency="usd",
            amount_total=1,
        )
