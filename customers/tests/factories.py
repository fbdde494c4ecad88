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
