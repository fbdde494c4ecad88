"""Takes what says who it was out of a customer's events when the customer is erased. What was used, when and how much
stays, and so do all figures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

from customers.models import Customer
from metrics.models import UnmatchedID
from metrics.services.subjects import of_customer


def _tells(text: str) -> str:
    """SQL for whether a text says who the customer was: with its ID in it (often a sender makes the event's own ID of
    it), with an e-mail address in it, or as a name and nothing else, since a name may be a single letter."""
    return f"""(
      coalesce(position(%(own_id)s IN {text}) > 0, false)
      OR EXISTS (
        SELECT FROM unnest(%(addresses)s::text[]) AS address WHERE position(fold_case(address) IN fold_case({text})) > 0
      )
      OR EXISTS (SELECT FROM unnest(%(names)s::text[]) AS name WHERE fold_case(name) = fold_case({text}))
    )"""  # noqa: S608  (what is put into it is written here)


_VALUE = "value #>> '{}'"
_ERASE = f"""
UPDATE events SET
  external_id = CASE WHEN {_tells("external_id")} THEN 'deleted-' || id ELSE external_id END,
  metadata = (
    SELECT coalesce(jsonb_object_agg(key, CASE
      WHEN jsonb_typeof(value) = 'string' AND {_tells(_VALUE)} THEN to_jsonb(%(stand_in)s::text) ELSE value
    END), '{{}}')
    FROM jsonb_each(metadata) WHERE NOT {_tells("key")}
  )
WHERE (customer_id = %(customer)s OR customer_id IS NULL AND unmatched_id = ANY(%(unmatched)s)) AND (
  external_id IS NOT NULL AND {_tells("external_id")} OR EXISTS (
    SELECT FROM jsonb_each(metadata)
    WHERE {_tells("key")} OR jsonb_typeof(value) = 'string' AND {_tells(_VALUE)}
  )
)
"""  # noqa: S608  (what is put into it is written here)
# Also where another's event was sent again in this customer's name. Locked in the order in which ingestion locks them.
_ERASE_DUPLICATES = """
UPDATE event_duplicates SET external_customer_id = %(stand_in)s
WHERE event_id IN (
  SELECT event_id FROM event_duplicates
  WHERE organization_id = %(organization)s AND external_customer_id = %(own_id)s ORDER BY event_id FOR UPDATE
)
"""


def erase_customer(
    *,
    customer: Customer,
    external_customer_id: str | None,
    names: Collection[str],
    addresses: Collection[str],
    stand_in: str,
    **told: Any,
) -> None:
    """Puts `stand_in` in the place of the customer's external ID, where its events waited and in what they and
    duplicates say, and of texts of its events that hold an e-mail address or are a name of the customer's. For the
    signal `customer_erased`. Events that arrived under the ID when it was free are not the customer's."""
    UnmatchedID.objects.for_organization(customer.organization_id).filter(customer=customer).update(
        external_customer_id=stand_in
    )
    subjects = of_customer(customer.organization, customer.id)
    with connection.cursor() as cursor:
        cursor.execute(
            _ERASE,
            {
                "own_id": external_customer_id,
                "names": list(names),
                "addresses": list(addresses),
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
