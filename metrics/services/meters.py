"""The only writers of meters, and which of them count an event."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from api.metadata import Metadata
from metrics.metering.rule import CONDITION
from metrics.models import Event, Meter
from organizations.models import Organization

_COUNTING = f"""
SELECT meter.* FROM events AS event
JOIN event_names AS event_name ON event_name.id = event.name_id
JOIN meters AS meter ON meter.organization_id = event.organization_id AND meter.archived_at IS NULL
WHERE event.organization_id = %(organization)s AND event.id = %(event)s AND {CONDITION}
ORDER BY meter.name, meter.id
"""  # noqa: S608  (the condition is written in this app)


class MeterChanges(TypedDict, total=False):
    """What may be written of a meter that exists."""

    name: str
    archived: bool


def create_meter(
    *,
    organization: Organization,
    name: str,
    function: str,
    property_name: str | None = None,
    event_name: str | None = None,
    event_metadata: Metadata | None = None,
) -> Meter:
    """A new meter, which counts what happened before it too. Without `event_name` and `event_metadata` it counts every
    event. Raises ValidationError by field."""
    meter = Meter(
        organization=organization,
        name=name,
        function=function,
        property_name=property_name,
        event_name=event_name,
        event_metadata={} if event_metadata is None else event_metadata,
    )
    meter.modified_at = meter.created_at
    meter.full_clean()
    meter.save(force_insert=True)
    return meter


def update_meter(*, meter: Meter, **fields: Unpack[MeterChanges]) -> Meter:
    """The meter with `fields` changed. An archived one keeps answering quantities, and can come back.

    Raises ValidationError by field.
    """
    with transaction.atomic():
        locked = Meter.objects.select_for_update().get(id=meter.id)
        if "name" in fields:
            locked.name = fields["name"]
        if "archived" in fields and fields["archived"] != locked.is_archived:
            locked.archived_at = timezone.now() if fields["archived"] else None
        locked.modified_at = timezone.now()
        locked.full_clean()
        locked.save(update_fields=["name", "archived_at", "modified_at"])
    return locked


def meters_counting(organization: Organization, event: Event) -> list[Meter]:
    """The organization's meters that count this event, without those that are archived, by name: one statement."""
    return list(Meter.objects.raw(_COUNTING, {"organization": organization.id, "event": event.id}))
