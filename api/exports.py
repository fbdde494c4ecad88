"""Answers that are a file, written while it is read: of any length, in constant memory.

A file is made of batches of rows, each read by a query of its own, and no transaction stays open between them: a reader
who takes hours holds nothing back in the database, neither a lock nor a snapshot that would keep VACUUM from its work,
and a connection that is lost on the way is replaced without anybody noticing. The price is that the file is no picture
of one moment. It promises what a walk through the list's pages does.
"""

from __future__ import annotations

import csv
import io
import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.exceptions import Throttled

from api.paging import page
from api.renderers import render
from api.spreadsheets import guarded
from organizations.models import Organization

RETRY_AFTER_SECONDS = 10
BATCH = 1000

# Excel takes a CSV file for the computer's old code page unless it begins with this.
BYTE_ORDER_MARK = "\ufeff".encode()
CSV = "text/csv; charset=utf-8; header=present"

# For the reader of a file that ends early: the server can't take back the answer's 200.
INCOMPLETE = "This file is incomplete: the database could not be read to the end. Export again."
LIMITS = {"too_many_exports": "Another export is being written. Wait until it is done, and try again."}

log = structlog.get_logger("export")

_T = TypeVar("_T")
_Row = TypeVar("_Row", bound=Model)


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
                code, text = next(iter(LIMITS.items()))
                raise Throttled(RETRY_AFTER_SECONDS, text, code)
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


def file_response(
    *,
    organization: Organization,
    name: str,
    extension: str,
    content_type: str,
    beginning: bytes,
    batches: Callable[[], Iterator[tuple[int, bytes]]],
    incomplete: Callable[[], bytes],
    headers_only: bool = False,
) -> HttpResponseBase:
    """The file: `beginning` and then the `batches`, of so many rows and these bytes. Should reading fail on the way, it
    ends with `incomplete`. What goes wrong before the first batch is there is raised. Raises Throttled when too many
    are being written."""
    file_name = f"{name}-{organization.slug}-{timezone.now():%Y-%m-%d}.{extension}"
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "private, no-store",
    }
    if headers_only:
        return HttpResponse(headers=headers)
    end = exports.begin(organization.id)
    try:
        found = batches()
        # The generator gives the first batch when asked for it, and that is here.
        found = itertools.chain([next(found)], found)
    except BaseException:
        end()
        raise
    return StreamingHttpResponse(_File(_chunks(beginning, found, incomplete), end), headers=headers)


def csv_response(
    queryset: QuerySet[_Row],
    *,
    organization: Organization,
    name: str,
    columns: tuple[str, ...],
    cells: Callable[[_Row], list[str]],
    ordering: str,
    headers_only: bool = False,
) -> HttpResponseBase:
    """The rows of `queryset`, which is of `organization`, as a spreadsheet's file: a line of `columns`, and a line of
    `cells` each. Raises Throttled when too many are being written."""

    def written() -> Iterator[tuple[int, bytes]]:
        for rows in batches(queryset, ordering):
            yield len(rows), csv_lines(map(cells, rows))

    return file_response(
        organization=organization,
        name=name,
        extension="csv",
        content_type=CSV,
        beginning=BYTE_ORDER_MARK + csv_lines([columns]),
        batches=written,
        incomplete=incomplete_csv,
        headers_only=headers_only,
    )


def batches(queryset: QuerySet[_Row], ordering: str) -> Iterator[list[_Row]]:
    """The rows along the list's own order. A row that is there from beginning to end is among them once."""
    cursor: str | None = None
    while True:
        found = again_if_lost(lambda at=cursor: page(queryset, ordering, at, BATCH))  # type: ignore[misc]
        yield found.rows
        cursor = found.next_cursor
        if cursor is None:
            return


def again_if_lost(read: Callable[[], _T]) -> _T:
    """What `read` returns. A connection that was lost since the last batch is replaced, once."""
    try:
        return read()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return read()


def cell(value: Any) -> str:
    """Text guarded, and what isn't text (IDs, times, numbers) as JSON writes it, without the quotes."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else render(value).decode().strip('"')


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """RFC 4180: commas, CRLF, quotes where they are needed, doubled inside."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


def incomplete_csv() -> bytes:
    """A last line that no reader takes for a row."""
    return csv_lines([[INCOMPLETE]])


class _File:
    """The chunks of a file, and what to call when its reader has them or has left, were they never to begin."""

    def __init__(self, chunks: Iterator[bytes], end: Callable[[], None]) -> None:
        self._chunks = chunks
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._end()


def _chunks(
    beginning: bytes, batches: Iterable[tuple[int, bytes]], incomplete: Callable[[], bytes]
) -> Iterator[bytes]:
    """The file, a batch a chunk. It never ends early without saying so, since a server may end the answer of a failed
    iterator as if it were whole."""
    rows = 0
    try:
        for count, written in batches:
            if chunk := beginning + written:
                yield chunk
            rows, beginning = rows + count, b""
    except Exception:
        log.exception("export_failed", rows=rows)
        yield incomplete()
    else:
        log.info("export_finished", rows=rows)
