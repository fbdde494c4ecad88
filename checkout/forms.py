"""The forms of staff: products and payment links. People write money in a currency's major unit, such as 15.00."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from api.text import check_characters
from checkout.models import Product
from checkout.models.products import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from checkout.models.sessions import MAX_QUANTITY
from checkout.money import (
    CURRENCIES,
    MAX_AMOUNT,
    as_text,
    exponent_of,
    from_major_units,
    in_major_units,
    name_of,
)
from customers.external_ids import ExternalCustomerIDFormField
from customers.forms import parse_seen
from customers.metadata_editor import as_shown

_AMOUNT = re.compile(r"\d{1,20}(\.\d{1,10})?", re.ASCII)
_OPEN_FOR = {1: "1 hour", 6: "6 hours", 24: "24 hours"}
_CURRENCY_CHOICES = tuple((code, f"{code.upper()} – {name_of(code)}") for code in CURRENCIES)


class AmountField(forms.CharField):
    """Money as people write it, read without its currency: what that makes of it is `minor_units`' to say."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {
            "inputmode": "decimal",
            "autocomplete": "off",
            "placeholder": "15.00",
            "class": "amount-box",
        }
        super().__init__(max_length=40, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        if not _AMOUNT.fullmatch(text):
            raise ValidationError(
                "Write an amount such as 1500.00: a point before the decimals, and nothing between the thousands.",
                code="invalid",
            )
        return Decimal(text)


def minor_units(amount: Decimal, currency: str) -> int:
    """The integer that is stored. Raises ValidationError in the words of people, who know no minor units."""
    if amount <= 0:
        raise ValidationError("A price is more than zero.", code="min_value")
    if amount > in_major_units(MAX_AMOUNT, currency):
        raise ValidationError(f"A price is at most {as_text(MAX_AMOUNT, currency)}.", code="amount_too_large")
    return from_major_units(amount, currency)


def written(amount: int, currency: str) -> str:
    """An amount as it is typed."""
    return f"{in_major_units(amount, currency):.{exponent_of(currency)}f}"


def _currency_field(**options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label="Currency", choices=_CURRENCY_CHOICES, **options)


def _text(label: str, max_length: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=max_length,
        strip=False,
        validators=[check_characters, *options.pop("validators", ())],
        widget=forms.TextInput(attrs={"autocomplete": "off", **options.pop("attributes", {})}),
        **options,
    )


class ProductForm(forms.Form):
    """A product but for its metadata. `seen` is the state of the product that the form was filled in on."""

    name = _text("Name", MAX_NAME_LENGTH, error_messages={"required": "Name the product."})
    unit_amount = AmountField(label="Price", error_messages={"required": "Say what one costs."})
    currency = _currency_field()
    description = forms.CharField(
        label="Description",
        max_length=MAX_DESCRIPTION_LENGTH,
        required=False,
        strip=False,
        empty_value=None,
        validators=[check_characters],
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("unit_amount") is not None and "currency" in cleaned:
            try:
                cleaned["unit_amount"] = minor_units(cleaned["unit_amount"], cleaned["currency"])
            except ValidationError as error:
                self.add_error("unit_amount", error)
        return cleaned

    @property
    def seen_at(self) -> datetime.datetime | None:
        """None for what isn't a time of ours."""
        return parse_seen(self.cleaned_data["seen"])

    def fields_of(self, product: Product) -> dict[str, Any]:
        """What was typed, as the services take it. A box shows no line breaks of a name, and sends a description's in
        its own way: what came back as it was shown is what is stored."""
        names = ("name", "unit_amount", "currency", "description")
        fields = {name: self.cleaned_data[name] for name in names}
        if fields["name"] == as_shown(product.name):
            fields["name"] = product.name
        description = fields["description"] and fields["description"].replace("\r\n", "\n")
        fields["description"] = (
            product.description
            if description == (product.description or "").replace("\r\n", "\n")
            else description
        )
        return fields


def values_of(product: Product) -> dict[str, str]:
    """A product as the form shows it."""
    return {
        "name": product.name,
        "unit_amount": written(product.unit_amount, product.currency),
        "currency": product.currency,
        "description": product.description or "",
        "seen": product.modified_at.isoformat(),
    }


class PaymentLinkForm(forms.Form):
    """A payment link but for the products it sells: for how long, what else, and what is known of the buyer."""

    customer_email = _text(
        "E-mail address",
        254,
        required=False,
        empty_value=None,
        validators=[validate_email],
        attributes={"inputmode": "email", "spellcheck": "false"},
    )
    customer_name = _text("Name", MAX_NAME_LENGTH, required=False, empty_value=None)
    hours = forms.TypedChoiceField(
        label="It can be paid for", choices=tuple(_OPEN_FOR.items()), coerce=int, initial=24
    )
    own_name = _text("What it is", MAX_NAME_LENGTH, required=False)
    own_amount = AmountField(label="Price", required=False)
    own_currency = _currency_field(required=False)
    own_quantity = forms.IntegerField(
        label="Quantity",
        required=False,
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        error_messages={"invalid": "Write a whole number."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        amount, currency = cleaned.get("own_amount"), cleaned.get("own_currency")
        if amount is not None and currency:
            try:
                cleaned["own_amount"] = minor_units(amount, currency)
            except ValidationError as error:
                self.add_error("own_amount", error)
        if amount is not None and not cleaned.get("own_name") and "own_name" not in self.errors:
            self.add_error("own_name", ValidationError("Say what this price is for.", code="required"))
        if cleaned.get("own_name") and amount is None and "own_amount" not in self.errors:
            self.add_error("own_amount", ValidationError("Say what one costs.", code="required"))
        if amount is not None and not currency and "own_currency" not in self.errors:
            self.add_error("own_currency", ValidationError("Choose a currency.", code="required"))
        return cleaned

    @property
    def open_for(self) -> datetime.timedelta:
        return datetime.timedelta(hours=self.cleaned_data["hours"])


class NewCheckoutForm(PaymentLinkForm):
    """The same for whoever is known by an external ID, or by none."""

    external_customer_id = ExternalCustomerIDFormField(
        label="External ID",
        required=False,
        help_text="The customer’s ID in your own system. If nobody holds it yet, paying creates the customer under it. "
        "Without an ID, paying creates a customer without one.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "mono"}
        ),
    )
