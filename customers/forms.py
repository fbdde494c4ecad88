"""The forms of customers. They read what was typed; what may be stored is the model's and the services' to say."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from api.text import check_characters
from customers.addresses import MAX_LENGTH, PARTS, check_billing_address
from customers.conflict_links import with_link
from customers.external_ids import ExternalCustomerIDFormField
from customers.metadata_editor import as_shown
from customers.models import Customer

TEXTS = ("name", "email", "tax_id")
FIELDS = (*TEXTS, *PARTS)


def _text(label: str, max_length: int, validators: Sequence[Any] = (), **attributes: Any) -> forms.CharField:
    """One line, kept as typed; empty for none."""
    return forms.CharField(
        label=label,
        max_length=max_length,
        required=False,
        strip=False,
        empty_value=None,
        validators=[check_characters, *validators],
        widget=forms.TextInput(attrs={"autocomplete": "off", **attributes}),
    )


class CustomerForm(forms.Form):
    """A customer's contact data. `seen` is the state of the customer that the form was filled in on."""

    name = _text("Name", 256)
    email = _text("E-mail address", 254, [validate_email], inputmode="email", spellcheck="false")
    line1 = _text("Line 1", MAX_LENGTH)
    line2 = _text("Line 2", MAX_LENGTH)
    postal_code = _text("Postal code", MAX_LENGTH)
    city = _text("City", MAX_LENGTH)
    state = _text("State or region", MAX_LENGTH)
    country = _text("Country", MAX_LENGTH, size=2, placeholder="DE", spellcheck="false")
    tax_id = _text("Tax ID", 64, spellcheck="false")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].help_text = "Two capital letters, such as DE."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        address = {part: cleaned[part] for part in PARTS if cleaned.get(part) is not None}
        try:
            check_billing_address(address)
        except ValidationError as error:
            self.add_error(None, error)
        return cleaned

    @property
    def seen_at(self) -> datetime.datetime | None:
        """None for what isn't a time of ours."""
        return parse_seen(self.cleaned_data["seen"])

    def changes(self, customer: Customer) -> dict[str, Any]:
        """What was typed differently from what `customer` has, as the services take it."""
        before = values_of(customer)
        # A browser shows and sends one line: text that was stored with line breaks comes back without them.
        changed = {
            name: self.cleaned_data[name]
            for name in FIELDS
            if (self.cleaned_data[name] or "") != as_shown(before[name])
        }
        fields = {name: value for name, value in changed.items() if name in TEXTS}
        if changed.keys() - fields.keys():
            address = {part: changed.get(part, before[part] or None) for part in PARTS}
            fields["billing_address"] = address if any(address.values()) else None
        return fields


class NewCustomerForm(CustomerForm):
    external_customer_id = ExternalCustomerIDFormField(
        label="External ID",
        required=False,
        help_text="The customer’s ID in your own system, exactly as it stands there. It can be set later, once, and "
        "never changes after that.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "mono"}
        ),
    )

    field_order = ("external_customer_id", *FIELDS)


class ExternalIDForm(forms.Form):
    """The ID that a customer without one gets."""

    external_customer_id = ExternalCustomerIDFormField(
        label="External ID",
        required=True,
        error_messages={"required": "Type the customer’s ID in your own system."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "mono"}
        ),
    )


class DeletionForm(forms.Form):
    anonymize = forms.BooleanField(label="Also erase personal data", required=False)


class SavedViewForm(forms.Form):
    name = forms.CharField(
        label="Name of the view", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def values_of(customer: Any) -> dict[str, str]:
    """A customer's contact data, or that of an earlier state in the history, as a form shows it."""
    address = customer.billing_address or {}
    return {name: getattr(customer, name) or "" for name in TEXTS} | {
        part: address.get(part) or "" for part in PARTS
    }


def parse_seen(text: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def refuse(form: forms.Form, error: ValidationError, *, organization: str) -> None:
    """Puts what the services refused beside its field; a conflict with a link to the customer who holds the ID."""

    def address_of(customer_id: uuid.UUID) -> str:
        return reverse("dashboard:customer", args=[organization, customer_id])

    problems: Mapping[str, list[ValidationError]] = error.error_dict
    for name, found in problems.items():
        for problem in found:
            form.add_error(name if name in form.fields else None, with_link(problem, address_of))
