"""Events for tests, sent as programs send them, and what the database then has."""

from __future__ import annotations

import datetime
from typing import Any

from metrics.models import Event
from metrics.new_events import NewEvent
from metrics.services.ingestion import Ingested, ingest_events
from organizations.models import Organization

AT = "2026-01-31T12:00:00Z"


def event(own_id: str | None = "cust_1", **fields: Any) -> dict[str, Any]:
    """An event of this external customer ID, in JSON."""
    named = {} if own_id is None else {"external_customer_id": own_id}
    return {"name": "call", **named, **fields}


def send(organization: Organization, *events: dict[str, Any]) -> Ingested:
    """The events through the service."""
    return ingest_events(organization=organization, events=[NewEvent(**fields) for fields in events])


def send_many(organization: Organization, timestamp: str) -> None:
    """3,000 events of this moment, each with another `n`."""
    for thousand in range(3):
        told = [{"n": 1000 * thousand + number} for number in range(1000)]
        send(organization, *(event(timestamp=timestamp, metadata=said) for said in told))


def stored(organization: Organization) -> list[Event]:
    """The organization's events, in the order in which they were sent."""
    found = Event.objects.for_organization(organization).select_related("name", "customer", "unmatched")
    return list(found.order_by("id"))


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
