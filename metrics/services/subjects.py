"""Whose events a filter or a report means."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from customers.models import Customer
from metrics.models import UnmatchedID
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Subjects:
    """Customers, and UnmatchedIDs whose events wait: for nobody yet, or to be bound to one of these customers."""

    customers: tuple[uuid.UUID, ...]
    unmatched: tuple[uuid.UUID, ...]


def of_external_ids(organization: Organization, own_ids: Collection[str]) -> Subjects:
    """The current holders of these IDs, and what waits under those that nobody holds. Never an earlier holder."""
    found = Customer.objects.for_organization(organization).live().filter(external_customer_id__in=own_ids)
    holders = dict(found.values_list("external_customer_id", "id"))
    waiting = _unbound(organization, holders.values())
    if unheld := set(own_ids) - holders.keys():
        open_ids = UnmatchedID.objects.for_organization(organization).open()
        waiting += open_ids.filter(external_customer_id__in=unheld).values_list("id", flat=True)
    return Subjects(tuple(holders.values()), tuple(waiting))


def of_customer(organization: Organization, customer_id: uuid.UUID) -> Subjects:
    """The customer, deleted or not; one of another organization has no events in this."""
    return Subjects((customer_id,), tuple(_unbound(organization, [customer_id])))


def _unbound(organization: Organization, customers: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """What these customers got with their ID and isn't bound to them yet."""
    waiting = UnmatchedID.objects.for_organization(organization).unbound()
    return list(waiting.filter(customer__in=customers).values_list("id", flat=True))
