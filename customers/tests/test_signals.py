"""What the apps above are told, and that it is told within the transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.dispatch import Signal

from customers.exceptions import ExternalCustomerIDTaken
from customers.models import Customer
from customers.services import create_customer, delete_customer, put_customer, stand_in_for, update_customer
from customers.signals import customer_erased, external_id_set
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


class Heard:
    def __init__(self, signal: Signal) -> None:
        self.calls: list[dict[str, object]] = []
        signal.connect(self)

    def __call__(self, sender: object, signal: Signal, **told: object) -> None:
        assert connection.in_atomic_block
        self.calls.append(told)

    @property
    def customers(self) -> list[Customer]:
        return [told["customer"] for told in self.calls]


@pytest.fixture
def ids_set() -> Iterator[Heard]:
    heard = Heard(external_id_set)
    yield heard
    external_id_set.disconnect(heard)


@pytest.fixture
def erasures() -> Iterator[Heard]:
    heard = Heard(customer_erased)
    yield heard
    customer_erased.disconnect(heard)


def test_it_is_told_once_when_a_customer_gets_its_id(organization: Organization, ids_set: Heard) -> None:
    created = create_customer(organization=organization, external_customer_id="cust_1")
    put, _ = put_customer(organization=organization, own_id="cust_2")
    late = create_customer(organization=organization, name="Acme")
    assert ids_set.customers == [created, put]
    late = update_customer(customer=late, external_customer_id="cust_3")
    assert ids_set.customers == [created, put, late]


def test_nothing_is_told_of_other_changes(organization: Organization, ids_set: Heard) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    ids_set.calls.clear()
    update_customer(customer=customer, external_customer_id="cust_1", name="Acme")
    put_customer(organization=organization, own_id="cust_1", name="Other")
    delete_customer(customer=customer, anonymize=True)
    assert ids_set.calls == []


def test_nothing_is_told_of_a_refused_id(organization: Organization, ids_set: Heard) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    ids_set.calls.clear()
    with pytest.raises(ExternalCustomerIDTaken):
        create_customer(organization=organization, external_customer_id="cust_1")
    assert ids_set.calls == []


def test_erasure_tells_the_id_and_its_stand_in(organization: Organization, erasures: Heard) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    delete_customer(customer=customer)
    assert erasures.calls == []
    delete_customer(customer=customer, anonymize=True)
    assert erasures.calls == [
        {
            "customer": customer,
            "external_customer_id": "cust_1",
            "stand_in": stand_in_for(customer.id),
            "names": set(),
            "addresses": set(),
        }
    ]
