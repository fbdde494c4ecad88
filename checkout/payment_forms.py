"""What a buyer types, and what an owner says about payments."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from api.text import check_characters
from checkout.models import CheckoutSession, PaymentSettings
from checkout.models.products import MAX_NAME_LENGTH
from checkout.processors.sandbox import TEST_CARDS
from checkout.services.payment_settings import MAX_KEY_LENGTH

_SEPARATORS = re.compile(r"[\s\-]")


def _secret(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=MAX_KEY_LENGTH,
        empty_value=None,
        validators=[check_characters],
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
        help_text=help_text,
    )


class PayForm(forms.Form):
    """Who pays; a subclass adds with what. What the session knows already needs no typing again."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        validators=[check_characters],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": "Type your e-mail address."},
    )
    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME_LENGTH,
        required=False,
        validators=[check_characters],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, session: CheckoutSession, data: Any = None) -> None:
        known = {"email": session.customer_email or "", "name": session.customer_name or ""}
        if data is not None:
            # A field that wasn't sent at all is as it was; one that was emptied is empty.
            data = known | data.dict()
        super().__init__(data, initial=known)

    @property
    def instrument(self) -> str:
        """What the processor charges."""
        raise NotImplementedError


class SandboxForm(PayForm):
    card_number = forms.CharField(
        label="Card number",
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "inputmode": "numeric",
                "spellcheck": "false",
                "placeholder": "4242 4242 4242 4242",
            }
        ),
        error_messages={"required": "Type one of the test card numbers."},
    )

    field_order = ("email", "name", "card_number")

    def clean_card_number(self) -> str:
        number = _SEPARATORS.sub("", self.cleaned_data["card_number"])
        if number not in TEST_CARDS:
            raise ValidationError(
                "This is none of the test card numbers. No real card is charged here.", code="unknown_card"
            )
        return number

    @property
    def instrument(self) -> str:
        number: str = self.cleaned_data["card_number"]
        return number

    def without_card(self) -> SandboxForm:
        """The form with what was typed, but for the card's number, and with what was wrong with it."""
        self.data = {**self.data, "card_number": ""}
        return self


class StripeForm(PayForm):
    """The card's number goes to Stripe, whose script gives its own ID for it; without JavaScript there is none."""

    payment_method = forms.RegexField(
        r"\Apm_[A-Za-z0-9_]+\Z",
        max_length=255,
        widget=forms.HiddenInput,
        error_messages={"required": "Type your card’s number.", "invalid": "Type your card’s number again."},
    )

    field_order = ("email", "name", "payment_method")

    @property
    def instrument(self) -> str:
        payment_method: str = self.cleaned_data["payment_method"]
        return payment_method


class PaymentSettingsForm(forms.Form):
    """What `services.payment_settings` needs to know. A secret is written and never shown; left empty, it stays."""

    processor = forms.ChoiceField(choices=PaymentSettings.Processor.choices, widget=forms.RadioSelect)
    test_mode = forms.TypedChoiceField(
        label="Mode",
        choices=[("yes", "Test mode: no real money is moved"), ("no", "Live: cards are charged")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="The sandbox is for test mode alone.",
    )
    stripe_publishable_key = forms.CharField(
        label="Publishable key",
        required=False,
        max_length=MAX_KEY_LENGTH,
        empty_value=None,
        validators=[check_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
        help_text="Starts with pk_test_ or pk_live_.",
    )
    stripe_secret_key = _secret("Secret key", "Starts with sk_ or, for a restricted key, with rk_.")
    stripe_webhook_secret = _secret("Webhook’s signing secret", "Starts with whsec_.")

    def __init__(self, settings: PaymentSettings, data: Any = None) -> None:
        super().__init__(
            data,
            initial={
                "processor": settings.processor,
                "test_mode": "yes" if settings.test_mode else "no",
                "stripe_publishable_key": settings.stripe_publishable_key,
            },
        )
        for name in ("stripe_secret_key", "stripe_webhook_secret"):
            if getattr(settings, name) is not None:
                self.fields[name].help_text = "One is stored. Leave this empty to keep it."
