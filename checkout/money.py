"""Amounts of money: integers in a currency's minor unit (cents), beside its ISO 4217 code in lower case."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from iso4217 import Currency

# What JSON's readers agree on. Nothing is cut off or rounded above it: it is refused.
MAX_AMOUNT = 2**53 - 1

# ISO 4217's table of currencies with a minor unit; metals, test codes and units of account have none.
_EXPONENTS: dict[str, int] = {
    currency.code.lower(): currency.exponent for currency in Currency if currency.exponent is not None
}
CURRENCIES: tuple[str, ...] = tuple(sorted(_EXPONENTS))


def check_currency(code: str) -> None:
    """Raises ValidationError unless `code` is a currency of ISO 4217 that money is paid in, in lower case."""
    if code not in _EXPONENTS:
        raise ValidationError(
            "This is no currency. Send its ISO 4217 code, such as usd.", code="unknown_currency"
        )


def currency_of(text: str) -> str:
    """The currency that `text` names in any letter case. Raises ValidationError when it names none."""
    # Some letters outside ASCII turn into one of it in lower case.
    code = text.lower() if text.isascii() else text
    check_currency(code)
    return code


def name_of(currency: str) -> str:
    """What people call it: `US Dollar`."""
    return Currency(currency.upper()).currency_name


def exponent_of(currency: str) -> int:
    """How many decimals the currency's major unit has: 2 for usd, 0 for jpy, 3 for kwd."""
    return _EXPONENTS[currency]


def check_amount(amount: int) -> None:
    """Raises ValidationError unless `amount` is 1 or more, and exact in every reader of JSON."""
    if amount < 1:
        raise ValidationError("An amount is 1 or more, in the currency's minor unit.", code="min_value")
    if amount > MAX_AMOUNT:
        raise ValidationError(
            f"An amount is at most {MAX_AMOUNT} in the currency's minor unit.", code="amount_too_large"
        )


def in_major_units(amount: int, currency: str) -> Decimal:
    """`amount` as people write it: 1500 usd is 15.00, 1500 jpy is 1500."""
    return Decimal(amount).scaleb(-exponent_of(currency))


def as_text(amount: int, currency: str) -> str:
    """For people: `15.00 USD`, `1,500 JPY`."""
    return f"{in_major_units(amount, currency):,.{exponent_of(currency)}f} {currency.upper()}"


def from_major_units(amount: Decimal, currency: str) -> int:
    """The integer for what a person wrote. Raises ValidationError for more decimals than the currency has."""
    minor = amount.scaleb(exponent_of(currency))
    if minor != minor.to_integral_value():
        decimals = exponent_of(currency)
        raise ValidationError(
            f"{currency.upper()} has {decimals} decimals."
            if decimals
            else f"{currency.upper()} has no decimals.",
            code="too_precise",
        )
    check_amount(int(minor))
    return int(minor)
