"""The form of a customer in the administration."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.urls import reverse
from rest_framework.exceptions import ParseError

from api.parsers import loads
from customers.addresses import MAX_LENGTH, PARTS, check_billing_address
from customers.conflict_links import with_link
from customers.models import Customer
from organizations.support import SupportForm

_WRITTEN = ("external_customer_id", "name", "email", "tax_id", "metadata")


class MetadataFormField(forms.JSONField):
    """JSON as the API reads it, and kept as typed where it can't be read."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return {}
        try:
            return loads(value, what="This")
        except ParseError as error:
            raise ValidationError(str(error.detail), code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if data is None else InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


def _address_part(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=MAX_LENGTH,
        required=False,
        strip=False,
        empty_value=None,
        widget=AdminTextInputWidget,
    )


class CustomerForm(SupportForm):
    """A customer, each field kept exactly as typed."""

    metadata = MetadataFormField(
        required=False,
        initial=dict,
        help_text='A JSON object of simple values, such as {"plan": "pro", "seats": 5}.',
    )
    line1 = _address_part("Line 1")
    line2 = _address_part("Line 2")
    city = _address_part("City")
    state = _address_part("State")
    postal_code = _address_part("Postal code")
    country = _address_part("Country")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Customer
        fields = ("organization", *_WRITTEN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer: Customer = self.instance
        self._stored_at = "" if customer._state.adding else customer.modified_at.isoformat()
        self.initial["seen"] = self._stored_at
        self.initial.update(customer.billing_address or {})
        for name in ("name", "tax_id"):
            if name in self.fields:
                self.fields[name].strip = False  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        address = {part: cleaned.get(part) for part in PARTS}
        if any(address.values()):
            try:
                check_billing_address(address)
            except ValidationError as error:
                self.add_error(None, error)
        if cleaned.get("seen") and cleaned["seen"] != self._stored_at:
            self.data = {**{name: self.data[name] for name in self.data}, "seen": self._stored_at}
            if self.refusal is None:
                self.add_error(None, changed_meanwhile())
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, _with_links(error))

    def written(self) -> dict[str, Any]:
        """What was changed, as the services take it."""
        changed = {name: self.cleaned_data[name] for name in _WRITTEN if name in self.changed_data}
        if any(part in self.changed_data for part in PARTS):
            address = {part: self.cleaned_data[part] for part in PARTS}
            changed["billing_address"] = address if any(address.values()) else None
        return changed


def changed_meanwhile() -> ValidationError:
    return ValidationError(
        "Somebody has changed this customer since you opened the page; see the history below. What you typed is still "
        "here. Save again to put it in place of theirs.",
        code="changed_meanwhile",
    )


def _with_links(error: Any) -> Any:
    """The same errors, a conflict's with a link to the customer that it is with."""
    if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
        return ValidationError(
            {
                name: [with_link(problem, _address_of) for problem in found]
                for name, found in error.error_dict.items()
            }
        )
    if isinstance(error, list):
        return [with_link(problem, _address_of) for problem in error]
    return error


def _address_of(customer_id: uuid.UUID) -> str:
    return reverse("admin:customers_customer_change", args=[customer_id])
