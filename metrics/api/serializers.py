"""Events in JSON: what is read from a request and what is written to an answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import MetadataField, StrictSerializer, TextField
from customers.api.serializers import EXTERNAL_CUSTOMER_ID, ExternalCustomerIDField
from metrics.event_rules import MAX_NAME_LENGTH
from metrics.models import Event, EventName
from metrics.services.near_ids import REASONS, NearMatch
from metrics.services.unmatched import AboutUnmatched
from metrics.services.waiting import MAX_NAMES

_EVENT_ID = {
    **EXTERNAL_CUSTOMER_ID,
    "description": (
        "The event's ID in your own system, by the same rule as external customer IDs. An event whose ID is there "
        "already, however long ago, is a duplicate and left out, so that sending a call again stores nothing twice."
    ),
    "examples": ["call-8f14e45f", "order-17/line-3"],
}


class EventNameField(TextField):
    """What happened."""

    error_codes = (*TextField.error_codes, "blank", "max_length", "surrounding_white_space")

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "EventNameText", {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NAME_LENGTH,
            "description": "What happened, in your own words: visible characters, and spaces between such.",
            "examples": ["call", "image.generated"],
        }


class OwnIDField(serializers.Field[str, str, str, Any]):
    """An external customer ID as it comes, as a string; the service checks it."""

    error_codes = ExternalCustomerIDField.error_codes

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            return ExternalCustomerIDField().to_internal_value(data)
        return data

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "ExternalCustomerID", EXTERNAL_CUSTOMER_ID


class EventIDField(OwnIDField):
    """An event's own ID as it comes."""

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "EventID", _EVENT_ID


class CustomerIDField(TextField):
    """Our ID of a customer as it comes, as a string; the service looks for the customer."""

    error_codes = (*TextField.error_codes, "does_not_exist", "invalid", "one_of_two")

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "CustomerID", {"type": "string", "format": "uuid", "description": "Our ID of a customer."}


class TimestampField(TextField):
    """When an event happened, as it comes, as a string; the service reads it."""

    error_codes = (*TextField.error_codes, "invalid", "max_value", "min_value")

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "EventTimestamp", {
            "type": "string",
            "format": "date-time",
            "description": (
                "When it happened (RFC 3339): in the year 2000 or later, and at most five minutes from now. Unless it "
                "is sent, now."
            ),
            "examples": ["2026-01-31T12:00:00Z"],
        }


class EventWriteSerializer(StrictSerializer):
    """An event in a request, as far as its types go; what they may say is the service's business."""

    name = EventNameField(allow_blank=True)
    external_customer_id = OwnIDField(required=False, allow_null=True)
    customer_id = CustomerIDField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="Our ID of the customer, where you send no `external_customer_id`.",
    )
    timestamp = TimestampField(required=False, allow_null=True, allow_blank=True)
    external_id = EventIDField(required=False, allow_null=True)
    metadata = MetadataField(required=False)


class EventsWriteSerializer(StrictSerializer):
    """The events of a call."""

    events = EventWriteSerializer(many=True)


class IngestedSerializer(serializers.Serializer[Any]):
    """What became of the events of a call. They are stored for good."""

    inserted = serializers.IntegerField(help_text="How many were stored.")
    duplicates = serializers.IntegerField(help_text="How many were there already, by their own ID.")


class EventSerializer(serializers.Serializer[Event]):
    """One thing that a customer used."""

    id = serializers.UUIDField(help_text="Our ID of the event, a UUIDv7.")
    name = EventNameField()
    external_id = EventIDField(allow_null=True)
    customer_id = serializers.UUIDField(
        allow_null=True, help_text="Whose it is; null while nobody has its ID."
    )
    external_customer_id = ExternalCustomerIDField(
        allow_null=True, help_text="The customer's; while there is none, the one that the event waits under."
    )
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    received_at = serializers.DateTimeField(help_text="When it arrived here.")
    metadata = MetadataField()

    def to_representation(self, instance: Event) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "id": instance.id,
            "name": instance.name.name,
            "external_id": instance.external_id,
            "customer_id": instance.owner_id,
            "external_customer_id": instance.external_customer_id,
            "timestamp": instance.timestamp,
            "received_at": instance.received_at,
            "metadata": instance.metadata,
        }


class EventNameSerializer(serializers.Serializer[EventName]):
    """A name that events have."""

    name = EventNameField()
    first_received_at = serializers.DateTimeField(
        source="created_at", help_text="When the first event of this name arrived."
    )


class NearMatchSerializer(serializers.Serializer[NearMatch]):
    """A customer whose ID is nearly the one that events wait under."""

    customer_id = serializers.UUIDField(help_text="Our ID of the customer.")
    external_customer_id = ExternalCustomerIDField()
    reason = serializers.ChoiceField(
        choices=REASONS,
        help_text="What the IDs differ in: `letter_case`, or `compatibility_form`, as full-width letters do.",
    )


class UnmatchedIDSerializer(serializers.Serializer[AboutUnmatched]):
    """Events that no customer holds, under one external customer ID."""

    external_customer_id = ExternalCustomerIDField()
    count = serializers.IntegerField(help_text="How many events wait.")
    first_seen = serializers.DateTimeField(help_text="When the earliest of them happened.")
    last_seen = serializers.DateTimeField(help_text="When the latest of them happened.")
    names = serializers.ListField(child=EventNameField(), help_text=f"Their names, up to {MAX_NAMES}.")
    near_matches = NearMatchSerializer(many=True, help_text="Customers whose ID may have been meant.")
