"""Finds out how payments ended of which nobody has told."""

from __future__ import annotations

import datetime
import time

import structlog
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Least
from django.utils import timezone

from checkout.log_names import names_of_attempt
from checkout.models import PaymentAttempt
from checkout.processors.interface import ProcessorUnavailable
from checkout.services.payments import cancel_payment, look_again

# The first look is this long after the attempt was made. Each later one waits half as long again as the attempt was old
# at the last, and an hour at most.
FIRST_LOOK = datetime.timedelta(minutes=1)
LONGEST_WAIT = datetime.timedelta(hours=1)

log = structlog.get_logger("checkout")


def look_after_payments(*, limit: int, seconds: float) -> int:
    """Settles up to `limit` attempts that are due for another look, beginning none after `seconds`; returns how many it
    looked at. A buyer who has not come back from their bank when the session's time is over isn't waited for. An
    organization whose processor can't be reached is left for the next time."""
    deadline = time.monotonic() + seconds
    unreachable = set()
    looked_at = 0
    for attempt in _due()[:limit]:
        if time.monotonic() > deadline:
            break
        if attempt.organization_id in unreachable:
            continue
        looked_at += 1
        try:
            _settle(attempt)
        except ProcessorUnavailable as error:
            unreachable.add(attempt.organization_id)
            log.warning("payment's outcome still unknown", reason=str(error), **names_of_attempt(attempt))
        except Exception:
            # One that can't be settled doesn't keep the others from it.
            log.exception("payment can't be settled", **names_of_attempt(attempt))
    return looked_at


def _settle(attempt: PaymentAttempt) -> None:
    is_over = attempt.session.expires_at <= timezone.now()
    if is_over and attempt.status == PaymentAttempt.Status.NEEDS_STEP:
        cancel_payment(attempt=attempt)
    else:
        look_again(attempt=attempt)


def _due() -> QuerySet[PaymentAttempt]:
    """Those under way that have waited long enough, the longest first."""
    age = F("modified_at") - F("created_at")
    wait = Least(
        ExpressionWrapper(age / 2 + Value(FIRST_LOOK), output_field=DurationField()),
        Value(LONGEST_WAIT),
    )
    due_at = ExpressionWrapper(F("modified_at") + wait, output_field=DateTimeField())
    return (
        PaymentAttempt.objects.under_way()
        .alias(due_at=due_at)
        .filter(due_at__lte=timezone.now())
        .select_related("session", "organization")
        .order_by("modified_at")
    )
