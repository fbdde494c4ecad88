"""The sandbox decides by the card's number, and takes no other."""

from __future__ import annotations

from checkout.models import PaymentAttempt
from checkout.processors.interface import Failed
from checkout.processors.sandbox import Sandbox


def test_what_is_no_test_card_is_refused() -> None:
    result = Sandbox().confirm(PaymentAttempt(), "pm_card_visa", return_url="")
    assert isinstance(result, Failed)
    assert result.code == "unknown_card"
