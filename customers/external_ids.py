"""What an external customer ID is. The one implementation: every way in calls `check_external_customer_id`, through
`ExternalCustomerIDField` (models, forms, admin) or directly (serializers, filters, bulk paths).

An external customer ID is stored exactly as it was sent. So nothing here repairs a value: what can't be kept as sent
is refused, and the refusal says why in words that an integrator can act on.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

MAX_LENGTH = 255

_PLACEHOLDERS = frozenset({"null", "undefined", "none", "nan", "nil", "[object object]"})
_DOT_SEGMENTS = frozenset({".", ".."})
_REFUSED_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible format character",
    "Cs": "half of a surrogate pair",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}


def check_external_customer_id(value: object) -> str:
    """`value`, unchanged, when it is a well-formed external customer ID.

    Well formed is a string of 1 to 255 Unicode code points, in Normalization Form C, without white space at either
    end and without control, format, surrogate, line- or paragraph-separator characters (general categories Cc, Cf,
    Cs, Zl, Zp of the Unicode database that this Python carries), that is not `.` or `..` (URLs lose them) and not
    what a bug leaves behind for "no value" (`null`, `undefined`, `none`, `nan`, `nil`, `[object Object]`).

    Raises ValidationError with one of the codes `not_a_string`, `blank`, `too_long`, `forbidden_character`,
    `surrounding_white_space`, `not_normalized`, `dot_segment`, `placeholder`.
    """
    if not isinstance(value, str):
        raise ValidationError(
            f"An external customer ID is a JSON string; this is {_json_type(value)}. Send it in quotes.",
            code="not_a_string",
        )
    if value == "":
        raise ValidationError(
            "An external customer ID can't be empty. Leave the field out, or send null, for a customer without one.",
            code="blank",
        )
    if len(value) > MAX_LENGTH:
        raise ValidationError(
            f"An external customer ID has at most {MAX_LENGTH} characters; this has {len(value)}.",
            code="too_long",
        )
    if not (value.isascii() and value.isprintable()):
        _check_characters(value)
    if value[0].isspace() or value[-1].isspace():
        where = "starts" if value[0].isspace() else "ends"
        raise ValidationError(
            f"This external customer ID {where} with white space, which would be kept. Remove it.",
            code="surrounding_white_space",
        )
    if value in _DOT_SEGMENTS:
        raise ValidationError(
            f"“{value}” can't be an external customer ID: URLs drop it as a relative path.",
            code="dot_segment",
        )
    if value.lower() in _PLACEHOLDERS:
        raise ValidationError(
            f"“{value}” is what a bug writes for “no value”, so it can't be an external customer ID. "
            "Send null for a customer without one.",
            code="placeholder",
        )
    return value


def is_external_customer_id(value: str) -> bool:
    """Whether `value` is well formed; an ill-formed one in a path names nobody, which is a 404 and not an error."""
    try:
        check_external_customer_id(value)
    except ValidationError:
        return False
    return True


def _check_characters(value: str) -> None:
    for position, character in enumerate(value, start=1):
        reason = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if reason is not None:
            name = unicodedata.name(character, "")
            raise ValidationError(
                f"Character {position} of this external customer ID is U+{ord(character):04X}"
                f"{f' {name}' if name else ''}, {reason}, which can't be told apart by eye. Remove it.",
                code="forbidden_character",
            )
    if not unicodedata.is_normalized("NFC", value):
        raise ValidationError(
            "This external customer ID isn't in Unicode Normalization Form C, so that a look-alike could be another "
            "customer. Normalize it to NFC in your system and send the result.",
            code="not_normalized",
        )


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list | tuple):
        return "an array"
    return "an object"


class ExternalCustomerIDFormField(forms.CharField):
    """A form's external customer ID: an empty box is "none", and nothing is trimmed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["strip"] = False
        kwargs.setdefault("empty_value", None)
        super().__init__(**kwargs)

    def run_validators(self, value: Any) -> None:
        # The model's field says it all, once; CharField's own would say the length in other words.
        if value not in self.empty_values:
            check_external_customer_id(value)


class ExternalCustomerIDField(models.CharField):  # type: ignore[type-arg]
    """The column: null for none, compared and sorted by code point, whatever the database's own locale."""

    # Django skips the checks of a `blank` field for these; "" is an error here, never "none".
    empty_values = [None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = MAX_LENGTH
        kwargs["db_collation"] = "C"
        kwargs["null"] = kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        # Not CharField's, which would turn a number into the string that nobody sent.
        return value

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return None if value is None else check_external_customer_id(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": ExternalCustomerIDFormField, "max_length": None, **kwargs})
