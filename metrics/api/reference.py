"""What the reference says of the events API."""

from __future__ import annotations

from api.reference import Operation, Parameter
from api.text import PATTERN
from customers.api.serializers import ExternalCustomerIDField
from metrics.api.serializers import (
    EventNameSerializer,
    EventSerializer,
    EventsWriteSerializer,
    IngestedSerializer,
    UnmatchedIDSerializer,
)
from metrics.event_rules import MAX_NAME_LENGTH
from metrics.new_events import MAX_EVENTS

EVENT = {
    "id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f91",
    "name": "call",
    "external_id": "call-8f14e45f",
    "customer_id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90",
    "external_customer_id": "cust_123",
    "timestamp": "2026-01-31T12:00:00Z",
    "received_at": "2026-01-31T12:00:02.123456Z",
    "metadata": {"model": "large", "tokens": 1250},
}

UNMATCHED = {
    "external_customer_id": "CUST_123",
    "count": 1250,
    "first_seen": "2026-01-01T00:00:00Z",
    "last_seen": "2026-01-31T12:00:00Z",
    "names": ["call", "login"],
    "near_matches": [
        {
            "customer_id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90",
            "external_customer_id": "cust_123",
            "reason": "letter_case",
        }
    ],
}

_TIME = {"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]}

EVENT_ID = Parameter(
    name="event_id",
    location="path",
    description="Our ID of the event.",
    schema={"type": "string", "format": "uuid"},
)
FILTERS = (
    Parameter(
        name="external_customer_id",
        description=(
            "Events of the customer who holds this external ID now; while nobody does, those that wait under it. "
            "Never those of a deleted customer who held it before."
        ),
        schema={"$ref": "#/components/schemas/ExternalCustomerID"},
        codes=ExternalCustomerIDField.error_codes,
    ),
    Parameter(
        name="customer_id",
        description="Events of this customer, by our ID; a deleted one keeps its events.",
        schema={"type": "string", "format": "uuid"},
    ),
    Parameter(
        name="name",
        description="Events of exactly this name.",
        schema={"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": PATTERN},
        codes=("max_length",),
    ),
    Parameter(name="start", description="Events of this moment (RFC 3339) or later.", schema=_TIME),
    Parameter(name="end", description="Events before this moment (RFC 3339).", schema=_TIME),
    Parameter(
        name="unmatched",
        description="Events that no customer holds (`true`), or those that one does (`false`).",
        schema={"type": "string", "enum": ["true", "false"]},
    ),
)

INGESTION_OPERATIONS = {
    "ingest": Operation(
        id="ingest_events",
        summary="Send events",
        description=(
            f"Stores up to {MAX_EVENTS:,} events, all of them or none: one that is wrong refuses the call, and every "
            "wrong one is named by its place, as in `events.3.name`. The answer comes when they are stored for "
            "good.\n\n"
            "Give each event an `external_id` of your own. Then a call whose answer got lost can simply be sent again: "
            "what is there already counts as a duplicate and is left as it is.\n\n"
            "Customers need not exist yet. An event under an external customer ID that nobody holds waits, and becomes "
            "the customer's who gets that ID first."
        ),
        answers={200: "The events are stored."},
        request=EventsWriteSerializer,
        request_examples={
            "Two events": {
                "events": [
                    {
                        "name": "call",
                        "external_customer_id": "cust_123",
                        "external_id": "call-8f14e45f",
                        "timestamp": "2026-01-31T12:00:00Z",
                        "metadata": {"model": "large", "tokens": 1250},
                    },
                    {"name": "login", "external_customer_id": "cust_124"},
                ]
            }
        },
        response=IngestedSerializer,
        response_examples={"Both were new": {"inserted": 2, "duplicates": 0}},
        codes=("number_of_events",),
    ),
}

OPERATIONS = {
    "list": Operation(
        id="list_events",
        summary="List events",
        description="The organization's events, page by page, narrowed by the filters, which must all fit.",
        answers={200: "A page of events."},
        response=EventSerializer,
        response_examples={"The only page": {"results": [EVENT], "next": None, "previous": None}},
        parameters=FILTERS,
    ),
    "retrieve": Operation(
        id="get_event",
        summary="Get an event",
        description="One event, by our ID.",
        answers={200: "The event."},
        response=EventSerializer,
        response_examples={"An event": EVENT},
        parameters=(EVENT_ID,),
    ),
}

NAME_OPERATIONS = {
    "list": Operation(
        id="list_event_names",
        summary="List the names of events",
        description="Every name that the organization's events have.",
        answers={200: "A page of names."},
        response=EventNameSerializer,
        response_examples={
            "The only page": {
                "results": [{"name": "call", "first_received_at": "2026-01-31T12:00:02.123456Z"}],
                "next": None,
                "previous": None,
            }
        },
    ),
}

UNMATCHED_OPERATIONS = {
    "list": Operation(
        id="list_unmatched_events",
        summary="List unmatched events",
        description=(
            "Events that no customer holds yet, grouped by the external customer ID that they came under. Create a "
            "customer with that ID, and from that moment on they are the customer's. Near matches are customers "
            "whose ID differs in letter case or in Unicode's compatibility forms alone, which often means that the "
            "sender spells it differently."
        ),
        answers={200: "A page of IDs."},
        response=UnmatchedIDSerializer,
        response_examples={"The only page": {"results": [UNMATCHED], "next": None, "previous": None}},
    ),
}
