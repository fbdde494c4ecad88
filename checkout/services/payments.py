"""Paying a session: the buyer's tries, and how each of them ends.

Talking to a processor and writing down what it said are apart. What is talked about may be lost at any point; what is
written down is one transaction, `settle_attempt`, through which the page, the processor's notification and the worker
all go, in any order and as often as they like. A lost answer leaves the session `processing`, and looking the payment
up decides.
"""

from __future__ import annotations

import datetime
import math

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout.exceptions import SessionNotOpen, TooManyAttempts
from checkout.log_names import names_of_attempt
from checkout.models import CheckoutSession, PaymentAttempt
from checkout.monitoring import PAYMENTS
from checkout.processors.interface import (
    Failed,
    NeedsStep,
    Pending,
    ProcessorUnavailable,
    Result,
    Succeeded,
)
from checkout.processors.sandbox import REFUSED, Sandbox
from checkout.services.moves import begin_payment, complete_session, locked_session, reopen_session
from checkout.services.payment_settings import keep_payment_settings, payment_settings_of
from checkout.services.processors import processor_of, processor_of_attempt
from organizations.models import Organization

Status = CheckoutSession.Status
Attempt = PaymentAttempt.Status

MOST_ATTEMPTS = 10
ATTEMPTS_WITHIN = datetime.timedelta(minutes=10)

# A processor that is still being asked to confirm doesn't know of it yet. After this long no such question is under
# way any more: it is longer than any of them takes.
CONFIRMS_WITHIN = datetime.timedelta(seconds=60)

TOO_LATE = Failed("session_expired", "Paid after the session had expired. Refund it at the processor.")
TWICE = Failed("paid_twice", "The session had been paid already. Refund this payment at the processor.")

log = structlog.get_logger("checkout")


def pay(
    *,
    session: CheckoutSession,
    instrument: str,
    return_url: str,
    email: str | None = None,
    name: str | None = None,
) -> PaymentAttempt:
    """One try to pay with `instrument`, as the processor calls what the buyer pays with. The attempt that is returned
    says how far it came; while it is under way, so is the session's payment.

    Raises SessionNotOpen, TooManyAttempts, ValidationError by field, PaymentRefused and ProcessorUnavailable; then the
    session is as it was and nothing was charged.
    """
    if session.status != Status.OPEN:
        raise SessionNotOpen(session_id=session.id, status=session.status)
    _check_attempts(session)
    payment_settings = payment_settings_of(session.organization)
    processor = processor_of(payment_settings)
    reference = processor.prepare(session)
    with transaction.atomic():
        if not keep_payment_settings(payment_settings):
            raise ProcessorUnavailable("Payments have just been switched to another processor or mode.")
        begin_payment(session=session, email=email, name=name)
        attempt = PaymentAttempt.objects.create(
            organization_id=session.organization_id,
            session=session,
            processor=processor.name,
            reference=reference,
        )
    try:
        result = processor.confirm(attempt, instrument, return_url=return_url)
    except ProcessorUnavailable as error:
        _count(attempt, "unknown")
        log.warning("payment's outcome unknown", reason=str(error), **names_of_attempt(attempt))
        return attempt
    return settle_attempt(attempt=attempt, result=result)


def current_attempt(session: CheckoutSession) -> PaymentAttempt | None:
    """The session's attempt that is under way."""
    return session.payment_attempts.select_related("session").under_way().first()


def last_attempt(session: CheckoutSession) -> PaymentAttempt | None:
    """The latest attempt to pay the session, however it ended."""
    return session.payment_attempts.first()


def attempt_with_reference(
    *, organization: Organization, processor: str, reference: str
) -> PaymentAttempt | None:
    """The attempt that a processor's word about a payment is for: the one under way, or else the latest."""
    attempts = PaymentAttempt.objects.filter(
        organization=organization, processor=processor, reference=reference
    ).select_related("organization", "session")
    return attempts.under_way().first() or attempts.first()


def look_again(*, attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt after asking the processor what became of it. Raises ProcessorUnavailable."""
    now = timezone.now()
    # Noted before asking, so that a processor that is down isn't asked more often than one that is up.
    PaymentAttempt.objects.filter(id=attempt.id).update(modified_at=now)
    result = processor_of_attempt(attempt).look_up(attempt)
    is_asked_still = attempt.status == Attempt.PENDING and now - attempt.created_at < CONFIRMS_WITHIN
    if isinstance(result, Failed) and is_asked_still:
        result = Pending()
    return settle_attempt(attempt=attempt, result=result)


def take_sandbox_step(*, attempt: PaymentAttempt, approves: bool) -> PaymentAttempt:
    """The attempt after the buyer has done, or refused, the step that the sandbox asks for. A no-op on any other."""
    if attempt.processor != Sandbox.name or attempt.status != Attempt.NEEDS_STEP:
        return attempt
    return settle_attempt(attempt=attempt, result=Succeeded() if approves else REFUSED)


def cancel_payment(*, attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt after telling the processor that it can't succeed any more. Raises ProcessorUnavailable."""
    return settle_attempt(attempt=attempt, result=processor_of_attempt(attempt).cancel(attempt))


def settle_attempt(*, attempt: PaymentAttempt, result: Result) -> PaymentAttempt:
    """Writes down what the processor said, and moves the session accordingly. However often the same is said, and
    whatever was said before, the session is completed once.

    A payment that succeeds although its attempt was given up completes the session while it is open. When the session
    has expired or was paid by another payment, that can't be: then the attempt says so, and staff have to refund it.
    """
    with transaction.atomic():
        session = locked_session(attempt.session_id)
        locked = PaymentAttempt.objects.select_for_update().get(id=attempt.id)
        if isinstance(result, Succeeded):
            locked = _current(session, locked)
            if locked.status != Attempt.SUCCEEDED:
                _succeed(locked, session)
        elif locked.status in PaymentAttempt.UNDER_WAY:
            if isinstance(result, Failed):
                _fail(locked, session, result)
            else:
                _wait(locked, result)
    return locked


def _succeed(attempt: PaymentAttempt, session: CheckoutSession) -> None:
    if session.stored_status == Status.COMPLETE:
        if _is_paid_with(session, attempt.reference):
            return
        _write(attempt, Attempt.SUCCEEDED, "twice", TWICE)
        log.error("paid twice: refund this payment", **names_of_attempt(attempt))
    elif session.stored_status == Status.EXPIRED:
        _write(attempt, Attempt.SUCCEEDED, "too_late", TOO_LATE)
        log.error("paid after expiry: refund this payment", **names_of_attempt(attempt))
    else:
        if session.stored_status == Status.OPEN:
            begin_payment(session=session)
        _write(attempt, Attempt.SUCCEEDED, "succeeded")
        complete_session(session=session)


def _fail(attempt: PaymentAttempt, session: CheckoutSession, result: Failed) -> None:
    _write(attempt, Attempt.FAILED, "failed", result)
    log.info("payment failed", code=result.code, **names_of_attempt(attempt))
    if session.stored_status == Status.PROCESSING:
        reopen_session(session=session)


def _wait(attempt: PaymentAttempt, result: NeedsStep | Pending) -> None:
    status = Attempt.NEEDS_STEP if isinstance(result, NeedsStep) else Attempt.PENDING
    url = result.url if isinstance(result, NeedsStep) else None
    if (attempt.status, attempt.next_url) == (status, url):
        return
    attempt.next_url = url
    _write(attempt, status, "needs_step" if isinstance(result, NeedsStep) else None)


def _write(
    attempt: PaymentAttempt, status: Attempt, outcome: str | None, problem: Failed | None = None
) -> None:
    attempt.status = status
    if status not in PaymentAttempt.UNDER_WAY:
        attempt.next_url = None
    attempt.failure_code = problem.code[:64] if problem else None
    attempt.failure_message = problem.message[:500] if problem else None
    attempt.modified_at = timezone.now()
    attempt.save()
    if outcome is not None:
        transaction.on_commit(lambda: _count(attempt, outcome))


def _current(session: CheckoutSession, attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt that is under way with the same payment; `attempt` when there is none."""
    return session.payment_attempts.under_way().filter(reference=attempt.reference).first() or attempt


def _is_paid_with(session: CheckoutSession, reference: str | None) -> bool:
    return session.payment_attempts.filter(status=Attempt.SUCCEEDED, reference=reference).exists()


def _check_attempts(session: CheckoutSession) -> None:
    """Raises TooManyAttempts. Each one is a row, so that they are counted over all processes."""
    if not settings.RATE_LIMITS:
        return
    now = timezone.now()
    recent = session.payment_attempts.filter(created_at__gt=now - ATTEMPTS_WITHIN)
    times = list(recent.order_by("created_at").values_list("created_at", flat=True))
    if len(times) >= MOST_ATTEMPTS:
        again_at = times[len(times) - MOST_ATTEMPTS] + ATTEMPTS_WITHIN
        raise TooManyAttempts(max(1, math.ceil((again_at - now).total_seconds())))


def _count(attempt: PaymentAttempt, outcome: str) -> None:
    PAYMENTS.labels(attempt.processor, outcome).inc()
