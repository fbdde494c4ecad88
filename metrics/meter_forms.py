"""The forms of staff for meters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from api.text import check_characters
from metrics import event_rules
from metrics.meter_rules import MAX_NAME_LENGTH, MAX_PROPERTY_LENGTH, Function, check_aggregation

_PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=MAX_NAME_LENGTH,
        validators=[check_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RenameForm(forms.Form):
    """What can change of a meter beside whether it is in use."""

    name = _name_field()


class MeterForm(forms.Form):
    """A meter but for what the metadata of its events says."""

    name = _name_field()
    function = forms.ChoiceField(label="What is made of the events", choices=Function.choices)
    property_name = forms.CharField(
        label="Property",
        required=False,
        empty_value=None,
        max_length=MAX_PROPERTY_LENGTH,
        validators=[check_characters],
        help_text="A key of the events’ metadata, such as tokens. A count of events takes none.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "mono"}),
    )
    event_name = forms.CharField(
        label="Events named",
        required=False,
        empty_value=None,
        max_length=event_rules.MAX_NAME_LENGTH,
        help_text="Exactly this name. Leave it empty for events of any name.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "mono", "list": "event-names"}),
    )

    def clean_event_name(self) -> str | None:
        name: str | None = self.cleaned_data["event_name"]
        return None if name is None else event_rules.check_event_name(name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "function" in cleaned and "property_name" in cleaned:
            try:
                check_aggregation(cleaned["function"], cleaned["property_name"])
            except ValidationError as error:
                self.add_error("property_name", error)
        return cleaned
