"""Lists of customers as a file, of any length: the API's export and the dashboard's (`api.exports` says how).

The rows are read in batches along the list's own order. A row that is there from beginning to end is in the file once.

`csv` is for people: one column a field, the external ID first, safe to open in a spreadsheet (`api.spreadsheets` says
what that does to a cell). `ndjson` is for programs: a customer a line, as the API answers it, to the letter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpResponseBase

from api.errors import envelope
from api.exports import (
    BYTE_ORDER_MARK,
    CSV,
    INCOMPLETE,
    batches,
    cell,
    csv_lines,
    file_response,
    incomplete_csv,
)
from api.renderers import render
from api.spreadsheets import json_cell
from customers.addresses import PARTS
from customers.models import Customer
from organizations.models import Organization

FIELDS = (
    "external_customer_id",
    "id",
    "name",
    "email",
    "billing_address",
    "tax_id",
    "metadata",
    "created_at",
    "modified_at",
)
COLUMNS = tuple(
    itertools.chain.from_iterable(
        (f"billing_address_{part}" for part in PARTS) if field == "billing_address" else (field,)
        for field in FIELDS
    )
)


def export_response(
    queryset: QuerySet[Customer],
    *,
    organization: Organization,
    ordering: str,
    file_format: str,
    for_spreadsheet: bool = False,
    headers_only: bool = False,
) -> HttpResponseBase:
    """`queryset`, which is of `organization`, as a file that is written while it is read. With `for_spreadsheet`, a CSV
    file begins with the byte order mark that Excel needs and other programs stumble over.

    What goes wrong before the first batch is there is raised. Raises Throttled when too many are being written.
    """
    form = FORMATS[file_format]

    def written() -> Iterator[tuple[int, bytes]]:
        for batch in batches(queryset.defer("search_text"), ordering):
            yield len(batch), form.write(batch)

    return file_response(
        organization=organization,
        name="customers",
        extension=file_format,
        content_type=form.content_type,
        beginning=(BYTE_ORDER_MARK if for_spreadsheet and file_format == "csv" else b"") + form.beginning,
        batches=written,
        incomplete=form.incomplete,
        headers_only=headers_only,
    )


def _fields(customer: Customer) -> dict[str, Any]:
    return {field: getattr(customer, field) for field in FIELDS}


def _ndjson(customers: list[Customer]) -> bytes:
    return b"".join(render(_fields(customer)) + b"\n" for customer in customers)


def _csv(customers: list[Customer]) -> bytes:
    return csv_lines(_cells(customer) for customer in customers)


def _cells(customer: Customer) -> Iterator[str]:
    for field, value in _fields(customer).items():
        if field == "metadata":
            yield json_cell(value)
        elif field == "billing_address":
            yield from (cell((value or {}).get(part)) for part in PARTS)
        else:
            yield cell(value)


class Format(NamedTuple):
    content_type: str
    beginning: bytes
    write: Callable[[list[Customer]], bytes]
    incomplete: Callable[[], bytes]  # a last line that no reader takes for a customer


FORMATS = {
    "csv": Format(CSV, csv_lines([COLUMNS]), _csv, incomplete_csv),
    "ndjson": Format("application/x-ndjson", b"", _ndjson, lambda: render(_incomplete()) + b"\n"),
}


def _incomplete() -> dict[str, Any]:
    return envelope("server_error", [{"code": "incomplete", "detail": INCOMPLETE, "attr": None}])
