"""A buyer on the hosted page of a session, and what became of it, for tests."""

from __future__ import annotations

import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from checkout.links import page_path
from checkout.models import CheckoutSession, PaymentAttempt
from checkout.services.payments import last_attempt
from checkout.tests.stripe_stand_in import VISA


def send(session: CheckoutSession, payment_method: str = VISA, **fields: str) -> Any:
    form = {"email": "ada@example.com", "name": "Ada", "payment_method": payment_method, **fields}
    return Client().post(f"{page_path(session.id)}/pay", form)


def show(session: CheckoutSession) -> Any:
    return Client().get(page_path(session.id))


def status_of(session: CheckoutSession) -> str:
    return CheckoutSession.objects.get(id=session.id).status


def attempt_of(session: CheckoutSession) -> PaymentAttempt:
    attempt = last_attempt(session)
    assert attempt is not None
    return attempt


def grow_old(session: CheckoutSession, **time: float) -> None:
    """Its attempts were made some time ago, so that no confirmation can be under way any more."""
    long_ago = timezone.now() - datetime.timedelta(**(time or {"minutes": 2}))
    session.payment_attempts.update(created_at=long_ago, modified_at=long_ago)
