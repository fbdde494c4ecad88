"""What the product asks of a payment processor, whichever it is.

A session has one payment with a processor, however often the buyer tries, and a payment can succeed only once. That is
what keeps a buyer from being charged twice, whatever is lost or repeated on the way: `prepare` gives the same payment
each time, and `look_up` says at any moment what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from checkout.models import CheckoutSession, PaymentAttempt


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The money is on its way to the organization."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was charged. `code` is for programs and statistics, `message` for the buyer."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NeedsStep:
    """The buyer has something to do at `url`, such as confirming the payment with their bank; None where that is the
    product's own page."""

    url: str | None


@dataclass(frozen=True, slots=True)
class Pending:
    """Not decided yet."""


Result = Succeeded | Failed | NeedsStep | Pending


class ProcessorUnavailable(Exception):
    """The processor gave no answer that can be relied on. What was asked of it may have happened or not."""


class PaymentRefused(Exception):
    """The processor takes no payment for this session at all. `message` is for the buyer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Processor(Protocol):
    """Each method may raise ProcessorUnavailable."""

    name: str

    def prepare(self, session: CheckoutSession) -> str:
        """The reference of the session's payment, which is made when there is none; charges nothing. Raises
        PaymentRefused."""

    def confirm(self, attempt: PaymentAttempt, instrument: str, *, return_url: str) -> Result:
        """Charges what the buyer pays with. After a step elsewhere the buyer comes back to `return_url`."""

    def look_up(self, attempt: PaymentAttempt) -> Result:
        """What became of the attempt's payment."""

    def cancel(self, attempt: PaymentAttempt) -> Result:
        """Sees to it that the payment can't succeed any more; when it has succeeded before, that is the result."""
