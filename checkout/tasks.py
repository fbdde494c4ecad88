"""What the worker does for checkout by the clock, and what it does later."""

from __future__ import annotations

import uuid

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from checkout.models import PaymentAttempt
from checkout.processors.interface import ProcessorUnavailable
from checkout.services import payments
from checkout.services.moves import expire_lapsed
from checkout.services.reconciliation import look_after_payments

SESSIONS_AT_ONCE = 500
SESSIONS_A_MINUTE = 20_000
PAYMENTS_A_MINUTE = 200
SECONDS = 50


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_sessions")
def expire_sessions(timestamp: int) -> None:
    """Mark sessions whose time is over as expired, which they are for everyone already."""
    for _ in range(SESSIONS_A_MINUTE // SESSIONS_AT_ONCE):
        if expire_lapsed(limit=SESSIONS_AT_ONCE) < SESSIONS_AT_ONCE:
            return


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="settle_payments")
def settle_payments(timestamp: int) -> None:
    """Look up payments under way: the processor's notification may be lost, and the buyer may have left."""
    look_after_payments(limit=PAYMENTS_A_MINUTE, seconds=SECONDS)


@app.task(retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions={ProcessorUnavailable}))
def cancel_payment(organization_id: str, payment_attempt_id: str) -> None:
    """Have the processor end what was begun to be paid of a session that has expired."""
    attempts = PaymentAttempt.objects.filter(organization=uuid.UUID(organization_id)).select_related(
        "session", "organization"
    )
    payments.cancel_payment(attempt=attempts.get(id=payment_attempt_id))
