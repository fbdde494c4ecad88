"""What a log line about a customer carries, so that a search by the business's own ID finds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from customers.models import Customer


def names_of_customer(customer: Customer) -> dict[str, str | None]:
    return {
        "organization": str(customer.organization_id),
        "customer_id": str(customer.id),
        "external_customer_id": customer.external_customer_id,
    }


def names_of_ids(own_ids: Sequence[str]) -> dict[str, Any]:
    """Of those whom a list or a report is asked for. One stands under its usual name."""
    return {"external_customer_id": own_ids[0]} if len(own_ids) == 1 else {"external_customer_ids": own_ids}
