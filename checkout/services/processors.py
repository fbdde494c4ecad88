"""Which processor takes a payment."""

from __future__ import annotations

import structlog

from checkout.encryption import Undecipherable
from checkout.models import PaymentAttempt, PaymentSettings
from checkout.processors.interface import Processor, ProcessorUnavailable
from checkout.processors.sandbox import Sandbox
from checkout.services.payment_settings import StripeKeys, payment_settings_of, stripe_keys

log = structlog.get_logger("checkout")


def processor_of(settings: PaymentSettings) -> Processor:
    """The one that takes the organization's payments now. Raises ProcessorUnavailable when its keys can't be read."""
    return _named(settings.processor, settings)


def processor_of_attempt(attempt: PaymentAttempt) -> Processor:
    """The one that the attempt was made with. Raises ProcessorUnavailable when its keys can't be read."""
    if attempt.processor == Sandbox.name:
        return Sandbox()
    return _named(attempt.processor, payment_settings_of(attempt.organization))


def keys_of(settings: PaymentSettings) -> StripeKeys:
    """Raises ProcessorUnavailable when there are none, or SECRET_KEY is another than when they were saved."""
    try:
        keys = stripe_keys(settings)
    except Undecipherable:
        log.error(
            "Stripe's keys can't be read: SECRET_KEY is another than when they were saved",
            organization=str(settings.organization_id),
        )
        keys = None
    if keys is None:
        raise ProcessorUnavailable("There are no keys of Stripe's that can be read.")
    return keys


def _named(name: str, settings: PaymentSettings) -> Processor:
    if name == Sandbox.name:
        return Sandbox()
    # Loaded where it is needed: most processes never talk to Stripe.
    from checkout.processors.stripe_payments import Stripe

    return Stripe(keys_of(settings).secret_key)
