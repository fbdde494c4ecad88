"""Serializers that refuse what they don't know, and text that arrives as text or not at all."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.validators import EmailValidator, ProhibitNullCharactersValidator
from rest_framework import exceptions, serializers
from rest_framework.fields import empty
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from api.metadata import MAX_INTEGER, MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH, check_metadata
from api.query import MOST_REPORTED, suggestion
from api.text import PATTERN, check_characters

_REPLACED = (ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator)


class StrictSerializer(serializers.Serializer[Any]):
    """Reads a JSON object with known fields only. `read_only_fields` are known, but not the caller's to write."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and not self.allow_null:
            raise _not_an_object()
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise _not_an_object()
        refused = (name for name in data if not self._may_write(name))
        problems = {name: [self._unknown(name)] for name in islice(refused, MOST_REPORTED)}
        try:
            value = super().to_internal_value(data)
        except exceptions.ValidationError as error:
            if not problems:
                raise
            raise exceptions.ValidationError({**error.detail, **problems}) from None  # type: ignore[dict-item]
        if problems:
            raise exceptions.ValidationError(problems)
        return value

    def _may_write(self, name: str) -> bool:
        field = self.fields.get(name)
        return field is not None and not field.read_only

    def _unknown(self, name: str) -> exceptions.ErrorDetail:
        if name in self.fields:
            return exceptions.ErrorDetail(
                "This field is set by the server. Leave it out.", code="read_only_field"
            )
        writable = [known for known, field in self.fields.items() if not field.read_only]
        return exceptions.ErrorDetail(
            f"There is no such field. {suggestion(name, writable)}", code="unknown_field"
        )


def _not_an_object() -> exceptions.ValidationError:
    return exceptions.ValidationError(
        {"non_field_errors": ["The body must be a JSON object."]}, code="not_an_object"
    )


class TextField(serializers.CharField):
    """A JSON string, kept as sent: not trimmed, and never made from a number."""

    error_codes = ("forbidden_character",)
    default_error_messages = {
        "invalid": "This must be a JSON string.",
        "blank": "This can't be empty. Send null for no value.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs["trim_whitespace"] = False
        super().__init__(**kwargs)
        # One rule for all texts, in place of the framework's own two.
        self.validators = [
            *(found for found in self.validators if not isinstance(found, _REPLACED)),
            check_characters,
        ]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class EmailField(TextField):
    """A JSON string that is an e-mail address of at most 254 characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        self.validators.append(EmailValidator("This must be an e-mail address."))


class MetadataField(serializers.Field[Any, Any, Any, Any]):
    """Metadata. With `removals`, a null stands for a key to remove and is passed on."""

    error_codes = (
        *TextField.error_codes,
        *("invalid", "invalid_key", "null", "out_of_range", "too_long", "too_many_keys"),
    )

    def __init__(self, *, removals: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.removals = removals

    def to_internal_value(self, data: Any) -> Any:
        if self.removals and isinstance(data, dict):
            removed = [name for name, value in data.items() if value is None]
            kept = {name: value for name, value in data.items() if value is not None}
            check_metadata(kept)
            check_metadata(dict.fromkeys(removed, ""))
        else:
            check_metadata(data)
        return data

    def to_representation(self, value: Any) -> Any:
        return value

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        kinds = ["string", "number", "boolean"]
        description = (
            f"Your own small facts, kept and never interpreted: at most {MAX_KEYS} keys of up to {MAX_KEY_LENGTH} "
            f"characters; strings of up to {MAX_TEXT_LENGTH} characters, numbers within ±2^53, booleans."
        )
        if self.removals:
            kinds.append("null")
            description += " What you send is laid over what is stored; null removes a key."
        return "MetadataChanges" if self.removals else "Metadata", {
            "type": "object",
            "description": description,
            "maxProperties": MAX_KEYS,
            "propertyNames": {"minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": PATTERN},
            "additionalProperties": {
                "type": kinds,
                "maxLength": MAX_TEXT_LENGTH,
                "pattern": PATTERN,
                "minimum": -MAX_INTEGER,
                "maximum": MAX_INTEGER,
            },
            "examples": [{"plan": "gold", "seats": 12, "vat_exempt": False}],
        }
