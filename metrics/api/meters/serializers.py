"""Meters and their quantities in JSON."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import ValidationError
from rest_framework import exceptions, serializers

from api.metadata import MAX_KEY_LENGTH
from api.query import suggestion
from api.serializers import MetadataField, StrictSerializer, TextField, TrueOrFalseField
from customers.api.serializers import ExternalCustomerIDField
from metrics.api.serializers import EventNameField
from metrics.event_rules import check_event_name
from metrics.figures.periods import Interval
from metrics.meter_rules import MAX_NAME_LENGTH, Function, check_aggregation
from metrics.metering.amounts import Number
from metrics.metering.quantities import Quantities
from metrics.metering.ranking import MeteredCustomer
from metrics.models import Meter

_LARGEST = 2**63  # beyond which orjson writes no integer


class FunctionField(TextField):
    """The name of a function, to the letter."""

    error_codes = (*TextField.error_codes, "invalid_choice")

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text not in Function.values:
            raise exceptions.ValidationError(
                f"There is no such function. {suggestion(text, Function.values)}", code="invalid_choice"
            )
        return text

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "MeterFunction", {
            "type": "string",
            "enum": Function.values,
            "description": "What is made of the events: `count` is how many they are. The others look at one property "
            "of their metadata: `sum`, `min`, `max` and `avg` at the events in which it is a number, `unique` counts "
            "its different values.",
        }


class QuantityField(serializers.Field[Number | None, Any, Any, Any]):
    """A quantity."""

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "Quantity", {
            "type": ["number", "null"],
            "description": "A whole number has all its digits, however large; any other is the double that is nearest "
            "to the exact result. Without events it is 0, and for `min`, `max` and `avg` null.",
        }


class MeterAggregationSerializer(serializers.Serializer[Meter]):
    """What is made of the events."""

    function = FunctionField()
    property = serializers.CharField(
        allow_null=True,
        max_length=MAX_KEY_LENGTH,
        help_text="A key of the events' metadata; null for `count`.",
    )


class MeterFilterSerializer(serializers.Serializer[Meter]):
    """Which events count."""

    name = EventNameField(allow_null=True, help_text="Events of this name; null for those of any.")
    metadata = MetadataField(help_text="Events whose metadata says all of this, of the same types.")


class MeterSerializer(serializers.Serializer[Meter]):
    """A rule that counts events."""

    id = serializers.UUIDField(help_text="Our ID of the meter, a UUIDv7.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    aggregation = MeterAggregationSerializer()
    filter = MeterFilterSerializer()
    archived = serializers.BooleanField(help_text="Whether it is out of use. It still answers quantities.")
    created_at = serializers.DateTimeField()
    modified_at = serializers.DateTimeField()

    def to_representation(self, instance: Meter) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "id": instance.id,
            "name": instance.name,
            "aggregation": {"function": instance.function, "property": instance.property_name},
            "filter": {"name": instance.event_name, "metadata": instance.event_metadata},
            "archived": instance.is_archived,
            "created_at": instance.created_at,
            "modified_at": instance.modified_at,
        }


class MeterAggregationWriteSerializer(StrictSerializer):
    """What is to be made of the events."""

    function = FunctionField()
    property = TextField(
        required=False,
        allow_null=True,
        max_length=MAX_KEY_LENGTH,
        help_text="A key of the events' metadata. `count` takes none, the others one.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            check_aggregation(attrs["function"], attrs.get("property"))
        except ValidationError as error:
            raise ValidationError({"property": error}) from None
        return attrs


class MeterFilterWriteSerializer(StrictSerializer):
    """Which events are to count; without anything, all."""

    name = EventNameField(
        required=False,
        allow_null=True,
        validators=[check_event_name],
        help_text="Events of exactly this name; null, or unless sent, those of any.",
    )
    metadata = MetadataField(
        required=False,
        help_text='Events whose metadata says all of this. 1 and 1.0 are the same; 1, `"1"` and `true` aren\'t.',
    )


class MeterWriteSerializer(StrictSerializer):
    """A new meter in a request."""

    id = serializers.UUIDField(read_only=True)
    name = TextField(max_length=MAX_NAME_LENGTH, help_text="What you call it. Names may repeat.")
    aggregation = MeterAggregationWriteSerializer()
    filter = MeterFilterWriteSerializer(required=False)
    archived = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    modified_at = serializers.DateTimeField(read_only=True)


class MeterPatchSerializer(StrictSerializer):
    """What PATCH changes."""

    id = serializers.UUIDField(read_only=True)
    name = TextField(required=False, max_length=MAX_NAME_LENGTH)
    aggregation = serializers.DictField(read_only=True)
    filter = serializers.DictField(read_only=True)
    archived = TrueOrFalseField(
        required=False, help_text="`true` puts it out of use, `false` brings it back."
    )
    created_at = serializers.DateTimeField(read_only=True)
    modified_at = serializers.DateTimeField(read_only=True)

    def refusal(self, name: str) -> exceptions.ErrorDetail:
        if name in ("aggregation", "filter"):
            return exceptions.ErrorDetail(
                "What a meter counts is settled when it is created: quantities that were read would become others. "
                "Archive this one, and create another.",
                code="read_only_field",
            )
        return super().refusal(name)


class MeterPeriodSerializer(serializers.Serializer[Any]):
    """A period: the quantity of what lies in it and in the range."""

    start = serializers.DateTimeField(
        help_text="When the period begins in the time zone's calendar, in UTC. The first may begin before the range."
    )
    quantity = QuantityField()


class QuantitiesSerializer(serializers.Serializer[Quantities]):
    """A meter's quantities by period, and over the whole range."""

    meter_id = serializers.UUIDField()
    interval = serializers.ChoiceField(choices=[interval.value for interval in Interval])
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Not part of the range any more.")
    timezone = serializers.CharField()
    periods = MeterPeriodSerializer(
        many=True, help_text="All periods of the range in order, those without events too."
    )
    total = QuantityField(
        help_text="Over the whole range, which for averages and different values isn't the periods' sum."
    )


class MeteredCustomerSerializer(serializers.Serializer[MeteredCustomer]):
    """A customer's quantity over the range, or that of an external customer ID that nobody holds."""

    external_customer_id = ExternalCustomerIDField(
        allow_null=True, help_text="Null for a customer without one."
    )
    customer_id = serializers.UUIDField(allow_null=True, help_text="Null while nobody holds the external ID.")
    name = serializers.CharField(allow_null=True)
    quantity = QuantityField()


def quantities_body(meter: Meter, quantities: Quantities) -> dict[str, Any]:
    """As QuantitiesSerializer describes it."""
    span = quantities.span
    return {
        "meter_id": meter.id,
        "interval": span.interval.value,
        "start": span.start,
        "end": span.end,
        "timezone": span.zone.key,
        "periods": [
            {"start": period.start, "quantity": _written(period.quantity)} for period in quantities.periods
        ],
        "total": _written(quantities.total),
    }


def metered_customer(row: MeteredCustomer) -> dict[str, Any]:
    """As MeteredCustomerSerializer describes it."""
    return {
        "external_customer_id": row.external_customer_id,
        "customer_id": row.customer_id,
        "name": row.name,
        "quantity": _written(row.quantity),
    }


def _written(quantity: Number | None) -> Any:
    """The quantity for JSON, in which a whole number may have any number of digits."""
    if isinstance(quantity, int) and not -_LARGEST < quantity < _LARGEST:
        return orjson.Fragment(str(quantity))
    return quantity
