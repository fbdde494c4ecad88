"""What is told of events that no customer holds: which ones, and whom the sender may have meant."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from customers.models import Customer
from metrics.models import EventName, UnmatchedID
from metrics.services.waiting import MAX_NAMES
from organizations.models import Organization

REASONS = ("letter_case", "compatibility_form")
MOST_NEAR_MATCHES = 10


@dataclass(frozen=True, slots=True)
class NearMatch:
    """A customer whose ID differs in letter case or compatibility forms alone."""

    customer_id: uuid.UUID
    external_customer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AboutUnmatched:
    """The events that wait under one external customer ID."""

    external_customer_id: str
    count: int
    first_seen: datetime.datetime
    last_seen: datetime.datetime
    names: list[str]
    near_matches: list[NearMatch]


def about_unmatched(organization: Organization, rows: Collection[UnmatchedID]) -> list[AboutUnmatched]:
    """What is told of these rows, which come from `for_list`: two queries, however many they are."""
    names = EventName.objects.filter(organization=organization).in_bulk(
        {number for row in rows for number in row.names[:MAX_NAMES]}
    )
    customers = _customers_by_near_form(organization, [row.near_form for row in rows])  # type: ignore[attr-defined]
    return [
        AboutUnmatched(
            external_customer_id=row.external_customer_id,
            count=row.count,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            names=sorted(names[number].name for number in row.names[:MAX_NAMES]),
            near_matches=_near_matches(row.external_customer_id, customers[row.near_form]),  # type: ignore[attr-defined]
        )
        for row in rows
    ]


def _customers_by_near_form(
    organization: Organization, near_forms: Collection[str]
) -> dict[str, list[Customer]]:
    found: dict[str, list[Customer]] = defaultdict(list)
    near = Customer.objects.for_organization(organization).nearly_holding(near_forms)
    for customer in near.only("external_customer_id").order_by("external_customer_id"):
        found[customer.near_form].append(customer)  # type: ignore[attr-defined]
    return found


def _near_matches(own_id: str, customers: Iterable[Customer]) -> list[NearMatch]:
    found: list[NearMatch] = []
    for customer in customers:
        other = customer.external_customer_id
        if other is not None and other != own_id and len(found) < MOST_NEAR_MATCHES:
            in_letter_case = own_id.lower() == other.lower()
            found.append(NearMatch(customer.id, other, REASONS[0] if in_letter_case else REASONS[1]))
    return found
