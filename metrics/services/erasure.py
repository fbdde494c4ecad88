"""Takes what says who it was out of a customer's events when the customer is erased. What was used, when and how much
stays, and so do all figures."""

from __future__ import annotations

from typing import Any

from django.db import connection

from customers.models import Customer
from metrics.models import UnmatchedID
from metrics.services.subjects import of_customer

# Wherever the ID is a part of a text that came with an event: often a sender makes the event's own ID of it.
_ERASE = """
UPDATE events SET
  external_id = CASE WHEN position(%(own_id)s IN external_id) > 0 THEN 'deleted-' || id ELSE external_id END,
  metadata = (
    SELECT coalesce(jsonb_object_agg(key, CASE
      WHEN position(%(own_id)s IN value #>> '{}') > 0 AND jsonb_typeof(value) = 'string'
      THEN to_jsonb(%(stand_in)s::text) ELSE value END), '{}')
    FROM jsonb_each(metadata) WHERE position(%(own_id)s IN key) = 0
  )
WHERE (customer_id = %(customer)s OR customer_id IS NULL AND unmatched_id = ANY(%(unmatched)s)) AND (
  position(%(own_id)s IN external_id) > 0 OR EXISTS (
    SELECT FROM jsonb_each(metadata) WHERE position(%(own_id)s IN key) > 0
      OR jsonb_typeof(value) = 'string' AND position(%(own_id)s IN value #>> '{}') > 0
  )
)
"""
# Also where another's event was sent again in this customer's name. Locked in the order in which ingestion locks them.
_ERASE_DUPLICATES = """
UPDATE event_duplicates SET external_customer_id = %(stand_in)s
WHERE event_id IN (
  SELECT event_id FROM event_duplicates
  WHERE organization_id = %(organization)s AND external_customer_id = %(own_id)s ORDER BY event_id FOR UPDATE
)
"""


def erase_customer(
    *, customer: Customer, external_customer_id: str | None, stand_in: str, **told: Any
) -> None:
    """Puts `stand_in` in the place of the customer's external ID, where its events waited and in what they and
    duplicates say. For the signal `customer_erased`. Events that arrived under the ID when it was free are not the
    customer's."""
    if external_customer_id is None:
        return
    UnmatchedID.objects.for_organization(customer.organization_id).filter(customer=customer).update(
        external_customer_id=stand_in
    )
    subjects = of_customer(customer.organization, customer.id)
    with connection.cursor() as cursor:
        cursor.execute(
            _ERASE,
            {
                "own_id": external_customer_id,
                "stand_in": stand_in,
                "customer": customer.id,
                "unmatched": list(subjects.unmatched),
            },
        )
        cursor.execute(
            _ERASE_DUPLICATES,
            {
                "own_id": external_customer_id,
                "stand_in": stand_in,
                "organization": customer.organization_id,
            },
        )
