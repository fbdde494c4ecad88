"""What a meter can be told to count. The one implementation: the model, the API's serializer and the dashboard's form
call it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from api.metadata import MAX_KEY_LENGTH

MAX_NAME_LENGTH = 256
MAX_PROPERTY_LENGTH = MAX_KEY_LENGTH


class Function(models.TextChoices):
    """What is made of the events: how many they are, or something of the values of a property of theirs."""

    COUNT = "count", "How many events"
    SUM = "sum", "Sum of a property"
    MIN = "min", "Smallest value of a property"
    MAX = "max", "Largest value of a property"
    AVG = "avg", "Average of a property"
    UNIQUE = "unique", "Different values of a property"


def check_aggregation(function: str, property_name: str | None) -> None:
    """Raises ValidationError when the property isn't what `function` takes: none to count, one for the rest."""
    if property_name == "":
        raise ValidationError("A property is a key of the events' metadata, and none is empty.", code="blank")
    if function == Function.COUNT and property_name is not None:
        raise ValidationError(
            "count is how many events there are, whatever they say. Leave the property out, or choose another "
            "function.",
            code="property_not_used",
        )
    if function != Function.COUNT and property_name is None:
        raise ValidationError(
            f"Say which property of the events' metadata {function} is of.", code="required"
        )
