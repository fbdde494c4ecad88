"""Stripe's notifications: genuine ones have the payment looked up, however often and in whatever order they come."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from django.test import Client

from api import middleware
from checkout.models import CheckoutSession, Order
from checkout.tests.factories import a_session
from checkout.tests.paying import send, status_of
from checkout.tests.stripe_stand_in import (
    AUTHENTICATION,
    LOST,
    REFUSED,
    StripeStandIn,
    paid_by_stripe,
)
from customers.models import Customer
from customers.timeline import timeline
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(organization: Organization, stand_in: StripeStandIn) -> CheckoutSession:
    paid_by_stripe(organization)
    return a_session(organization, external_customer_id="cust_123")


def test_notifications_repeated_and_out_of_order(
    session: CheckoutSession,
    organization: Organization,
    stand_in: StripeStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(session, AUTHENTICATION)
    assert stand_in.notify(organization, "payment_intent.requires_action").status_code == 200
    assert status_of(session) == "processing"
    stand_in.authenticate(True)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        monkeypatch.setattr(middleware, "log", structlog.get_logger("request"))
        stand_in.notify(organization, "payment_intent.succeeded")
    told = lines[-1]
    assert (told["event"], told["external_customer_id"]) == ("request", "cust_123")
    customer = Customer.objects.get()
    assert told["customer_id"] == str(customer.id)
    assert [change.who for change in timeline(customer, limit=1).changes] == ["a notification of Stripe’s"]
    for kind in ("succeeded", "payment_failed", "requires_action", "created", "succeeded"):
        answer = stand_in.notify(organization, f"payment_intent.{kind}")
        assert (answer.status_code, answer.json()) == (200, {"received": True})
        assert status_of(session) == "complete"
    assert Order.objects.count() == 1


def test_a_notification_while_the_charge_is_under_way(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    stand_in.fail("confirm", REFUSED)
    send(session)
    assert stand_in.notify(organization, "payment_intent.payment_failed").status_code == 200
    assert status_of(session) == "processing"


@pytest.mark.parametrize(
    "forgery",
    [
        {"secret": "whsec_other"},
        {"signature": "t=1,v1=00"},
        {"signature": "nonsense"},
        {"signature": " "},
        {"signature": "t=99999999999,v1=é"},
        {"timestamp": 1_700_000_000},
        {"body": "{}"},
        {"body": "[]"},
        {"body": '{"data": {"object": 1}}'},
        {"body": "not json"},
        {"body": "[" * 100_000},
    ],
)
def test_a_forged_notification(
    forgery: dict[str, Any], session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    stand_in.fail("confirm", LOST)
    send(session)
    answer = stand_in.notify(organization, **forgery)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == ["invalid_signature"]
    assert status_of(session) == "processing"


def test_notifications_to_whom_they_do_not_concern(
    session: CheckoutSession, organization: Organization, stranger: Organization, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    stand_in.authenticate(True)
    without_stripe = stand_in.notify(stranger)
    paid_by_stripe(stranger)
    assert stand_in.notify(stranger).status_code == 200
    assert status_of(session) == "processing"
    for place in (stranger.id.hex[::-1], "nothing", "x" * 300):
        nowhere = Client().post(f"/v1/webhooks/stripe/{place}", b"{}", content_type="application/json")
        assert nowhere.status_code == without_stripe.status_code == 404
        assert nowhere.json()["errors"] == without_stripe.json()["errors"]
    assert Client().get(f"/v1/webhooks/stripe/{organization.id}").status_code == 405


def test_a_notification_about_something_else(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    for about in ('{"object": "charge", "id": "ch_1"}', '{"object": "payment_intent", "id": "pi_9"}'):
        assert stand_in.notify(organization, body=f'{{"data": {{"object": {about}}}}}').status_code == 200
    assert status_of(session) == "processing"


def test_a_notification_that_is_too_large(session: CheckoutSession, organization: Organization) -> None:
    address = f"/v1/webhooks/stripe/{organization.id}"
    answer = Client().post(address, b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_a_notification_that_stripe_has_to_repeat(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    stand_in.authenticate(True)
    stand_in.fail("retrieve", REFUSED)
    answer = stand_in.notify(organization)
    assert answer.status_code == 503
    assert status_of(session) == "processing"
    assert stand_in.notify(organization).status_code == 200
    assert status_of(session) == "complete"
