"""What is told of events that no customer holds: which ones, and whom the sender may have meant."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from customers.models import Customer
from metrics.models import EventName, UnmatchedID
from metrics.services.near_ids import NearMatch, near_matches
from metrics.services.waiting import MAX_NAMES
from organizations.models import Organization


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
            near_matches=near_matches(row.external_customer_id, customers[row.near_form]),  # type: ignore[attr-defined]
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
