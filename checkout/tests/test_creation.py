"""A session is whole or isn't there, and each thing wrong with it is said where it is."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from checkout.exceptions import SessionNotOpen
from checkout.models import CheckoutItem, CheckoutSession
from checkout.services.creation import update_session
from checkout.services.moves import begin_payment
from checkout.services.products import update_product
from checkout.tests.factories import BOX, a_product, a_session, lapse
from customers.services import create_customer, delete_customer
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def price(**fields: Any) -> dict[str, Any]:
    quantity = fields.pop("quantity", 1)
    return {
        "price_data": {"name": "Box", "unit_amount": 100, "currency": "usd", **fields},
        "quantity": quantity,
    }


def problems_of(organization: Organization, **fields: Any) -> dict[str, str]:
    """The code of what is wrong, by field; nothing is left behind."""
    with pytest.raises(ValidationError) as refusal:
        a_session(organization, **fields)
    assert not CheckoutSession.objects.exists()
    assert not CheckoutItem.objects.exists()
    return {name: problems[0].code for name, problems in refusal.value.error_dict.items()}


def test_products_and_own_prices_go_together(organization: Organization) -> None:
    product = a_product(organization)
    session = a_session(
        organization, items=[{"product_id": product.id, "quantity": 3}, price(currency="USD", quantity=1)]
    )
    assert session.amount_total == 3 * 990 + 100
    assert [(i.position, i.product_id, i.amount) for i in session.items.all()] == [
        (0, product.id, 2970),
        (1, None, 100),
    ]
    assert session.status == "open"


@pytest.mark.parametrize(
    ("items", "problems"),
    [
        ([], {"items": "number_of_items"}),
        ([BOX] * 101, {"items": "number_of_items"}),
        ([price(quantity=0)], {"items.0.quantity": "out_of_range"}),
        ([BOX, price(quantity=1_000_001)], {"items.1.quantity": "out_of_range"}),
        ([price(unit_amount=0)], {"items.0.price_data.unit_amount": "min_value"}),
        ([price(unit_amount=-1)], {"items.0.price_data.unit_amount": "min_value"}),
        ([price(unit_amount=2**53)], {"items.0.price_data.unit_amount": "amount_too_large"}),
        ([price(unit_amount=2**52, quantity=2)], {"items.0.quantity": "amount_too_large"}),
        ([price(unit_amount=2**52), price(unit_amount=2**52)], {"items": "amount_too_large"}),
        ([price(currency="zzz")], {"items.0.price_data.currency": "unknown_currency"}),
        ([price(name="")], {"items.0.price_data.name": "blank"}),
        ([BOX, price(currency="eur")], {"items.1.price_data.currency": "mixed_currencies"}),
        ([{"quantity": 1}], {"items.0.product_id": "one_of_two"}),
        ([{**BOX, "product_id": new_id()}], {"items.0.product_id": "one_of_two"}),
        ([{"product_id": new_id(), "quantity": 1}], {"items.0.product_id": "does_not_exist"}),
    ],
)
def test_items_that_cannot_be_sold_are_refused(
    organization: Organization, items: list[Any], problems: dict[str, str]
) -> None:
    assert problems_of(organization, items=items) == problems


def test_the_largest_sum_is_kept_exactly(organization: Organization) -> None:
    session = a_session(organization, items=[price(unit_amount=2**53 - 2), price(unit_amount=1)])
    session.refresh_from_db()
    assert session.amount_total == 2**53 - 1


def test_archived_and_foreign_products_are_refused(
    organization: Organization, stranger: Organization
) -> None:
    archived = update_product(product=a_product(organization), archived=True)
    foreign = a_product(stranger)
    items = [{"product_id": product.id, "quantity": 1} for product in (archived, foreign)]
    assert problems_of(organization, items=items) == {
        "items.0.product_id": "product_archived",
        "items.1.product_id": "does_not_exist",
    }


def test_everything_wrong_is_said_at_once(organization: Organization) -> None:
    assert problems_of(
        organization,
        items=[price(quantity=0)],
        external_customer_id=" cust",
        customer_email="nobody",
        success_url="ftp://a.example",
        expires_in=datetime.timedelta(minutes=29),
        customer_metadata={"a": []},
    ) == {
        "items.0.quantity": "out_of_range",
        "external_customer_id": "surrounding_white_space",
        "customer_email": "invalid",
        "success_url": "invalid_url",
        "expires_in": "out_of_range",
        "customer_metadata": "invalid",
    }


@pytest.mark.parametrize("hours", [0, 0.49, 24.01])
def test_the_time_to_pay_has_bounds(organization: Organization, hours: float) -> None:
    assert problems_of(organization, expires_in=datetime.timedelta(hours=hours)) == {
        "expires_in": "out_of_range"
    }


def test_it_is_linked_at_once_to_the_holder_of_its_id(organization: Organization) -> None:
    holder = create_customer(organization=organization, external_customer_id="cust_123")
    assert a_session(organization, external_customer_id="cust_123").customer == holder


def test_an_id_that_nobody_holds_waits(organization: Organization, stranger: Organization) -> None:
    create_customer(organization=stranger, external_customer_id="cust_123")
    delete_customer(customer=create_customer(organization=organization, external_customer_id="cust_123"))
    session = a_session(organization, external_customer_id="cust_123")
    assert (session.customer_id, session.external_customer_id) == (None, "cust_123")


def test_by_our_id_it_carries_the_customers_own(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_123")
    session = a_session(organization, customer_id=customer.id)
    assert (session.customer, session.external_customer_id) == (customer, "cust_123")
    both = a_session(organization, customer_id=customer.id, external_customer_id="cust_123")
    assert both.customer == customer


def test_two_ids_that_disagree_are_refused(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_123")
    nameless = create_customer(organization=organization)
    create_customer(organization=organization, external_customer_id="cust_9")
    for named in (customer, nameless):
        problems = problems_of(organization, customer_id=named.id, external_customer_id="cust_9")
        assert problems == {"customer_id": "customers_disagree"}


def test_unknown_deleted_and_foreign_customers_are_the_same_error(
    organization: Organization, stranger: Organization
) -> None:
    deleted = create_customer(organization=organization)
    delete_customer(customer=deleted)
    for customer_id in (new_id(), deleted.id, create_customer(organization=stranger).id):
        assert problems_of(organization, customer_id=customer_id) == {"customer_id": "does_not_exist"}


def test_an_open_session_is_changed_all_or_nothing(organization: Organization) -> None:
    session = a_session(organization, metadata={"a": 1}, customer_metadata={"plan": "x"})
    changed = update_session(
        session=session, metadata={"a": None, "b": 2}, customer_metadata={"n": 1}, customer_name="Ann"
    )
    assert (changed.metadata, changed.customer_metadata) == ({"b": 2}, {"plan": "x", "n": 1})
    with pytest.raises(ValidationError):
        update_session(session=session, customer_name="Bo", customer_email="nobody")
    session.refresh_from_db()
    assert session.customer_name == "Ann"


def test_only_an_open_session_is_changed(organization: Organization) -> None:
    under_way, over = a_session(organization), a_session(organization)
    begin_payment(session=under_way)
    lapse(over)
    for session, status in ((under_way, "processing"), (over, "expired")):
        with pytest.raises(SessionNotOpen) as refusal:
            update_session(session=session, customer_name="Ann")
        assert refusal.value.conflict == {"checkout_session_id": str(session.id), "status": status}
