"""Lists of customers as a file, of any length, in constant memory: the API's export and the dashboard's.

The rows are read in batches along the list's own order, each by a query of its own, and no transaction stays open
between them: a reader who takes hours holds nothing back in the database, neither a lock nor a snapshot that would
keep VACUUM from its work, and a connection that is lost on the way is replaced without anybody noticing. The price is
that the file is no picture of one moment. It promises what a walk through the list's pages does: a row that is there
from beginning to end is in it once.

`csv` is for people: one column a field, the external ID first, safe to open in a spreadsheet (`api.spreadsheets` says
what that does to a cell). `ndjson` is for programs: a customer a line, as the API answers it, to the letter.
"""

from __future__ import annotations

import csv
import io
import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.exceptions import Throttled

from api.errors import envelope
from api.paging import Page, page
from api.renderers import render
from api.spreadsheets import guarded, json_cell
from customers.addresses import PARTS
from customers.models import Customer
from organizations.models import Organization

BATCH = 1000
RETRY_AFTER_SECONDS = 10

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

# Excel takes a CSV file for the computer's old code page unless it begins with this.
BYTE_ORDER_MARK = "\ufeff".encode()

# For the reader of a file that ends early: the server can't take back the answer's 200.
INCOMPLETE = "This file is incomplete: the database could not be read to the end. Export again."

log = structlog.get_logger("export")


class Exports:
    """How many exports a process writes at the same time: a slow reader keeps one of its threads for as long as they
    read. Half of the threads is for everything else, and an organization has one export at a time here."""

    def __init__(self) -> None:
        self._running: set[uuid.UUID] = set()
        self._lock = threading.Lock()

    def begin(self, organization_id: uuid.UUID) -> Callable[[], None]:
        """What to call at the end. Raises Throttled."""
        with self._lock:
            if organization_id in self._running or len(self._running) >= max(1, settings.WEB_THREADS // 2):
                raise Throttled(
                    RETRY_AFTER_SECONDS,
                    "Another export is being written. Wait until it is done, and try again.",
                    "too_many_exports",
                )
            self._running.add(organization_id)

        def end() -> None:
            with self._lock:
                self._running.discard(organization_id)

        return end

    def forget(self) -> None:
        """Count none as being written any more, for who knows that nobody reads them."""
        with self._lock:
            self._running.clear()


exports = Exports()


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
    name = f"customers-{organization.slug}-{timezone.now():%Y-%m-%d}.{file_format}"
    headers = {
        "Content-Type": form.content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    if headers_only:
        return HttpResponse(headers=headers)
    end = exports.begin(organization.id)
    try:
        batches = _batches(queryset.defer("search_text"), ordering)
        # The generator gives the first batch when asked for it, and that is here.
        batches = itertools.chain([next(batches)], batches)
    except BaseException:
        end()
        raise
    mark = BYTE_ORDER_MARK if for_spreadsheet and file_format == "csv" else b""
    return StreamingHttpResponse(_File(_chunks(form, batches, mark), end), headers=headers)


class _File:
    """The chunks of a file, and what to call when its reader has them or has left, were they never to begin."""

    def __init__(self, chunks: Iterator[bytes], end: Callable[[], None]) -> None:
        self._chunks = chunks
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._end()


def _batches(queryset: QuerySet[Customer], ordering: str) -> Iterator[list[Customer]]:
    cursor: str | None = None
    while True:
        found = _read(queryset, ordering, cursor)
        yield found.rows
        cursor = found.next_cursor
        if cursor is None:
            return


def _read(queryset: QuerySet[Customer], ordering: str, cursor: str | None) -> Page[Customer]:
    """One batch. A connection that was lost since the last one is replaced, once."""
    try:
        return page(queryset, ordering, cursor, BATCH)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return page(queryset, ordering, cursor, BATCH)


def _chunks(form: Format, batches: Iterable[list[Customer]], mark: bytes) -> Iterator[bytes]:
    """The file, a batch a chunk. It never ends early without saying so, since a server may end the answer of a failed
    iterator as if it were whole."""
    rows, beginning = 0, mark + form.beginning
    try:
        for batch in batches:
            if chunk := beginning + form.write(batch):
                yield chunk
            rows, beginning = rows + len(batch), b""
    except Exception:
        log.exception("export_failed", rows=rows)
        yield form.incomplete()
    else:
        log.info("export_finished", rows=rows)


def _fields(customer: Customer) -> dict[str, Any]:
    return {field: getattr(customer, field) for field in FIELDS}


def _ndjson(customers: list[Customer]) -> bytes:
    return b"".join(render(_fields(customer)) + b"\n" for customer in customers)


def _csv(customers: list[Customer]) -> bytes:
    return _csv_lines(_cells(customer) for customer in customers)


def _cells(customer: Customer) -> Iterator[str]:
    for field, value in _fields(customer).items():
        if field == "metadata":
            yield json_cell(value)
        elif field == "billing_address":
            yield from (_cell((value or {}).get(part)) for part in PARTS)
        else:
            yield _cell(value)


def _cell(value: Any) -> str:
    """Text guarded, and what isn't text (IDs, times) as JSON writes it, without the quotes."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else render(value).decode().strip('"')


def _csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """RFC 4180: commas, CRLF, quotes where they are needed, doubled inside."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


class Format(NamedTuple):
    content_type: str
    beginning: bytes
    write: Callable[[list[Customer]], bytes]
    incomplete: Callable[[], bytes]  # a last line that no reader takes for a customer


FORMATS = {
    "csv": Format(
        "text/csv; charset=utf-8; header=present",
        _csv_lines([COLUMNS]),
        _csv,
        lambda: _csv_lines([[INCOMPLETE]]),
    ),
    "ndjson": Format(
        "application/x-ndjson",
        b"",
        _ndjson,
        lambda: render(_incomplete()) + b"\n",
    ),
}


def _incomplete() -> dict[str, Any]:
    return envelope("server_error", [{"code": "incomplete", "detail": INCOMPLETE, "attr": None}])
