"""Explanations in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from customers.api.serializers import ExternalCustomerIDField
from metrics.api.serializers import EventIDField, EventSerializer, UnmatchedIDSerializer
from metrics.explanation.told import Code, Explanation, Reason, Status
from metrics.models import Difference, Duplicates
from metrics.services.near_ids import IN_WORDS, REASONS_OF_ANY_TEXT, NearMatch


class ReasonSerializer(serializers.Serializer[Reason]):
    """One thing that happened, or holds."""

    code = serializers.ChoiceField(choices=Code.values, help_text="What it is about. More may be added.")
    detail = serializers.CharField(help_text="For people: a sentence or two.")
    at = serializers.DateTimeField(
        allow_null=True, help_text="When it happened; null for what holds at the moment."
    )


class ExplainedCustomerSerializer(serializers.Serializer[Any]):
    """Whose it is."""

    id = serializers.UUIDField(help_text="Our ID of the customer.")
    external_customer_id = ExternalCustomerIDField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True, help_text="Null for a customer who is there.")


class DuplicatesSerializer(serializers.Serializer[Duplicates]):
    """That an event was sent again. The first one stays as it is."""

    count = serializers.IntegerField(min_value=1, help_text="How often.")
    first_at = serializers.DateTimeField(help_text="When for the first time.")
    last_at = serializers.DateTimeField(help_text="When for the last time.")
    differed_at = serializers.DateTimeField(
        allow_null=True, help_text="When it last said anything else than the event; null for never."
    )
    differences = serializers.ListField(
        child=serializers.ChoiceField(choices=Difference.values), help_text="What that was."
    )
    external_customer_id = ExternalCustomerIDField(
        allow_null=True, help_text="Whose it was then, when it is another’s than the event’s."
    )


class CountingMeterSerializer(serializers.Serializer[Any]):
    """A meter that counts the event."""

    id = serializers.UUIDField(help_text="Our ID of the meter.")
    name = serializers.CharField()


class ExplainedNearMatchSerializer(serializers.Serializer[NearMatch]):
    """A customer whose ID is nearly the one in question."""

    customer_id = serializers.UUIDField(help_text="Our ID of the customer.")
    external_customer_id = ExternalCustomerIDField()
    reason = serializers.ChoiceField(
        choices=REASONS_OF_ANY_TEXT,
        help_text="What its ID is: "
        + "; ".join(f"`{name}`, {IN_WORDS[name].replace('’', chr(39))}" for name in REASONS_OF_ANY_TEXT)
        + ".",
    )


class NearWaitingSerializer(serializers.Serializer[Any]):
    """Events that wait under nearly the same ID."""

    external_customer_id = ExternalCustomerIDField()
    count = serializers.IntegerField(help_text="How many.")
    last_seen = serializers.DateTimeField(help_text="When the latest of them happened.")


class EarlierHolderSerializer(serializers.Serializer[Any]):
    """A deleted customer who held the ID. Nobody inherits from them."""

    customer_id = serializers.UUIDField(
        help_text="Our ID of the customer; `GET /v1/events` finds theirs by it."
    )
    deleted_at = serializers.DateTimeField()
    events = serializers.IntegerField(help_text="How many events are theirs; counted to 1,000.")
    has_more_events = serializers.BooleanField(help_text="Whether there are more than were counted.")


class SentAgainSerializer(serializers.Serializer[Any]):
    """Another's event that was sent again under this ID, and stayed where it was."""

    event_id = serializers.UUIDField(help_text="Our ID of the event.")
    external_id = EventIDField(allow_null=True)
    external_customer_id = ExternalCustomerIDField(allow_null=True, help_text="Whose it is.")
    differed_at = serializers.DateTimeField(allow_null=True, help_text="When it was sent under this ID.")


class ExplanationSerializer(serializers.Serializer[Explanation]):
    """What happened to an event, or under an external customer ID: `reasons` in words, the rest as facts."""

    about = serializers.ChoiceField(choices=["event", "external_customer_id"])
    status = serializers.ChoiceField(
        choices=Status.values,
        help_text="Of an event: `counted`, it is its customer's; `being_bound`, it is, and that is being written; "
        "`waiting`, nobody holds its ID; `unknown`, there is none. Of an external customer ID: `held`; `waiting`, "
        "nobody holds it and events wait; `unheld`; `ill_formed`.",
    )
    reasons = ReasonSerializer(
        many=True, help_text="In the order in which it happened; what holds at the moment comes last."
    )
    external_customer_id = serializers.CharField(
        allow_null=True, help_text="The event's, or the one that was asked about, well formed or not."
    )
    problem = serializers.CharField(
        allow_null=True, help_text="The code that an ill-formed ID is refused with; null otherwise."
    )
    customer = ExplainedCustomerSerializer(
        allow_null=True, help_text="Whose the event is, deleted or not; or who holds the ID now."
    )
    event = EventSerializer(allow_null=True)
    day = serializers.DateField(
        allow_null=True, help_text="The day of the organization's time zone in which the event counts."
    )
    duplicates = DuplicatesSerializer(
        allow_null=True, help_text="That the event was sent again; null when it wasn't."
    )
    meters = CountingMeterSerializer(many=True, help_text="The meters that count the event.")
    unmatched = UnmatchedIDSerializer(
        allow_null=True, help_text="What waits under the external customer ID that was asked about."
    )
    near_matches = ExplainedNearMatchSerializer(many=True, help_text="Customers who may have been meant.")
    near_waiting = NearWaitingSerializer(
        many=True, help_text="Events that may have been meant for the ID that was asked about."
    )
    near_event_ids = serializers.ListField(
        child=EventIDField(), help_text="Own IDs of events that may have been meant."
    )
    earlier_holders = EarlierHolderSerializer(
        many=True, help_text="The last of those who held the ID that was asked about, and were deleted."
    )
    last_events = EventSerializer(
        many=True, help_text="The latest events under the ID that was asked about, of its holder."
    )
    sent_again = SentAgainSerializer(many=True)


def explanation_body(explained: Explanation) -> dict[str, Any]:
    """As ExplanationSerializer describes it."""
    events = EventSerializer()
    customer, duplicates = explained.customer, explained.duplicates
    return {
        "about": explained.about,
        "status": explained.status.value,
        "reasons": [
            {"code": reason.code.value, "detail": reason.detail, "at": reason.at}
            for reason in explained.reasons
        ],
        "external_customer_id": explained.external_customer_id,
        "problem": explained.problem,
        "customer": None
        if customer is None
        else {
            "id": customer.id,
            "external_customer_id": customer.external_customer_id,
            "deleted_at": customer.deleted_at,
        },
        "event": explained.event and events.to_representation(explained.event),
        "day": explained.day,
        "duplicates": None if duplicates is None else DuplicatesSerializer(duplicates).data,
        "meters": [{"id": meter.id, "name": meter.name} for meter in explained.meters],
        "unmatched": None if explained.unmatched is None else UnmatchedIDSerializer(explained.unmatched).data,
        "near_matches": [ExplainedNearMatchSerializer(match).data for match in explained.near_matches],
        "near_waiting": NearWaitingSerializer(explained.near_waiting, many=True).data,
        "near_event_ids": explained.near_event_ids,
        "earlier_holders": [
            {
                "customer_id": earlier.customer_id,
                "deleted_at": earlier.deleted_at,
                "events": earlier.events.number,
                "has_more_events": earlier.events.is_capped,
            }
            for earlier in explained.earlier_holders
        ],
        "last_events": [events.to_representation(event) for event in explained.last_events],
        "sent_again": [
            {
                "event_id": again.event.id,
                "external_id": again.event.external_id,
                "external_customer_id": again.event.external_customer_id,
                "differed_at": again.differed_at,
            }
            for again in explained.sent_again
        ],
    }
