"""Paying with Stripe, whatever is lost on the way: nobody is charged twice, and every payment ends."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.links import page_path
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.processors.interface import Succeeded
from checkout.services.moves import expire_session
from checkout.services.payment_settings import save_payment_settings
from checkout.services.payments import cancel_payment, settle_attempt
from checkout.tests.factories import a_session, lapse
from checkout.tests.paying import attempt_of, grow_old, send, show, status_of
from checkout.tests.stripe_stand_in import (
    AUTHENTICATION,
    BROKEN,
    DECLINED,
    LOST,
    REFUSED,
    VISA,
    StripeStandIn,
    paid_by_stripe,
)
from customers.tests.dashboard import text
from organizations.models import Organization

pytestmark = pytest.mark.django_db

UNREACHED = "The payment service can’t be reached at the moment. Nothing was charged. Try again."


@pytest.fixture
def session(organization: Organization, stand_in: StripeStandIn) -> CheckoutSession:
    paid_by_stripe(organization)
    return a_session(organization, external_customer_id="cust_123")


def test_paying(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    assert send(session).status_code == 303
    assert status_of(session) == "complete"
    intent = stand_in.intent
    assert (intent["amount"], intent["currency"]) == (3000, "usd")
    assert intent["metadata"] == {
        "checkout_session_id": str(session.id),
        "organization": session.organization.slug,
        "external_customer_id": "cust_123",
    }
    assert [action for action, _ in stand_in.requests] == ["create", "confirm"]
    assert stand_in.charged == [intent["id"]]
    assert attempt_of(session).reference == intent["id"]


def test_a_session_without_an_id_says_none(organization: Organization, stand_in: StripeStandIn) -> None:
    paid_by_stripe(organization)
    send(a_session(organization))
    assert "external_customer_id" not in stand_in.intent["metadata"]


def test_the_page_lets_stripes_script_in_and_no_card_number(session: CheckoutSession) -> None:
    page = show(session)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self' https://js.stripe.com" in policy
    assert page.headers["Referrer-Policy"] == "strict-origin"
    content = page.content.decode()
    assert 'data-publishable-key="pk_test_standin"' in content
    assert "card_number" not in content
    assert "needs JavaScript" in content
    for secret in ("sk_test_standin", "whsec_standin"):
        assert secret not in content
    answer = send(session, "", card_number="4242424242424242")
    assert answer.status_code == 422
    assert "Type your card’s number." in text(answer)
    assert "4242424242424242" not in answer.content.decode()


@pytest.mark.parametrize(
    "forged", ["4242424242424242", "pm_x/../../refunds", "pm_x?y", f"pm_{'x' * 300}", "pm_\n"]
)
def test_what_is_no_card_of_stripes(forged: str, session: CheckoutSession, stand_in: StripeStandIn) -> None:
    assert send(session, forged).status_code == 422
    assert stand_in.requests == []


def test_an_unknown_card(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, "pm_unknown")
    assert "This card can’t be used." in text(show(session))
    send(session)
    assert (status_of(session), len(stand_in.intents)) == ("complete", 1)


def test_a_declined_card_and_then_another(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, DECLINED)
    assert status_of(session) == "open"
    assert "Your card was declined by the stand-in." in text(show(session))
    assert attempt_of(session).failure_code == "card_declined"
    send(session)
    assert status_of(session) == "complete"
    assert len(stand_in.charged) == len(stand_in.intents) == 1


@pytest.mark.parametrize("approves", [True, False])
def test_a_step_at_the_bank(approves: bool, session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, AUTHENTICATION)
    page = show(session)
    assert "one more step" in text(page)
    assert page.headers["Refresh"] == f"5; url={stand_in.url}/bank/pi_1"
    assert stand_in.intent["return_url"] == f"http://testserver{page_path(session.id)}"
    stand_in.authenticate(approves)
    back = Client().get(f"{page_path(session.id)}?payment_intent=pi_1&redirect_status=x")
    assert back.headers["Location"] == f"http://testserver{page_path(session.id)}"
    assert status_of(session) == ("complete" if approves else "open")
    assert attempt_of(session).next_url is None
    if not approves:
        assert "declined by the stand-in" in text(show(session))


@pytest.mark.parametrize("how", [REFUSED, LOST, BROKEN])
def test_stripe_is_down_before_anything_began(
    how: str, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    stand_in.fail("create", how, times=2 if how == BROKEN else 1)
    answer = send(session)
    assert (answer.status_code, status_of(session)) == (503, "open")
    assert UNREACHED in text(answer)
    assert 'value="ada@example.com"' in answer.content.decode()
    assert not PaymentAttempt.objects.exists()
    send(session)
    assert status_of(session) == "complete"
    assert len(stand_in.charged) == 1


def test_an_error_of_stripes_that_it_would_repeat_is_overcome(
    session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    stand_in.fail("create", BROKEN)
    send(session)
    assert status_of(session) == "complete"


@pytest.mark.parametrize("how", [LOST, BROKEN])
def test_the_answer_to_the_charge_is_lost(
    how: str, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    stand_in.fail("confirm", how)
    assert send(session).status_code == 303
    assert status_of(session) == "processing"
    assert "We’re checking your payment" in text(show(session))
    send(session)  # who can't wait changes nothing
    grow_old(session)
    page = text(show(session))
    if how == LOST:
        assert status_of(session) == "complete"
        assert "Thank you" in page
    else:
        assert status_of(session) == "open"
        assert "interrupted" in page
        send(session)
        assert status_of(session) == "complete"
    assert len(stand_in.charged) == len(stand_in.intents) == Order.objects.count() == 1


def test_a_charge_that_never_arrived(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    stand_in.fail("confirm", REFUSED)
    send(session)
    assert status_of(session) == "processing"
    attempt_of(session)
    session.payment_attempts.update(modified_at=timezone.now() - datetime.timedelta(seconds=10))
    show(session)
    assert status_of(session) == "processing", "the confirmation may still be under way"
    grow_old(session)
    show(session)
    assert status_of(session) == "open"
    assert stand_in.charged == []


def test_a_charge_that_arrived_after_it_was_given_up(
    session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    stand_in.fail("confirm", REFUSED)
    send(session)
    grow_old(session)
    show(session)
    assert status_of(session) == "open"
    stand_in.authenticate(True)  # the first confirmation, at last
    send(session)
    assert status_of(session) == "complete"
    assert len(stand_in.charged) == Order.objects.count() == 1


def given_up(session: CheckoutSession, stand_in: StripeStandIn) -> PaymentAttempt:
    """An attempt whose confirmation seems never to have arrived."""
    stand_in.fail("confirm", REFUSED)
    send(session)
    grow_old(session)
    show(session)
    assert status_of(session) == "open"
    return attempt_of(session)


def test_a_charge_that_arrived_late_completes_an_open_session(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    attempt = given_up(session, stand_in)
    stand_in.authenticate(True)
    assert stand_in.notify(organization).status_code == 200
    assert status_of(session) == "complete"
    attempt.refresh_from_db()
    assert (attempt.status, attempt.failure_code) == ("succeeded", None)


def test_a_charge_that_arrived_late_is_that_of_the_attempt_under_way(
    session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    first = given_up(session, stand_in)
    send(session, AUTHENTICATION)
    settle_attempt(attempt=first, result=Succeeded())
    assert status_of(session) == "complete"
    assert [attempt.status for attempt in session.payment_attempts.all()] == ["succeeded", "failed"]


def test_two_payments_of_one_session_are_said_to_be_two(
    session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    first = given_up(session, stand_in)
    session.payment_attempts.update(failure_code="resource_missing")  # another account took over
    send(session)
    assert (status_of(session), stand_in.charged) == ("complete", ["pi_2"])
    settle_attempt(attempt=first, result=Succeeded())
    first.refresh_from_db()
    assert (first.status, first.failure_code) == ("succeeded", "paid_twice")
    assert Order.objects.count() == 1


def test_looking_up_fails_too(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    stand_in.fail("confirm", LOST)
    send(session)
    grow_old(session)
    stand_in.fail("retrieve", REFUSED)
    assert "We’re checking your payment" in text(show(session))
    show(session)
    assert [action for action, _ in stand_in.requests] == ["create", "confirm", "retrieve"], (
        "asked a moment ago"
    )
    grow_old(session)
    show(session)
    assert status_of(session) == "complete"


def test_the_key_was_revoked(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    stand_in.known_keys.clear()
    assert send(session).status_code == 503
    assert status_of(session) == "open"
    stand_in.known_keys.add("sk_test_standin")
    send(session, DECLINED)
    stand_in.known_keys.clear()
    send(session)
    assert status_of(session) == "open"
    assert "The seller can’t take payments by card at the moment." in text(show(session))


def test_another_secret_key_of_the_installation(
    session: CheckoutSession, stand_in: StripeStandIn, settings: Any
) -> None:
    settings.SECRET_KEY = "another"
    answer = Client().post(f"{page_path(session.id)}/pay", {"email": "a@b.example", "payment_method": VISA})
    assert answer.status_code == 503
    assert stand_in.requests == []


def test_a_payment_that_arrives_after_expiry(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    stand_in.fail("confirm", REFUSED)
    send(session)
    grow_old(session)
    show(session)
    expire_session(session=session)
    stand_in.authenticate(True)
    assert stand_in.notify(organization).status_code == 200
    assert status_of(session) == "expired"
    attempt = attempt_of(session)
    assert (attempt.status, attempt.failure_code) == ("succeeded", "session_expired")
    assert "Your payment arrived after that." in text(show(session))
    assert not Order.objects.exists()


def test_stopping_at_the_banks_step(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    stop = f"{page_path(session.id)}/stop"
    send(session, AUTHENTICATION)
    stand_in.fail("cancel", REFUSED)
    Client().post(stop)
    assert status_of(session) == "processing"
    Client().post(stop)
    assert (status_of(session), stand_in.intent["status"]) == ("open", "canceled")
    send(session)
    assert (status_of(session), stand_in.charged) == ("complete", ["pi_2"])


def test_stopping_too_late(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, AUTHENTICATION)
    stand_in.authenticate(True)
    Client().post(f"{page_path(session.id)}/stop")
    assert (status_of(session), stand_in.charged) == ("complete", ["pi_1"])


def test_canceling(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, AUTHENTICATION)
    cancel_payment(attempt=attempt_of(session))
    assert (stand_in.intent["status"], status_of(session)) == ("canceled", "open")
    assert "The payment was canceled." in text(show(session))
    send(session)
    assert (status_of(session), stand_in.charged) == ("complete", ["pi_2"])


def test_canceling_what_has_succeeded(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, AUTHENTICATION)
    stand_in.authenticate(True)
    cancel_payment(attempt=attempt_of(session))
    assert (stand_in.intent["status"], status_of(session)) == ("succeeded", "complete")


def test_another_account_takes_over(
    session: CheckoutSession, organization: Organization, stand_in: Any
) -> None:
    send(session, DECLINED)
    stand_in.intents.clear()  # as another account sees it
    stand_in.known_keys = {"sk_test_other"}
    save_payment_settings(
        organization=organization,
        processor="stripe",
        test_mode=True,
        stripe_publishable_key="pk_test_other",
        stripe_secret_key="sk_test_other",
    )
    send(session)
    assert status_of(session) == "open"
    send(session)
    assert status_of(session) == "complete"


def test_an_expired_session_is_not_charged(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    lapse(session)
    send(session)
    assert stand_in.requests == []
