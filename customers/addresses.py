"""Billing addresses: contact data, kept as sent, whole."""

from __future__ import annotations

import re
from itertools import islice

from django.core.exceptions import ValidationError

from api.text import check_characters

PARTS = ("line1", "line2", "city", "state", "postal_code", "country")
MAX_LENGTH = 256
_COUNTRY = re.compile(r"[A-Z]{2}")

Address = dict[str, str | None]


def check_billing_address(value: object) -> Address:
    """`value` as an object of all six parts, absent ones null.

    Raises ValidationError, by part, for unknown parts, anything but strings, empty ones or over 256 characters, and a
    `country` that is not two capital letters (ISO 3166-1 alpha-2).
    """
    if not isinstance(value, dict):
        raise ValidationError(f"A billing address is a JSON object of {', '.join(PARTS)}.", code="invalid")
    errors: dict[str, ValidationError] = {}
    # One more than there are parts is enough to meet an unknown one.
    for part, text in islice(value.items(), len(PARTS) + 1):
        try:
            _check_part(part, text)
        except ValidationError as error:
            errors[str(part)] = error
    if errors:
        raise ValidationError(errors)
    return complete_address(value)


def complete_address(value: Address) -> Address:
    """`value` with all six parts, absent ones null. It isn't checked."""
    return {**dict.fromkeys(PARTS), **value}


def _check_part(part: object, text: object) -> None:
    if part not in PARTS:
        raise ValidationError(
            f"A billing address has no such part; it has {', '.join(PARTS)}.", code="unknown_field"
        )
    if text is None:
        return
    if not isinstance(text, str):
        raise ValidationError("This is a JSON string or null.", code="invalid")
    if text == "":
        raise ValidationError("This can't be empty. Leave it out, or send null.", code="blank")
    if len(text) > MAX_LENGTH:
        raise ValidationError(f"This has at most {MAX_LENGTH} characters.", code="max_length")
    check_characters(text)
    if part == "country" and not _COUNTRY.fullmatch(text):
        raise ValidationError(
            "A country is two capital letters (ISO 3166-1 alpha-2), such as DE.", code="invalid"
        )
