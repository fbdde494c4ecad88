"""Amounts as Stripe writes them: like ISO 4217 nearly everywhere, https://docs.stripe.com/currencies."""

from __future__ import annotations

from checkout.money import as_text, exponent_of
from checkout.processors.interface import PaymentRefused

# Where Stripe counts decimals in its own way.
_DECIMALS = {"isk": 2, "ugx": 2, "mga": 0}
# Cards are charged in tens of the smallest unit there.
_THREE_DECIMALS = 3


def charged_amount(amount: int, currency: str) -> int:
    """What Stripe is told for `amount`. Raises PaymentRefused for one that it can't charge to the last unit: nothing
    is rounded."""
    shift = _DECIMALS.get(currency, exponent_of(currency)) - exponent_of(currency)
    if shift >= 0:
        charged = amount * int(10**shift)
    else:
        charged, rest = divmod(amount, 10**-shift)
        if rest:
            raise _refusal(amount, currency)
    if exponent_of(currency) >= _THREE_DECIMALS and charged % 10:
        raise _refusal(amount, currency)
    return charged


def _refusal(amount: int, currency: str) -> PaymentRefused:
    return PaymentRefused(
        "amount_not_chargeable",
        f"Cards can’t be charged {as_text(amount, currency)} exactly, so it can’t be paid here. Tell the seller.",
    )
