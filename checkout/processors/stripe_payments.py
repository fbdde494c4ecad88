"""Stripe. A session has one PaymentIntent, which is made unconfirmed and confirmed from here; the card's number goes
from the buyer's browser to Stripe and never comes this way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import stripe
import structlog
from django.conf import settings

from checkout.log_names import names_of_session
from checkout.models import CheckoutSession, PaymentAttempt
from checkout.processors.interface import (
    Failed,
    NeedsStep,
    PaymentRefused,
    Pending,
    ProcessorUnavailable,
    Result,
    Succeeded,
)
from checkout.processors.stripe_amounts import charged_amount

# Seconds to connect, and to wait for each part of an answer. The SDK tries nothing again by itself: what was lost is
# looked up instead.
TIMEOUTS = (5.0, 20.0)

# The intent is one that can't be paid any more, or that this account doesn't have: the next attempt gets another.
GONE = ("canceled", "resource_missing")

_UNEXPECTED_STATE = "payment_intent_unexpected_state"
_DECLINED = "Your card was declined."
_UNABLE = "The seller can’t take payments by card at the moment. Nothing was charged."

log = structlog.get_logger("checkout")


class Stripe:
    name = "stripe"

    def __init__(self, secret_key: str) -> None:
        self._intents = _client(secret_key, settings.STRIPE_API_BASE).v1.payment_intents

    def prepare(self, session: CheckoutSession) -> str:
        attempts = list(session.payment_attempts.filter(processor=self.name))
        last = attempts[0] if attempts else None
        if last is not None and last.reference and last.failure_code not in GONE:
            return last.reference
        fields: Any = {
            "amount": charged_amount(session.amount_total, session.currency),
            "currency": session.currency,
            "payment_method_types": ["card"],
            "metadata": _metadata(session),
        }
        key = f"checkout-session-{session.id}-{len(attempts)}"
        try:
            with _answered():
                try:
                    intent = self._intents.create(fields, {"idempotency_key": key})
                except stripe.APIError:
                    # Stripe repeats such an answer for as long as it knows the key. An intent that nobody confirms
                    # charges nothing, so a second one does no harm.
                    intent = self._intents.create(
                        fields, {"idempotency_key": f"{key}-{secrets.token_hex(8)}"}
                    )
        except stripe.InvalidRequestError as error:
            log.error("Stripe refused a payment", reason=str(error), **names_of_session(session))
            raise PaymentRefused(error.code or "invalid_request", _UNABLE) from None
        return intent.id

    def confirm(self, attempt: PaymentAttempt, instrument: str, *, return_url: str) -> Result:
        fields: Any = {"payment_method": instrument, "return_url": return_url}
        try:
            with _answered(stripe.AuthenticationError, stripe.PermissionError, stripe.RateLimitError):
                intent = self._intents.confirm(
                    attempt.reference or "", fields, {"idempotency_key": f"payment-attempt-{attempt.id}"}
                )
        except (stripe.AuthenticationError, stripe.PermissionError, stripe.RateLimitError) as error:
            log.error("Stripe took no payment", reason=str(error), **names_of_session(attempt.session))
            return Failed("not_taken", _UNABLE)
        except stripe.CardError as error:
            return Failed(error.code or "card_declined", error.user_message or _DECLINED)
        except stripe.InvalidRequestError as error:
            if error.code == _UNEXPECTED_STATE:
                return self.look_up(attempt)  # it was confirmed, or canceled, before
            log.error("Stripe refused a payment", reason=str(error), **names_of_session(attempt.session))
            if error.param == "payment_method":
                return Failed(
                    "payment_method_invalid", "This card can’t be used. Type it again, or use another."
                )
            return Failed(error.code or "invalid_request", _UNABLE)
        return _result(intent)

    def look_up(self, attempt: PaymentAttempt) -> Result:
        try:
            with _answered():
                intent = self._intents.retrieve(attempt.reference or "")
        except stripe.InvalidRequestError as error:
            # Another account, or the other mode: only there it is known what became of the payment.
            log.error("Stripe doesn't know a payment", reason=str(error), **names_of_session(attempt.session))
            raise ProcessorUnavailable(str(error)) from None
        return _result(intent)

    def cancel(self, attempt: PaymentAttempt) -> Result:
        try:
            with _answered():
                intent = self._intents.cancel(attempt.reference or "")
        except stripe.InvalidRequestError as error:
            if error.code == _UNEXPECTED_STATE:
                return self.look_up(attempt)
            raise ProcessorUnavailable(str(error)) from None
        return _result(intent)


def notified_intent(body: str, signature: str, webhook_secret: str) -> str | None:
    """The intent that a genuine notification is about, None when it is about something else. Raises ValueError for a
    forged one, one that is too old to be sent just now, and for what is no notification."""
    if not signature.isascii():
        raise ValueError("A signature is written in ASCII.")  # the SDK has no answer to any other
    try:
        stripe.WebhookSignature.verify_header(
            body, signature, webhook_secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
    except stripe.SignatureVerificationError as error:
        raise ValueError(str(error)) from None
    try:
        about = json.loads(body)["data"]["object"]
        return str(about["id"]) if about["object"] == "payment_intent" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("This isn't an event of Stripe's.") from None


@lru_cache(maxsize=64)
def _client(secret_key: str, api_base: str) -> stripe.StripeClient:
    """Kept, so that its connections are."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUTS),
    )


@contextmanager
def _answered(*definite: type[stripe.StripeError]) -> Iterator[None]:
    """Lets through what Stripe said of the request itself, and errors that are as `definite`. Any other leaves open
    whether it was done."""
    try:
        yield
    except stripe.StripeError as error:
        if isinstance(error, (stripe.CardError, stripe.InvalidRequestError, *definite)):
            raise
        raise ProcessorUnavailable(f"{type(error).__name__}: {error}") from None


def _result(intent: stripe.PaymentIntent) -> Result:
    match intent.status:
        case "succeeded":
            return Succeeded()
        case "requires_action":
            redirect = intent.next_action and intent.next_action.redirect_to_url
            if redirect and redirect.url:
                return NeedsStep(redirect.url)
            return Failed(
                "unsupported_step", "This card asks for a step that isn’t possible here. Use another."
            )
        case "requires_payment_method":
            error = intent.last_payment_error
            if error is None:
                return Failed("not_attempted", "The payment was interrupted. Nothing was charged. Try again.")
            return Failed(error.code or "card_declined", error.message or _DECLINED)
        case "requires_confirmation":
            return Failed("not_attempted", "The payment was interrupted. Nothing was charged. Try again.")
        case "canceled":
            return Failed("canceled", "The payment was canceled. Nothing was charged.")
        case _:
            return Pending()


def _metadata(session: CheckoutSession) -> dict[str, str]:
    """So that Stripe's own dashboard finds a payment by the business's ID."""
    metadata = {"checkout_session_id": str(session.id), "organization": session.organization.slug}
    if session.external_customer_id is not None:
        metadata["external_customer_id"] = session.external_customer_id
    return metadata
