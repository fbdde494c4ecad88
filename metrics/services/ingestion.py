"""Stores the events of a call: all of them or none, each once for ever, and each with whoever holds its ID.

The rows go into the table by one COPY. Before that, one look leaves out the events that are there already, and one
finds the customers; a writer who stored the same event in between makes the unique index refuse the rows, and then all
of it is done again, seeing that event. What is left out is noted, and no more.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from msgspec import UNSET
from psycopg.errors import DeadlockDetected

from api.conflicts import constraint_of
from api.metadata import check_metadata
from api.times import parse_time
from customers.external_ids import check_external_customer_id
from metrics.event_rules import check_event_id, check_event_name, check_timestamp
from metrics.models.events import EXTERNAL_ID_INDEX
from metrics.monitoring import DUPLICATE_EVENTS, INGESTED_EVENTS, UNMATCHED_EVENTS
from metrics.new_events import MAX_EVENTS, NewEvent
from metrics.services.duplicates import Again, note_duplicates
from metrics.services.folding import fold_if_due
from metrics.services.names import Numbers, numbers_of
from metrics.services.waiting import Waiting, let_wait, note_waiting
from organizations.ids import consecutive_ids, parse_id
from organizations.models import Organization

_ATTEMPTS = 5

# Lists go as lines, which psycopg writes many times faster than arrays; no ID has a line break. Each ID is looked up by
# itself: otherwise PostgreSQL reads all of an organization that it takes for small, until its statistics know better.
_STORED = r"""
SELECT sent.id FROM unnest(string_to_array(%(ids)s, E'\n')) AS sent (id) CROSS JOIN LATERAL (
  SELECT FROM events WHERE organization_id = %(organization)s AND external_id = sent.id LIMIT 1
) AS stored
"""
_HOLDERS = r"""
SELECT sent.id, holder.id FROM unnest(string_to_array(%(ids)s, E'\n')) AS sent (id) CROSS JOIN LATERAL (
  SELECT id::text FROM customers
  WHERE organization_id = %(organization)s AND external_customer_id = sent.id AND deleted_at IS NULL LIMIT 1
) AS holder
"""
_CUSTOMERS = r"""
SELECT sent.id, live.id FROM unnest(string_to_array(%(ids)s, E'\n')) AS sent (id) CROSS JOIN LATERAL (
  SELECT id::text FROM customers
  WHERE organization_id = %(organization)s AND id = sent.id::uuid AND deleted_at IS NULL LIMIT 1
) AS live
"""
_COPY = """
COPY events (id, organization_id, name_id, customer_id, unmatched_id, timestamp, received_at, named_customer,
  external_id, metadata) FROM STDIN WITH (NULL '')
"""
_ADD_BATCH = "INSERT INTO event_batches (id, organization_id, last_id, size) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a call's events."""

    inserted: int
    duplicates: int


@dataclass(slots=True)
class _Event:
    """An event that is well formed in itself."""

    place: int
    name: str
    own_id: str | None
    customer_id: str | None
    timestamp: datetime.datetime
    external_id: str | None
    metadata: str
    unmatched_id: uuid.UUID | None = None


def ingest_events(
    *,
    organization: Organization,
    events: Sequence[NewEvent | None],
    problems: Mapping[str, ValidationError] = MappingProxyType({}),
) -> Ingested:
    """Stores those of the events that aren't there yet by their own ID, within the organization and for ever; of
    events of one ID in one call, the first. It returns when they are committed.

    `problems` are those of events that couldn't even be read, which stand as None among the others. Raises
    ValidationError with these and its own, by field of every bad event (`events.3.name`), and stores nothing then.
    """
    if not 1 <= len(events) <= MAX_EVENTS:
        raise ValidationError(
            {
                "events": ValidationError(
                    f"Send 1 to {MAX_EVENTS:,} events at once; these are {len(events):,}.",
                    code="number_of_events",
                )
            }
        )
    now = timezone.now()
    checked, own_problems = _checked(events, now)
    if problems or own_problems:
        new, _ = _without_duplicates(organization.id, checked)
        strangers = _strangers(organization.id, new)
        raise ValidationError({**problems, **own_problems, **strangers})
    numbers = numbers_of(organization.id, {event.name for event in checked})
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                stored = _store(organization.id, checked, numbers, now)
        except (IntegrityError, OperationalError) as refusal:
            if attempt == _ATTEMPTS or not _was_overtaken(refusal):
                raise
        else:
            break
    duplicates = len(checked) - len(stored)
    transaction.on_commit(lambda: _count(stored, duplicates))
    if stored:
        transaction.on_commit(lambda: fold_if_due(organization.id), robust=True)
    return Ingested(inserted=len(stored), duplicates=duplicates)


def _checked(
    events: Sequence[NewEvent | None], now: datetime.datetime
) -> tuple[list[_Event], dict[str, ValidationError]]:
    """The events that are well formed in themselves, and what is wrong with the others."""
    reader = _Reader(now)
    checked: list[_Event] = []
    problems: dict[str, ValidationError] = {}
    for place, event in enumerate(events):
        if event is None:
            continue
        try:
            checked.append(reader.read(place, event))
        except ValidationError:
            problems |= reader.problems(place, event)
    return checked, problems


class _Reader:
    """Reads events that arrived at `now`. IDs and names of the same call are checked once."""

    def __init__(self, now: datetime.datetime) -> None:
        self._now = now
        self._good: set[str] = set()

    def read(self, place: int, event: NewEvent) -> _Event:
        """Raises ValidationError for the first thing that is wrong."""
        return _Event(
            place,
            self.name(event),
            self.external_customer_id(event),
            self.customer_id(event),
            self.timestamp(event),
            self.external_id(event),
            self.metadata(event),
        )

    def problems(self, place: int, event: NewEvent) -> dict[str, ValidationError]:
        """All that is wrong with the event, by the name that the API gives it: `events.3.name`."""
        found: dict[str, ValidationError] = {}
        for name in event.__struct_fields__:
            path = f"events.{place}.{name}"
            try:
                getattr(self, name)(event)
            except ValidationError as error:
                if hasattr(error, "error_dict"):
                    found |= {f"{path}.{part}": ValidationError(of) for part, of in error.error_dict.items()}
                else:
                    found[path] = error
        return found

    def name(self, event: NewEvent) -> str:
        if (name := event.name) not in self._good:
            self._good.add(check_event_name(name))
        return name

    def external_customer_id(self, event: NewEvent) -> str | None:
        own_id = event.external_customer_id
        if own_id is UNSET or own_id is None:
            if event.customer_id is UNSET or event.customer_id is None:
                raise ValidationError(
                    "Say whose event this is: send external_customer_id, or customer_id.", code="required"
                )
            return None
        if (marked := f"id {own_id}") not in self._good:
            check_external_customer_id(own_id)
            self._good.add(marked)
        return own_id

    def customer_id(self, event: NewEvent) -> str | None:
        text = event.customer_id
        if text is UNSET or text is None:
            return None
        if event.external_customer_id is not UNSET and event.external_customer_id is not None:
            raise ValidationError(
                "Send either external_customer_id or customer_id, not both.", code="one_of_two"
            )
        identity = parse_id(text)
        if identity is None:
            raise ValidationError("This must be an ID of ours, a UUID.", code="invalid")
        return str(identity)

    def timestamp(self, event: NewEvent) -> datetime.datetime:
        text = event.timestamp
        return (
            self._now if text is UNSET or text is None else check_timestamp(parse_time(text), now=self._now)
        )

    def external_id(self, event: NewEvent) -> str | None:
        text = event.external_id
        return None if text is UNSET or text is None else check_event_id(text)

    def metadata(self, event: NewEvent) -> str:
        return "{}" if event.metadata is UNSET else orjson.dumps(check_metadata(event.metadata)).decode()


def _store(
    organization_id: uuid.UUID, events: Sequence[_Event], numbers: Numbers, now: datetime.datetime
) -> list[_Event]:
    """Those that were new, stored. The others are noted."""
    new, again = _without_duplicates(organization_id, events)
    if new:
        _add(organization_id, new, numbers, now)
    if again:
        note_duplicates(organization_id, [_as_sent(event, numbers, now) for event in again], now)
    return new


def _add(organization_id: uuid.UUID, new: Sequence[_Event], numbers: Numbers, now: datetime.datetime) -> None:
    waiting = _find_customers(organization_id, new)
    first = consecutive_ids(len(new))
    with connection.cursor() as cursor:
        with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write(_as_rows(organization_id, new, numbers, now, first))
        last = uuid.UUID(int=first + len(new) - 1)
        cursor.execute(_ADD_BATCH, [uuid.UUID(int=first), organization_id, last, len(new)])
    if waiting:
        note_waiting(waiting, [(event.unmatched_id, event.timestamp, numbers[event.name]) for event in new])


def _as_rows(
    organization_id: uuid.UUID, events: Sequence[_Event], numbers: Numbers, now: datetime.datetime, first: int
) -> str:
    """What _COPY reads: a line for each event, of columns with tabs between them. No text that is stored has a line
    break or a tab in it, and none is empty, which stands for null; a backslash is written twice."""
    organization, arrived = organization_id.hex, now.isoformat()
    # In the order of their own IDs, as everyone stores them, so that no two calls wait for each other.
    rows = sorted(enumerate(events, first), key=lambda row: row[1].external_id or "")
    lines = [
        f"{identity:032x}\t{organization}\t{numbers[event.name]}\t"
        f"{event.customer_id or ''}\t{event.unmatched_id or ''}\t"
        f"{arrived if event.timestamp is now else event.timestamp.isoformat()}\t{arrived}\t"
        f"{'t' if event.own_id is None else 'f'}\t{event.external_id or ''}\t{event.metadata}\n"
        for identity, event in rows
    ]
    return "".join(lines).replace("\\", "\\\\")


def _as_sent(event: _Event, numbers: Numbers, now: datetime.datetime) -> Again:
    assert event.external_id is not None
    return Again(
        external_id=event.external_id,
        name=numbers[event.name],
        own_id=event.own_id,
        customer_id=event.customer_id if event.own_id is None else None,  # else found, and not sent
        timestamp=None if event.timestamp is now else event.timestamp,
        metadata=event.metadata,
    )


def _without_duplicates(
    organization_id: uuid.UUID, events: Sequence[_Event]
) -> tuple[list[_Event], list[_Event]]:
    """Those that aren't there by their own ID, of several in the call the first; and the others."""
    sent = {event.external_id for event in events} - {None}
    seen = {stored for (stored,) in _found(_STORED, organization_id, sent)} if sent else set()
    new: list[_Event] = []
    again: list[_Event] = []
    for event in events:
        if event.external_id in seen:
            again.append(event)
            continue
        if event.external_id is not None:
            seen.add(event.external_id)
        new.append(event)
    return new, again


def _find_customers(organization_id: uuid.UUID, events: Sequence[_Event]) -> Waiting:
    """Gives each event its customer, or what it waits under, and returns the latter."""
    if problems := _strangers(organization_id, events):
        raise ValidationError(problems)
    own_ids = {event.own_id for event in events if event.own_id is not None}
    holders = _holders(organization_id, own_ids)
    waiting: Waiting = {}
    if unheld := own_ids - holders.keys():
        waiting = let_wait(organization_id, unheld)
        holders |= _holders(organization_id, unheld)  # who got it before that
    for event in events:
        if event.own_id is not None:
            event.customer_id = holders.get(event.own_id)
            event.unmatched_id = None if event.customer_id else waiting[event.own_id]
    return waiting


def _strangers(organization_id: uuid.UUID, events: Sequence[_Event]) -> dict[str, ValidationError]:
    """What is wrong with events that name a customer who is none of the organization's, or was deleted."""
    named = {event.customer_id for event in events if event.own_id is None}
    live = dict(_found(_CUSTOMERS, organization_id, named)) if named else {}
    return {
        f"events.{event.place}.customer_id": ValidationError(
            "There is no such customer.", code="does_not_exist"
        )
        for event in events
        if event.own_id is None and event.customer_id not in live
    }


def _holders(organization_id: uuid.UUID, own_ids: Collection[str]) -> dict[str, str]:
    return dict(_found(_HOLDERS, organization_id, own_ids))


def _found(query: str, organization_id: uuid.UUID, ids: Collection[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"organization": organization_id, "ids": "\n".join(map(str, ids))})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _was_overtaken(refusal: Exception) -> bool:
    """Whether somebody stored one of the same events in between."""
    return isinstance(refusal.__cause__, DeadlockDetected) or constraint_of(refusal) == EXTERNAL_ID_INDEX


def _count(stored: Sequence[_Event], duplicates: int) -> None:
    INGESTED_EVENTS.inc(len(stored))
    DUPLICATE_EVENTS.inc(duplicates)
    UNMATCHED_EVENTS.inc(sum(event.unmatched_id is not None for event in stored))
