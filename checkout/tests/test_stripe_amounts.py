"""Amounts reach Stripe to the last unit, or the buyer is told that they can't."""

from __future__ import annotations

import pytest

from checkout.tests.factories import a_session
from checkout.tests.paying import send, status_of
from checkout.tests.stripe_stand_in import (
    StripeStandIn,
    paid_by_stripe,
)
from customers.tests.dashboard import text
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("currency", "amount", "charged"),
    [
        ("usd", 1050, 1050),
        ("jpy", 500, 500),
        ("kwd", 5120, 5120),
        ("isk", 5, 500),
        ("ugx", 5, 500),
        ("mga", 500, 5),
        ("huf", 1045, 1045),
    ],
)
def test_amounts(
    currency: str, amount: int, charged: int, organization: Organization, stand_in: StripeStandIn
) -> None:
    paid_by_stripe(organization)
    price = {"name": "Box", "unit_amount": amount, "currency": currency}
    session = a_session(organization, items=[{"price_data": price, "quantity": 1}])
    send(session)
    assert (stand_in.intent["amount"], stand_in.intent["currency"]) == (charged, currency)
    assert status_of(session) == "complete"


@pytest.mark.parametrize(("currency", "amount"), [("kwd", 5124), ("mga", 501), ("usd", 100_000_000)])
def test_amounts_that_stripe_can_not_charge(
    currency: str, amount: int, organization: Organization, stand_in: StripeStandIn
) -> None:
    paid_by_stripe(organization)
    price = {"name": "Box", "unit_amount": amount, "currency": currency}
    session = a_session(organization, items=[{"price_data": price, "quantity": 1}])
    answer = send(session)
    assert (answer.status_code, status_of(session)) == (422, "open")
    assert "can’t" in text(answer)
    assert stand_in.intents == {}
