"""The forms of logging in, of passwords and of access tokens."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html

from organizations.scopes import ALL_SCOPES, Scope


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This e-mail address and password don't belong together.",
        "inactive": "This login has been switched off.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["username"]
        email.label = "E-mail address"
        email.widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )


class PasswordForm(PasswordChangeForm):
    """A new password. Somebody who chose the present one says it; somebody who has just logged in with a one-time
    password does not have to."""

    error_messages = {
        "password_incorrect": "This is not your current password.",
        "password_mismatch": "The two are not the same.",
        "same": "Choose another one than before.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        new, again = self.fields["new_password1"], self.fields["new_password2"]
        new.label, new.help_text = "New password", "At least 12 characters, and not a common one."
        again.label, again.help_text = "New password, again", ""
        if self.user.must_change_password:
            del self.fields["old_password"]
            new.widget.attrs["autofocus"] = True
        else:
            self.fields["old_password"].label = "Current password"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        new = cleaned.get("new_password1")
        if new and self.user.check_password(new):
            self.add_error("new_password1", ValidationError(self.error_messages["same"], code="same"))
        return cleaned


class TokenForm(forms.Form):
    """What `services.create_token` needs to know."""

    LIFETIMES = {"30": "30 days", "90": "90 days", "365": "1 year", "never": "No expiry"}

    name = forms.CharField(
        max_length=128,
        help_text="What will use it, such as “Production web shop”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="May",
        choices=[
            (scope.value, format_html("<span>{} <code>{}</code></span>", scope.label, scope.value))
            for scope in Scope
        ],
        initial=ALL_SCOPES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
        help_text="Leave out what the program doesn't need.",
    )
    lifetime = forms.ChoiceField(
        label="Expires after",
        choices=list(LIFETIMES.items()),
        initial="365",
        help_text="An expired token opens nothing. A token can be revoked at any time.",
    )

    @property
    def expires_at(self) -> datetime.datetime | None:
        days = self.cleaned_data["lifetime"]
        return None if days == "never" else timezone.now() + datetime.timedelta(days=int(days))
