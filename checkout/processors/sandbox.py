"""The processor of test mode: it decides by the card's number and moves no money."""

from __future__ import annotations

from checkout.models import CheckoutSession, PaymentAttempt
from checkout.processors.interface import Failed, NeedsStep, Pending, Result, Succeeded

SUCCEEDS = "4242424242424242"
IS_DECLINED = "4000000000000002"
NEEDS_A_STEP = "4000002500003155"

_RESULTS: dict[str, Result] = {
    SUCCEEDS: Succeeded(),
    IS_DECLINED: Failed("card_declined", "Your card was declined."),
    NEEDS_A_STEP: NeedsStep(None),
}
TEST_CARDS = tuple(_RESULTS)

REFUSED = Failed("authentication_failed", "The payment was not confirmed. Try again, or use another card.")
_NOT_ATTEMPTED = Failed("interrupted", "The payment was interrupted. Nothing was charged. Try again.")
_NO_TEST_CARD = Failed("unknown_card", "This is none of the test card numbers. Nothing was charged.")
_CANCELED = Failed("canceled", "The payment was canceled.")


class Sandbox:
    name = "sandbox"

    def prepare(self, session: CheckoutSession) -> str:
        return f"sandbox_{session.id}"

    def confirm(self, attempt: PaymentAttempt, instrument: str, *, return_url: str) -> Result:
        return _RESULTS.get(instrument, _NO_TEST_CARD)

    def look_up(self, attempt: PaymentAttempt) -> Result:
        """What isn't decided waits for the buyer, or was lost together with the process that was at it."""
        if attempt.status == PaymentAttempt.Status.NEEDS_STEP:
            return NeedsStep(None)
        return _NOT_ATTEMPTED if attempt.status == PaymentAttempt.Status.PENDING else Pending()

    def cancel(self, attempt: PaymentAttempt) -> Result:
        return _CANCELED
