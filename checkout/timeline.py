"""What happened to a checkout session: its moves, and every try to pay it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from checkout.models import CheckoutSession, Order, PaymentAttempt

ATTEMPTS_SHOWN = 50

Attempt = PaymentAttempt.Status


@dataclass(frozen=True, slots=True)
class Moment:
    """`tone` is success, warning or danger where it stands out; `facts` are what a processor calls things."""

    at: datetime.datetime
    what: str
    detail: str = ""
    tone: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())


def timeline(session: CheckoutSession, order: Order | None) -> list[Moment]:
    """The latest first, in one query; the earliest tries are left out where there are very many."""
    attempts = list(
        PaymentAttempt.objects.filter(organization=session.organization_id, session=session)[:ATTEMPTS_SHOWN]
    )
    moments = [Moment(session.created_at, "Created", _open_until(session))]
    for attempt in attempts:
        moments += _of_attempt(attempt)
    if order is not None:
        moments.append(Moment(order.created_at, "Completed", f"It became order {order}.", "success"))
    moments.sort(key=lambda moment: moment.at)  # stable: what happened at once stays in order
    if session.status == CheckoutSession.Status.EXPIRED:
        moments.append(_expired(session, moments[-1].at))
    return moments[::-1]


def _open_until(session: CheckoutSession) -> str:
    verb = "can" if session.status == CheckoutSession.Status.OPEN else "could"
    return f"It {verb} be paid until {_in_words(session.expires_at)}."


def _of_attempt(attempt: PaymentAttempt) -> Iterator[Moment]:
    facts = (
        ("Processor", attempt.processor),
        *([("Reference", attempt.reference)] if attempt.reference else []),
    )
    yield Moment(attempt.created_at, "Payment begun", facts=tuple(facts))
    if attempt.status == Attempt.NEEDS_STEP:
        yield Moment(
            attempt.modified_at, "Waiting for the buyer", "Their bank asks them for one more step.", "warning"
        )
    elif attempt.status == Attempt.FAILED or attempt.failure_code:
        is_charged = attempt.status == Attempt.SUCCEEDED
        yield Moment(
            attempt.modified_at,
            "Paid in vain" if is_charged else "Payment failed",
            attempt.failure_message or "",
            "danger",
            (("Reason", attempt.failure_code),) if attempt.failure_code else (),
        )
    elif attempt.status == Attempt.SUCCEEDED:
        yield Moment(attempt.modified_at, "Payment succeeded", tone="success")


def _expired(session: CheckoutSession, latest: datetime.datetime) -> Moment:
    if session.stored_status == CheckoutSession.Status.EXPIRED and session.modified_at < session.expires_at:
        return Moment(session.modified_at, "Expired", "Before its time: it was closed.")
    # One whose payment fails after its time expires at that moment.
    return Moment(max(session.expires_at, latest), "Expired", "Its time was over.")


def _in_words(moment: datetime.datetime) -> str:
    at = moment.astimezone(datetime.UTC)
    return f"{at:%b} {at.day}, {at:%H:%M} UTC"
