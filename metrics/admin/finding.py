"""How support finds events and what they wait under: by whole IDs, each way a look-up in an index, in every
organization. A customer may have any number of events, so the latest of them are found."""

from __future__ import annotations

import uuid

from checkout.admin.finding import customers_meant
from customers.external_ids import is_external_customer_id
from metrics.models import Event, UnmatchedID
from organizations.ids import parse_id
from organizations.models import Organization

MOST_EVENTS = 200
MOST_IDS = 20  # customers, and IDs that events wait under, of whom events are looked for


def events_meant(text: str) -> list[uuid.UUID]:
    """The IDs of the events that `text` names: by our ID or their own, or by their customer or what they wait under."""
    events = Event.objects.order_by("-timestamp", "-id").values_list("id", flat=True)
    found: list[uuid.UUID] = []
    if (identity := parse_id(text)) is not None:
        found += events.filter(id=identity)
    if is_external_customer_id(text):
        found += events.filter(organization__in=Organization.objects.values("id"), external_id=text)[
            :MOST_EVENTS
        ]
    for customer in customers_meant(text)[:MOST_IDS]:
        found += events.filter(customer=customer)[:MOST_EVENTS]
    for unmatched_id in unmatched_meant(text)[:MOST_IDS]:
        found += events.filter(unmatched=unmatched_id, customer__isnull=True)[:MOST_EVENTS]
    return found


def unmatched_meant(text: str) -> list[uuid.UUID]:
    """The IDs of what events wait, or waited, under that `text` names: by the external customer ID while nobody has got
    it, or by the customer who got it."""
    rows = UnmatchedID.objects
    found: list[uuid.UUID] = []
    if (identity := parse_id(text)) is not None:
        found += rows.filter(id=identity).values_list("id", flat=True)
    if is_external_customer_id(text):
        waiting = rows.open().filter(organization__in=Organization.objects.values("id"))
        found += waiting.filter(external_customer_id=text).values_list("id", flat=True)[:MOST_EVENTS]
    for customer in customers_meant(text)[:MOST_IDS]:
        unbound = rows.for_organization(customer.organization_id).unbound().filter(customer=customer)
        found += unbound.values_list("id", flat=True)
    return found
