"""The dashboard's list of events as a file for a spreadsheet, of any length (`api.exports` says how)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpResponseBase

from api.exports import BYTE_ORDER_MARK, CSV, batches, cell, csv_lines, file_response, incomplete_csv
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

    def written() -> Iterator[tuple[int, bytes]]:
        for events in batches(queryset, ordering):
            yield len(events), csv_lines(map(_cells, events))

    return file_response(
        organization=organization,
        name="events",
        extension="csv",
        content_type=CSV,
        beginning=BYTE_ORDER_MARK + csv_lines([COLUMNS]),
        batches=written,
        incomplete=incomplete_csv,
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
