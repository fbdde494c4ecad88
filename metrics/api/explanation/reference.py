"""What the reference says of explanations."""

from __future__ import annotations

from api.reference import Operation, Parameter
from api.text import PATTERN
from metrics.api.explanation.serializers import ExplanationSerializer
from metrics.api.reference import EVENT, UNMATCHED

_CUSTOMER = {"id": EVENT["customer_id"], "external_customer_id": "cust_123", "deleted_at": None}
_NOTHING: dict[str, object] = {
    "problem": None,
    "customer": None,
    "event": None,
    "day": None,
    "duplicates": None,
    "meters": [],
    "unmatched": None,
    "near_matches": [],
    "near_waiting": [],
    "near_event_ids": [],
    "earlier_holders": [],
    "last_events": [],
    "sent_again": [],
}
OF_AN_EVENT = {
    **_NOTHING,
    "about": "event",
    "status": "counted",
    "reasons": [
        {
            "code": "happened",
            "detail": "It counts on January 31, 2026 in the time zone Europe/Berlin.",
            "at": EVENT["timestamp"],
        },
        {
            "code": "arrived",
            "detail": "It was stored. It came under the external ID “cust_123”.",
            "at": EVENT["received_at"],
        },
        {
            "code": "held_on_arrival",
            "detail": "It is the customer’s who held this ID at that moment, and stays theirs.",
            "at": EVENT["received_at"],
        },
        {
            "code": "sent_again",
            "detail": "It was sent again once. An event of the same own ID is a duplicate: the "
            "first one stays as it is.",
            "at": "2026-01-31T12:05:00Z",
        },
        {
            "code": "said_otherwise",
            "detail": "Sent again, it had another external customer ID (as the event of “cust_124”). That was left "
            "out, since the first one stays.",
            "at": "2026-01-31T12:05:00Z",
        },
    ],
    "external_customer_id": "cust_123",
    "customer": _CUSTOMER,
    "event": EVENT,
    "day": "2026-01-31",
    "duplicates": {
        "count": 1,
        "first_at": "2026-01-31T12:05:00Z",
        "last_at": "2026-01-31T12:05:00Z",
        "differed_at": "2026-01-31T12:05:00Z",
        "differences": ["external_customer_id"],
        "external_customer_id": "cust_124",
    },
}
OF_AN_ID = {
    **_NOTHING,
    "about": "external_customer_id",
    "status": "waiting",
    "reasons": [
        {
            "code": "events_wait",
            "detail": "1,250 events wait under this ID, of “call” and “login”. The earliest happened on Jan 1, 2026, "
            "00:00 UTC. They become the customer’s who gets it first.",
            "at": UNMATCHED["last_seen"],
        },
        {
            "code": "unheld",
            "detail": "No customer holds this ID now. What arrives under it waits for one.",
            "at": None,
        },
        {
            "code": "near_match",
            "detail": "A customer holds “cust_123”, the same letters in another case.",
            "at": None,
        },
    ],
    "external_customer_id": "CUST_123",
    "unmatched": UNMATCHED,
    "near_matches": UNMATCHED["near_matches"],
    "last_events": [{**EVENT, "customer_id": None, "external_customer_id": "CUST_123"}],
}
_TEXT = {"type": "string", "minLength": 1, "pattern": PATTERN}

EXPLANATION_OPERATIONS = {
    "explain": Operation(
        id="explain_events",
        summary="Explain whose usage is, and why",
        description=(
            "Answers “Why is this usage not on this customer?”. Ask about one of three: an event by our ID or by its "
            "own, or an external customer ID. The answer says when an event arrived, under which ID, whose it became "
            "and why, or that it waits, how often it was sent again and what that said otherwise; or who holds an ID "
            "and held it, what waits under it, and which IDs are nearly the same.\n\n"
            "That there is no such event, or that an ID isn't well formed, is an answer too, with its own `status`. "
            "Make decisions by `status`, by `code` and by the facts: the sentences are for people and may change."
        ),
        answers={200: "The explanation."},
        response=ExplanationSerializer,
        response_examples={
            "An event that was sent again for another customer": OF_AN_EVENT,
            "An ID in another letter case": OF_AN_ID,
        },
        parameters=(
            Parameter(
                name="event_id",
                description="Our ID of an event.",
                schema={"type": "string", "format": "uuid"},
                codes=("invalid", "exactly_one"),
            ),
            Parameter(name="external_id", description="An event's own ID.", schema=_TEXT, codes=()),
            Parameter(
                name="external_customer_id",
                description="Any text that should be an external customer ID, well formed or not.",
                schema=_TEXT,
                codes=(),
            ),
        ),
    ),
}
