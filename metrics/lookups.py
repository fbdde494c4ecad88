"""Where the search box finds events and meters."""

from __future__ import annotations

from django.urls import reverse

from customers.external_ids import is_external_customer_id
from metrics.models import Event, Meter
from organizations.ids import parse_id
from organizations.models import Organization


def event_address(organization: Organization, text: str) -> str | None:
    """The page of the event whose own ID is `text`, or else our ID of it."""
    events = Event.objects.for_organization(organization)
    attempts = [events.filter(external_id=text)] if is_external_customer_id(text) else []
    if identity := parse_id(text):
        attempts.append(events.filter(id=identity))
    for attempt in attempts:
        event_id = attempt.values_list("id", flat=True).first()
        if event_id is not None:
            return reverse("dashboard:staff-event", args=[organization.slug, event_id])
    return None


def meter_address(organization: Organization, text: str) -> str | None:
    """The page of the meter whose ID is `text`."""
    identity = parse_id(text)
    if identity is None or not Meter.objects.for_organization(organization).filter(id=identity).exists():
        return None
    return reverse("dashboard:staff-meter", args=[organization.slug, identity])
