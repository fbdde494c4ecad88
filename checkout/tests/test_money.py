"""Amounts are exact, whatever the currency's decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from checkout.money import (
    CURRENCIES,
    MAX_AMOUNT,
    as_text,
    check_amount,
    check_currency,
    exponent_of,
    from_major_units,
    in_major_units,
)


@pytest.mark.parametrize(
    ("currency", "decimals", "text"),
    [
        ("usd", 2, "1,234.50 USD"),
        ("jpy", 0, "123,450 JPY"),
        ("kwd", 3, "123.450 KWD"),
        ("isk", 0, "123,450 ISK"),
    ],
)
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int, text: str) -> None:
    assert (exponent_of(currency), as_text(123450, currency)) == (decimals, text)


@pytest.mark.parametrize("code", ["", "US", "usdd", "USD", "xxx", "xau", "zzz"])
def test_what_money_is_not_paid_in_is_refused(code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check_currency(code)
    assert refusal.value.code == "unknown_currency"


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1])
def test_amounts_are_positive_and_exact_in_json(amount: int) -> None:
    with pytest.raises(ValidationError):
        check_amount(amount)


@given(st.integers(1, MAX_AMOUNT), st.sampled_from(CURRENCIES))
def test_what_is_shown_reads_as_the_same_amount(amount: int, currency: str) -> None:
    assert from_major_units(in_major_units(amount, currency), currency) == amount
    assert from_major_units(Decimal(as_text(amount, currency)[:-4].replace(",", "")), currency) == amount


@pytest.mark.parametrize(("text", "currency"), [("1.005", "usd"), ("1.5", "jpy"), ("0.0001", "kwd")])
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        from_major_units(Decimal(text), currency)
    assert refusal.value.code == "too_precise"
