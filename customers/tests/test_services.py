"""What the only writers of customers promise when they create, change and put."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from customers.exceptions import CustomerGone, ExternalCustomerIDImmutable, ExternalCustomerIDTaken
from customers.models import Customer, CustomerChange
from customers.services import create_customer, delete_customer, put_customer, update_customer
from customers.tests.factories import ADDRESS, WHOLE, CustomerFactory, read_again
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def refusals(code: str) -> float:
    return REGISTRY.get_sample_value("polar_customers_external_id_refusals_total", {"code": code}) or 0.0


def changes() -> int:
    return CustomerChange.objects.count()


# Create


def test_a_customer_is_kept_exactly_as_given(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    assert read_again(customer) == WHOLE
    assert customer.created_at == customer.modified_at
    assert customer.organization == organization
    assert customer.id.version == 7


def test_a_customer_needs_nothing(organization: Organization) -> None:
    for _ in range(2):
        customer = create_customer(organization=organization)
        assert read_again(customer) == {**dict.fromkeys(WHOLE), "metadata": {}}


def test_a_short_address_is_kept_with_all_its_parts(organization: Organization) -> None:
    customer = create_customer(organization=organization, billing_address={"city": "Paris"})
    assert read_again(customer)["billing_address"] == {**dict.fromkeys(ADDRESS), "city": "Paris"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("external_customer_id", "null", "placeholder"),
        ("external_customer_id", uuid.uuid4(), "not_a_string"),
        ("name", "x" * 257, "max_length"),
        ("name", "a\x00b", "forbidden_character"),
        ("name", "a\ud800b", "forbidden_character"),
        ("email", "nobody", "invalid"),
        ("email", "a@\ud800.com", "forbidden_character"),
        ("tax_id", "x" * 65, "max_length"),
        ("tax_id", "\ud800", "forbidden_character"),
        ("billing_address", {"planet": "Mars"}, "unknown_field"),
        ("billing_address", {"country": "France"}, "invalid"),
        ("billing_address", {"city": "\x00"}, "forbidden_character"),
        ("billing_address", ["Paris"], "invalid"),
        ("metadata", {"": 1}, "invalid_key"),
        ("metadata", {"a": [1]}, "invalid"),
        ("metadata", {"a": float("nan")}, "out_of_range"),
        ("metadata", {"a": 2**53 + 1}, "out_of_range"),
        ("metadata", {"a": "\ud800"}, "forbidden_character"),
        ("metadata", {f"k{number}": 1 for number in range(51)}, "too_many_keys"),
    ],
)
@pytest.mark.parametrize("how", ["create", "update", "put"])
def test_what_is_wrong_is_said_by_field_and_nothing_is_written(
    how: str, field: str, value: Any, code: str, organization: Organization
) -> None:
    customer = CustomerFactory(organization=organization)
    before = (read_again(customer), changes())
    own_id = value if field == "external_customer_id" else "cust_1"
    writes: dict[str, Callable[..., object]] = {
        "create": partial(create_customer, organization=organization),
        "update": partial(update_customer, customer=customer),
        "put": partial(put_customer, organization=organization, own_id=own_id),
    }
    with pytest.raises(ValidationError) as caught:
        writes[how](**{field: value})
    assert {name: {problem.code for problem in found} for name, found in caught.value.error_dict.items()} == {
        field: {code}
    }
    assert (read_again(customer), changes()) == before


# The 409s


@pytest.mark.parametrize("how", ["create", "update"])
def test_a_taken_id_is_a_conflict_that_carries_its_holder(how: str, organization: Organization) -> None:
    holder = CustomerFactory(organization=organization, external_customer_id="cust_1")
    counted = refusals("external_customer_id_taken")
    writes: dict[str, Callable[..., object]] = {
        "create": partial(create_customer, organization=organization),
        "update": partial(update_customer, customer=CustomerFactory(organization=organization)),
    }
    with pytest.raises(ExternalCustomerIDTaken) as caught:
        writes[how](external_customer_id="cust_1")
    assert caught.value.conflict == {"customer_id": str(holder.id), "external_customer_id": "cust_1"}
    assert Customer.objects.filter(external_customer_id="cust_1").get() == holder
    assert refusals("external_customer_id_taken") == counted + 1


def test_another_organizations_holder_is_in_nobodys_way_and_never_named(
    organization: Organization, stranger: Organization
) -> None:
    CustomerFactory(organization=stranger, external_customer_id="cust_1")
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    with pytest.raises(ExternalCustomerIDTaken) as caught:
        create_customer(organization=organization, external_customer_id="cust_1")
    assert caught.value.customer_id == customer.id


@pytest.mark.parametrize("value", ["cust_2", "Cust_1", "taken", None])
def test_a_set_id_is_immutable_and_the_conflict_carries_it(
    value: str | None, organization: Organization
) -> None:
    CustomerFactory(organization=organization, external_customer_id="taken")
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1", name="Acme")
    counted = refusals("external_customer_id_immutable")
    with pytest.raises(ExternalCustomerIDImmutable) as caught:
        update_customer(customer=customer, external_customer_id=value, name="Other")
    assert caught.value.conflict == {"customer_id": str(customer.id), "external_customer_id": "cust_1"}
    assert read_again(customer)["name"] == "Acme"
    assert refusals("external_customer_id_immutable") == counted + 1


def test_a_stale_copy_of_the_customer_does_not_get_round_a_set_id(organization: Organization) -> None:
    stale = CustomerFactory(organization=organization)
    update_customer(customer=Customer.objects.get(id=stale.id), external_customer_id="cust_1")
    with pytest.raises(ExternalCustomerIDImmutable):
        update_customer(customer=stale, external_customer_id="cust_2")
    stale.refresh_from_db()
    stale.external_customer_id = "cust_2"
    with pytest.raises(ValidationError, match="once it is set"):
        stale.full_clean()
    stale.save(update_fields=["name"])
    with pytest.raises(ValidationError, match="once it is set"):
        stale.full_clean()


def test_a_model_knows_that_its_id_is_set_also_when_it_was_read_late(organization: Organization) -> None:
    made = CustomerFactory(organization=organization, external_customer_id="cust_1")
    half = Customer.objects.defer("external_customer_id").get(id=made.id)
    half.save(update_fields=["name"])
    assert "external_customer_id" in half.get_deferred_fields()
    assert half.external_customer_id == "cust_1"
    half.external_customer_id = "cust_2"
    with pytest.raises(ValidationError, match="once it is set"):
        half.full_clean()


def test_none_becomes_a_value_once_and_null_stays_fine_until_then(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    update_customer(customer=customer, external_customer_id=None)
    update_customer(customer=customer, external_customer_id="cust_1")
    update_customer(customer=customer, external_customer_id="cust_1")
    assert read_again(customer)["external_customer_id"] == "cust_1"


@pytest.mark.parametrize("how", ["create", "update a set one", "update an empty one", "put"])
def test_validation_comes_before_conflict(how: str, organization: Organization) -> None:
    holder = CustomerFactory(organization=organization, external_customer_id="cust_1")
    empty = CustomerFactory(organization=organization)
    conflicts: dict[str, Callable[..., object]] = {
        "create": partial(create_customer, organization=organization, external_customer_id="cust_1"),
        "update a set one": partial(update_customer, customer=holder, external_customer_id="cust_2"),
        "update an empty one": partial(update_customer, customer=empty, external_customer_id="cust_1"),
        "put": partial(
            put_customer, organization=organization, own_id="cust_1", external_customer_id="cust_2"
        ),
    }
    with pytest.raises(ValidationError) as caught:
        conflicts[how](name="x" * 257)
    assert not isinstance(caught.value, ExternalCustomerIDTaken | ExternalCustomerIDImmutable)
    assert "name" in caught.value.error_dict


@pytest.mark.parametrize("value", ["null", "", " a"])
def test_an_ill_formed_id_comes_before_the_conflict_that_it_would_be(
    value: str, organization: Organization
) -> None:
    CustomerFactory(organization=organization, external_customer_id="cust_1")
    with pytest.raises(ValidationError) as caught:
        put_customer(organization=organization, own_id="cust_1", external_customer_id=value)
    assert not isinstance(caught.value, ExternalCustomerIDImmutable)


# Update


def test_only_the_fields_that_are_named_change(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    changed = update_customer(customer=customer, email="new@acme.com", tax_id=None)
    assert read_again(customer) == {**WHOLE, "email": "new@acme.com", "tax_id": None}
    assert changed.modified_at > changed.created_at
    assert changed.created_at == customer.created_at


def test_a_change_of_one_field_is_all_that_is_written_over_a_newer_state(organization: Organization) -> None:
    stale = create_customer(organization=organization, **WHOLE)
    update_customer(customer=Customer.objects.get(id=stale.id), name="Newer")
    update_customer(customer=stale, email="new@acme.com")
    assert read_again(stale) == {**WHOLE, "name": "Newer", "email": "new@acme.com"}


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"name": WHOLE["name"]},
        {"external_customer_id": "cust_1"},
        {"billing_address": {"line1": "1 Main St", "city": "Paris", "postal_code": "75001", "country": "FR"}},
        {"metadata": {}},
        {"metadata": {"vip": True, "plan": "pro"}},
        {"metadata": {"never there": None}},
        WHOLE,
    ],
)
def test_a_change_to_what_is_there_already_writes_nothing(
    same: dict[str, Any], organization: Organization
) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    before = changes()
    with CaptureQueriesContext(connection) as queries:
        unchanged = update_customer(customer=customer, **same)
    assert not [query for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
    assert unchanged.modified_at == customer.modified_at
    assert (read_again(customer), changes()) == (WHOLE, before)


@pytest.mark.parametrize(
    ("stored", "sent", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": True}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1.0}, {"a": 1.0}),
        ({"a": 0}, {"a": False}, {"a": False}),
        ({"a": 1}, {"a": "1"}, {"a": "1"}),
        ({"a": False}, {"a": ""}, {"a": ""}),
    ],
)
def test_metadata_is_merged_and_null_removes(
    stored: dict[str, Any], sent: dict[str, Any], merged: dict[str, Any], organization: Organization
) -> None:
    customer = create_customer(organization=organization, metadata=stored)
    update_customer(customer=customer, metadata=sent)
    found = read_again(customer)["metadata"]
    assert found == merged
    assert [type(value) for value in found.values()] == [type(value) for value in merged.values()]


def test_without_merging_metadata_is_replaced(organization: Organization) -> None:
    customer = create_customer(organization=organization, metadata={"a": 1, "b": 2})
    update_customer(customer=customer, merge=False, metadata={"c": 3})
    assert read_again(customer)["metadata"] == {"c": 3}


def test_a_merge_is_held_to_the_limits_of_the_whole(organization: Organization) -> None:
    customer = create_customer(
        organization=organization, metadata={f"old{number}": 1 for number in range(30)}
    )
    with pytest.raises(ValidationError) as caught:
        update_customer(customer=customer, metadata={f"new{number}": 1 for number in range(30)})
    assert caught.value.error_dict["metadata"][0].code == "too_many_keys"


def test_an_address_is_replaced_whole(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    update_customer(customer=customer, billing_address={"city": "Lyon"})
    assert read_again(customer)["billing_address"] == {**dict.fromkeys(ADDRESS), "city": "Lyon"}


def test_a_deleted_customer_is_not_changed(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, name="Acme")
    delete_customer(customer=customer)
    with pytest.raises(CustomerGone):
        update_customer(customer=customer, name="Other")
    assert read_again(customer)["name"] == "Acme"


# Put


def test_put_creates_once_and_then_replaces_the_same_customer(organization: Organization) -> None:
    customer, created = put_customer(organization=organization, own_id="cust_1", name="Acme", tax_id="1")
    assert created
    again, created = put_customer(organization=organization, own_id="cust_1", name="Acme Inc")
    assert (again, created) == (customer, False)
    assert read_again(customer) == {
        **dict.fromkeys(WHOLE),
        "external_customer_id": "cust_1",
        "name": "Acme Inc",
        "metadata": {},
    }


def test_put_empties_what_it_omits_and_replaces_metadata_whole(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    put_customer(organization=organization, own_id="cust_1", metadata={"only": "this"})
    assert read_again(customer) == {
        **dict.fromkeys(WHOLE),
        "external_customer_id": "cust_1",
        "metadata": {"only": "this"},
    }


def test_the_same_put_again_writes_nothing(organization: Organization) -> None:
    first, _ = put_customer(organization=organization, own_id="cust_1", name="Acme")
    before = changes()
    again, _ = put_customer(organization=organization, own_id="cust_1", name="Acme")
    assert (again.modified_at, changes()) == (first.modified_at, before)


@pytest.mark.parametrize("named", ["cust_2", None])
@pytest.mark.parametrize("exists", [True, False])
def test_put_under_one_id_of_another_is_the_immutable_conflict_also_when_it_would_create(
    named: str | None, exists: bool, organization: Organization
) -> None:
    holder = CustomerFactory(organization=organization, external_customer_id="cust_1") if exists else None
    with pytest.raises(ExternalCustomerIDImmutable) as caught:
        put_customer(organization=organization, own_id="cust_1", external_customer_id=named)
    assert caught.value.conflict == {
        "customer_id": str(holder.id) if holder else None,
        "external_customer_id": "cust_1",
    }
    assert Customer.objects.count() == exists


def test_customers_that_put_emptied_share_nothing(organization: Organization) -> None:
    one, _ = put_customer(organization=organization, own_id="cust_1")
    one.metadata["plan"] = "pro"
    other, _ = put_customer(organization=organization, own_id="cust_2")
    assert other.metadata == read_again(other)["metadata"] == {}
