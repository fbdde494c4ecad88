"""The dashboard's list of events as a file for a spreadsheet, of any length (`api.exports` says how)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponseBase

from api.exports import cell, csv_response
from api.spreadsheets import json_cell
from metrics.models import Event
from organizations.models import Organization

COLUMNS = (
    "external_customer_id",
    "name",
    "timestamp",
    "external_id",
    "metadata",
    "received_at",
    "id",
    "customer_id",
)


def export_events(
    queryset: QuerySet[Event], *, organization: Organization, ordering: str, headers_only: bool = False
) -> HttpResponseBase:
    """`queryset`, which is of `organization` and has what lists show, a line an event. Raises Throttled when too many
    are being written."""
    return csv_response(
        queryset,
        organization=organization,
        name="events",
        columns=COLUMNS,
        cells=_cells,
        ordering=ordering,
        headers_only=headers_only,
    )


def _cells(event: Event) -> list[str]:
    return [
        cell(event.external_customer_id),
        cell(event.name.name),
        cell(event.timestamp),
        cell(event.external_id),
        json_cell(event.metadata),
        cell(event.received_at),
        cell(event.id),
        cell(event.owner_id),
    ]
