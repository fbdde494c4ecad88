"""Metadata: the integrator's own small facts about a thing, the same rule on every resource that has them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from api.nested import in_one_list
from api.text import check_characters

MAX_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_TEXT_LENGTH = 500
MAX_INTEGER = 2**53

Metadata = dict[str, str | int | float | bool]


def check_metadata(value: object) -> Metadata:
    """`value`, unchanged, when it is an object of at most 50 keys (1–40 characters each) whose values are strings of
    at most 500 characters, booleans, or numbers within ±2^53, beyond which JSON readers disagree about integers.

    Raises ValidationError: a dict by key where a key is at fault.
    """
    if not isinstance(value, dict):
        raise ValidationError("Metadata is a JSON object of keys and simple values.", code="invalid")
    if len(value) > MAX_KEYS:
        raise ValidationError(
            f"Metadata has at most {MAX_KEYS} keys; this would make {len(value)}.", code="too_many_keys"
        )
    errors: dict[str, ValidationError] = {}
    for name, item in value.items():
        if _is_ordinary(name, item):
            continue
        try:
            _check_key(name)
            _check_value(item)
        except ValidationError as error:
            errors[name if isinstance(name, str) else str(name)] = error
    if errors:
        raise ValidationError(errors)
    return value


def merge_metadata(stored: Metadata, changes: dict[str, Any]) -> dict[str, Any]:
    """`stored` with `changes` laid over it; a key whose new value is None is removed."""
    merged = {**stored, **changes}
    return {name: item for name, item in merged.items() if item is not None}


def _is_ordinary(name: object, item: object) -> bool:
    """Whether nothing can be wrong with them: told with less work than what is wrong."""
    if name.__class__ is not str or not 1 <= len(name) <= MAX_KEY_LENGTH or not name.isprintable():
        return False
    if item.__class__ is str:
        return len(item) <= MAX_TEXT_LENGTH and item.isprintable()
    if item.__class__ is int or item.__class__ is float:
        return -MAX_INTEGER <= item <= MAX_INTEGER
    return item.__class__ is bool


def _check_key(name: object) -> None:
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_KEY_LENGTH:
        raise ValidationError(f"A metadata key has 1 to {MAX_KEY_LENGTH} characters.", code="invalid_key")
    check_characters(name)


def _check_value(item: object) -> None:
    if isinstance(item, bool):
        return
    if isinstance(item, str):
        if len(item) > MAX_TEXT_LENGTH:
            raise ValidationError(
                f"A metadata value has at most {MAX_TEXT_LENGTH} characters; this has {len(item)}.",
                code="too_long",
            )
        check_characters(item)
    elif isinstance(item, int | float):
        if not -MAX_INTEGER <= item <= MAX_INTEGER:  # false for NaN too
            raise ValidationError(
                "A number in metadata lies within ±2^53. Send it as a string.", code="out_of_range"
            )
    elif item is None:
        raise ValidationError("null only removes a key, in PATCH.", code="null")
    else:
        raise ValidationError("A metadata value is a string, a number or a boolean.", code="invalid")


class MetadataField(models.JSONField):
    """The column of metadata; an empty object when there are none."""

    # Django skips the checks of a `blank` field for these: an empty list or null is no metadata, but an error.
    empty_values = [{}]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["default"] = dict
        kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        try:
            check_metadata(value)
        except ValidationError as error:
            raise in_one_list(error) from None
