"""Made-up events into the database, by COPY and past no rule of it, as customers come (customers.demo.loading)."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from random import Random
from typing import Any

import orjson
from django.db import connection, transaction

from customers.demo.rows import PERIOD as PERIOD_OF_CUSTOMERS
from metrics.demo.rows import DemoEvent, demo_events
from metrics.demo.usage import Usage
from metrics.demo.waiting import PERIOD, DemoWaiting, User, demo_waiting
from metrics.models import EventName, Meter
from metrics.services.folding import rebuild
from metrics.services.waiting import note_waiting
from organizations.ids import id_at
from organizations.models import Organization

_CHUNK = 10_000
_MOST_USERS = 50_000

# Customers at random, by random places in their primary key: as quick among a million as among a thousand.
_USERS = """
SELECT DISTINCT ON (id) id, external_customer_id, created_at, modified_at, deleted_at
FROM (
  (SELECT * FROM customers WHERE organization_id = %(organization)s ORDER BY id LIMIT 16)
  UNION ALL
  SELECT found.* FROM unnest(%(places)s::uuid[]) AS place, LATERAL (
    SELECT * FROM customers WHERE organization_id = %(organization)s AND id >= place ORDER BY id LIMIT 1
  ) AS found
) AS chosen ORDER BY id
"""
_HOLDERS = """
SELECT external_customer_id, id FROM customers WHERE organization_id = %s AND external_customer_id = ANY(%s)
"""
_COPY_WAITING = """
COPY unmatched_ids (id, organization_id, external_customer_id, count, first_seen, last_seen, names, customer_id,
  claimed_at, bound_at) FROM STDIN
"""
_COPY_EVENTS = """
COPY events (id, organization_id, name_id, customer_id, unmatched_id, timestamp, received_at, named_customer,
  external_id, metadata) FROM STDIN
"""
# Without statistics the planner takes the organization for small.
_TAKE_STATISTICS = "ANALYZE events (organization_id, id, customer_id, timestamp)"


@transaction.atomic
def load_events(
    *,
    organization: Organization,
    usage: Usage,
    count: int,
    customers: int,
    seed: int,
    at: datetime.datetime,
    progress: Callable[[int], object],
) -> None:
    """`count` events, all or none, of an organization that has so many customers and no events, the sums that are kept
    of them, and meters. `progress` is told of each lot's size."""
    if count == 0:
        return
    slug = organization.slug
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        users = _users(cursor, organization, customers, seed, at)
        waiting = demo_waiting(seed=seed, at=at, organization=slug, users=users)
        waiting = _of_nobody_else(cursor, organization, waiting)
        _copy(cursor, _COPY_WAITING, (_waiting_row(organization, one) for one in waiting))
        names = _names(organization, usage, at)
        events = demo_events(
            seed=seed,
            at=at,
            organization=slug,
            time_zone=organization.time_zone,
            count=count,
            users=users,
            waiting=waiting,
            usage=usage,
        )
        noted: list[tuple[uuid.UUID, datetime.datetime, int]] = []
        while chunk := list(islice(events, _CHUNK)):
            _copy(cursor, _COPY_EVENTS, (_event_row(organization, names, event) for event in chunk))
            noted += [
                (event.waiting.id, event.timestamp, names[event.name]) for event in chunk if event.waiting
            ]
            progress(len(chunk))
        note_waiting({one.external_customer_id: one.id for one in waiting}, noted)
        cursor.execute(_TAKE_STATISTICS)
    rebuild(organization.id)
    _make_meters(organization, usage, seed, at)


def _users(
    cursor: Any, organization: Organization, customers: int, seed: int, at: datetime.datetime
) -> list[User]:
    random = Random(f"{seed}/{organization.slug}/users")  # noqa: S311
    places = [
        id_at(at - PERIOD_OF_CUSTOMERS * random.random(), 0) for _ in range(min(customers, _MOST_USERS))
    ]
    cursor.execute(_USERS, {"organization": organization.id, "places": places})
    return [User(*row) for row in cursor.fetchall()]


def _of_nobody_else(
    cursor: Any, organization: Organization, waiting: Sequence[DemoWaiting]
) -> list[DemoWaiting]:
    """Those whose ID nobody has or had, or the one alone who got it."""
    cursor.execute(_HOLDERS, [organization.id, [one.external_customer_id for one in waiting]])
    holders: dict[str, list[uuid.UUID]] = {}
    for own_id, customer in cursor.fetchall():
        holders.setdefault(own_id, []).append(customer)
    return [
        one
        for one in waiting
        if holders.get(one.external_customer_id, []) == ([one.user.id] if one.user else [])
    ]


def _names(organization: Organization, usage: Usage, at: datetime.datetime) -> dict[str, int]:
    """The number of each name."""
    rows = [EventName(organization=organization, name=name, created_at=at - PERIOD) for name in usage.names]
    return {row.name: row.id for row in EventName.objects.bulk_create(rows)}


def _make_meters(organization: Organization, usage: Usage, seed: int, at: datetime.datetime) -> None:
    """A minute after one another, on the first of the days."""
    random = Random(f"{seed}/{organization.slug}/meters")  # noqa: S311
    rows = []
    for number, meter in enumerate(usage.meters):
        created_at = at - PERIOD + datetime.timedelta(minutes=number)
        archived_at = at - PERIOD / 3 if meter.is_archived else None
        row = Meter(
            id=id_at(created_at, random.getrandbits(74)),
            organization=organization,
            name=meter.name,
            function=meter.function,
            property_name=meter.property_name,
            event_name=meter.event_name,
            event_metadata=meter.event_metadata,
            archived_at=archived_at,
            created_at=created_at,
            modified_at=archived_at or created_at,
        )
        row.clean()
        rows.append(row)
    Meter.objects.bulk_create(rows)


def _copy(cursor: Any, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _waiting_row(organization: Organization, waiting: DemoWaiting) -> tuple[Any, ...]:
    return (
        waiting.id,
        organization.id,
        waiting.external_customer_id,
        0,
        waiting.first,
        waiting.first,
        "{}",
        waiting.user.id if waiting.user else None,
        waiting.last if waiting.user else None,
        waiting.bound_at,
    )


def _event_row(organization: Organization, names: dict[str, int], event: DemoEvent) -> tuple[Any, ...]:
    """As text, which is written in half of the time that it takes psycopg to turn values into it."""
    return (
        event.id.hex,
        organization.id.hex,
        str(names[event.name]),
        event.user.id.hex if event.user else None,
        event.waiting.id.hex if event.waiting else None,
        event.timestamp.isoformat(),
        event.received_at.isoformat(),
        "t" if event.named_customer else "f",
        event.external_id,
        orjson.dumps(event.metadata).decode(),
    )
