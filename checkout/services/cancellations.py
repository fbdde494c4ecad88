"""Sees to it that what can't be bought any more can't be paid either."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from procrastinate.contrib.django import app

from checkout.models import CheckoutSession, PaymentAttempt

TASK = "checkout.tasks.cancel_payment"

# The sandbox's payments, and those that the processor has ended by itself, have nothing left to cancel.
_WITHOUT = ("sandbox",)
_ENDED = ("canceled", "resource_missing")


def cancel_payments_of(sessions: Iterable[CheckoutSession]) -> None:
    """Has the worker cancel, once this transaction commits, what was begun to be paid of these expired sessions: a
    payment that was given up might succeed after all."""
    organizations: set[uuid.UUID] = set()
    ids = []
    for session in sessions:
        organizations.add(session.organization_id)
        ids.append(session.id)
    if not ids:
        return
    attempts = (
        PaymentAttempt.objects.filter(
            organization__in=organizations, session__in=ids, reference__isnull=False, status="failed"
        )
        .exclude(processor__in=_WITHOUT)
        .order_by("created_at")
    )
    latest = {(attempt.processor, attempt.reference): attempt for attempt in attempts}
    for attempt in latest.values():
        if attempt.failure_code not in _ENDED:
            app.configure_task(TASK).defer(
                organization_id=str(attempt.organization_id), payment_attempt_id=str(attempt.id)
            )
