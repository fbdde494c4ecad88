"""Gives the events that waited under an external customer ID to the customer who got it, a bounded number at a time.

Whose they are was decided in the database when the customer got the ID (`metrics.models.unmatched`); this writes it to
each of them, in transactions that hold nothing which ingestion needs. Ended at any moment, it goes on where it was.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from api.prepared import PreparedLookup
from customers.models import Customer
from metrics.models import EventBatch, UnmatchedID
from metrics.monitoring import BOUND_EVENTS
from metrics.services.folding import add_of_customers

CHUNK = 5_000
TASK = "metrics.tasks.bind_events"

_BIND = """
UPDATE events SET customer_id = %s
WHERE id IN (SELECT id FROM events WHERE unmatched_id = %s AND customer_id IS NULL LIMIT %s)
RETURNING id
"""
# Those that are in the rollups already. The others get there with their batch, and by then they have their customer.
_FOLDED = """
SELECT customer_id, timestamp FROM events WHERE id = ANY(%(bound)s) AND NOT EXISTS (
  SELECT FROM unnest(%(firsts)s::uuid[], %(lasts)s::uuid[]) AS batch (first, last)
  WHERE events.id BETWEEN batch.first AND batch.last
)
"""


# Asked for each customer that gets an ID.
_waiting_for = PreparedLookup(
    lambda organization, customer: (
        UnmatchedID.objects.for_organization(organization).unbound().filter(customer=customer)
    ),
    uuid.UUID(int=1),
    uuid.UUID(int=2),
)


def defer_binding(*, customer: Customer, **told: Any) -> None:
    """Has the worker bind what the customer got with its ID, if there is anything. For the signal `external_id_set`."""
    if _waiting_for.get(customer.organization_id, customer.id) is not None:
        app.configure_task(TASK).defer(
            organization_id=str(customer.organization_id), customer_id=str(customer.id)
        )


def bind_events(*, organization_id: uuid.UUID, customer_id: uuid.UUID | None = None) -> None:
    """Binds all that waited for the customer, or for any of the organization's."""
    unbound = UnmatchedID.objects.for_organization(organization_id).unbound()
    if customer_id is not None:
        unbound = unbound.filter(customer_id=customer_id)
    for unmatched_id in unbound.values_list("id", flat=True):
        while not bind_chunk(unmatched_id):
            pass


def bind_chunk(unmatched_id: uuid.UUID) -> bool:
    """Binds at most CHUNK of the events that waited under the ID; says whether none is left."""
    with transaction.atomic():
        unmatched = UnmatchedID.objects.select_for_update().unbound().filter(id=unmatched_id).first()
        if unmatched is None:
            return True
        # Nobody adds these to the rollups now, and what somebody was adding is added: the lock waits for that.
        batches = list(
            EventBatch.objects.select_for_update()
            .filter(organization_id=unmatched.organization_id)
            .order_by("id")
            .values_list("id", "last_id")
        )
        with connection.cursor() as cursor:
            cursor.execute(_BIND, [unmatched.customer_id, unmatched.id, CHUNK])
            bound = [identity for (identity,) in cursor.fetchall()]
        if bound:
            firsts, lasts = [first for first, _ in batches], [last for _, last in batches]
            add_of_customers(
                unmatched.organization_id, _FOLDED, {"bound": bound, "firsts": firsts, "lasts": lasts}
            )
        if len(bound) < CHUNK:
            unmatched.bound_at = timezone.now()
            unmatched.save(update_fields=["bound_at"])
        transaction.on_commit(lambda: BOUND_EVENTS.inc(len(bound)))
    return len(bound) < CHUNK
