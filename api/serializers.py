"""Serializers that refuse what they don't know, and text that arrives as text or not at all."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import Any, ClassVar

from django.core.validators import EmailValidator, ProhibitNullCharactersValidator
from rest_framework import exceptions, serializers
from rest_framework.fields import empty
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from api.metadata import MAX_INTEGER, MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH, check_metadata
from api.query import MOST_REPORTED, suggestion
from api.text import PATTERN, check_characters
from organizations.ids import parse_id

_REPLACED = (ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator)


class StrictSerializer(serializers.Serializer[Any]):
    """Reads a JSON object with known fields only. Those that are read-only are known, but not the caller's to write.
    Of the fields in `exactly_one`, an object has one."""

    exactly_one: ClassVar[tuple[str, ...]] = ()

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and not self.allow_null:
            raise self._not_an_object()
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise self._not_an_object()
        refused = (name for name in data if not self._may_write(name))
        problems = {name: [self._unknown(name)] for name in islice(refused, MOST_REPORTED)}
        if self.exactly_one and sum(name in data for name in self.exactly_one) != 1:
            problems[self.exactly_one[0]] = [
                exceptions.ErrorDetail(
                    f"Send exactly one of {' and '.join(self.exactly_one)}.", code="exactly_one"
                )
            ]
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
            return self.refusal(name)
        writable = [known for known, field in self.fields.items() if not field.read_only]
        return exceptions.ErrorDetail(
            f"There is no such field. {suggestion(name, writable)}", code="unknown_field"
        )

    def refusal(self, name: str) -> exceptions.ErrorDetail:
        """Why the known field `name` can't be written."""
        return exceptions.ErrorDetail(
            "This field is set by the server. Leave it out.", code="read_only_field"
        )

    def _not_an_object(self) -> exceptions.ValidationError:
        if self.parent is not None:
            return exceptions.ValidationError("This must be a JSON object.", code="not_an_object")
        return exceptions.ValidationError(
            {"non_field_errors": ["The body must be a JSON object."]}, code="not_an_object"
        )


class TextField(serializers.CharField):
    """A JSON string, kept as sent: not trimmed, and never made from a number."""

    error_codes: ClassVar[tuple[str, ...]] = ("forbidden_character",)
    default_error_messages = {
        "invalid": "This must be a JSON string.",
        "blank": "This can't be empty. Send null for no value.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs["trim_whitespace"] = False
        super().__init__(**kwargs)
        if not self.allow_null:
            self.error_messages["blank"] = "This can't be empty."
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


class WholeNumberField(serializers.IntegerField):
    """A JSON integer: no text, no boolean, and no number with a fraction or an exponent, be it .0 or e2."""

    default_error_messages = {
        "invalid": "This must be a whole number, without quotes and without a decimal point.",
        "min_value": "This must be {min_value} or more.",
        "max_value": "This must be {max_value} or less.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        del self.error_messages["max_string_length"]

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class TrueOrFalseField(serializers.BooleanField):
    """A JSON boolean."""

    default_error_messages = {"invalid": "This must be true or false, without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class IDField(serializers.UUIDField):
    """One of our IDs, as a JSON string."""

    default_error_messages = {"invalid": "This must be an ID of ours, a UUID as a JSON string."}

    def to_internal_value(self, data: Any) -> uuid.UUID:
        identity = parse_id(data) if isinstance(data, str) else None
        if identity is None:
            self.fail("invalid")
        return identity


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
