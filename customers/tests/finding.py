"""Making customers and finding them again by the list."""

from __future__ import annotations

from typing import Any

from api.tests.wsgi import Server
from customers.tests.factories import CustomerFactory
from customers.tests.paths import listing
from organizations.models import Organization


def found(api: Server, *pairs: tuple[str, Any], **parameters: Any) -> set[str]:
    """The IDs of everyone on the list that these parameters narrow."""
    answer = api("GET", listing(*pairs, **parameters, limit=100))
    assert answer.status == 200, answer.json
    assert answer.json["next"] is None
    return {customer["id"] for customer in answer.json["results"]}


def make(organization: Organization, **fields: Any) -> str:
    return str(CustomerFactory(organization=organization, **fields).id)
