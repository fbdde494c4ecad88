"""Customers for tests, made by the service that makes them in the product."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from customers import services
from customers.models import Customer
from organizations.tests.factories import OrganizationFactory


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer without any field, so that each test says what it is about."""

    class Meta:
        model = Customer

    organization = factory.SubFactory(OrganizationFactory)

    @classmethod
    def _create(cls, model_class: type[Customer], *args: Any, **fields: Any) -> Customer:
        return services.create_customer(**fields)


ADDRESS = {
    "line1": "1 Main St",
    "line2": None,
    "city": "Paris",
    "state": None,
    "postal_code": "75001",
    "country": "FR",
}
WHOLE: dict[str, Any] = {
    "external_customer_id": "cust_1",
    "name": "  Acme Inc ",
    "email": "Sales@Acme.COM",
    "billing_address": ADDRESS,
    "tax_id": "FR 123",
    "metadata": {"plan": "pro", "seats": 5, "rate": 1.5, "vip": True},
}


def read_again(customer: Customer) -> dict[str, Any]:
    """What the database has of the customer's fields now."""
    found = Customer.objects.get(id=customer.id)
    return {name: getattr(found, name) for name in WHOLE}
