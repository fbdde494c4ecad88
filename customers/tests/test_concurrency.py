"""One rule under concurrent writers: one wins, every other gets the refusal that a later one would get."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from api.tests.wsgi import Answer, Server
from customers.exceptions import CustomerGone, ExternalCustomerIDImmutable, ExternalCustomerIDTaken
from customers.models import Customer, CustomerChange
from customers.services import create_customer, delete_customer, put_customer, update_customer
from customers.tests.factories import CustomerFactory
from customers.tests.paths import CUSTOMERS, by_external_id, by_id
from customers.tests.races import all_at_once, while_uncommitted
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 10
ROUNDS = 3


@pytest.fixture
def api(api: Server) -> Server:
    """Loaded once, by one, as a web server's process is before it takes requests."""
    assert api("GET", CUSTOMERS).status == 200
    return api


def create(organization: Organization, own_id: str = "cust_1") -> Any:
    return create_customer(organization=organization, external_customer_id=own_id)


def holders(organization: Organization, own_id: str = "cust_1") -> list[Customer]:
    return list(Customer.objects.for_organization(organization).holding(own_id))


def each_names(holder: Customer, refusals: list[Any]) -> bool:
    return all(
        type(refusal) is ExternalCustomerIDTaken
        and refusal.conflict
        == {"customer_id": str(holder.id), "external_customer_id": holder.external_customer_id}
        for refusal in refusals
    )


def test_of_ten_creations_for_one_id_one_wins_and_the_others_name_it(organization: Organization) -> None:
    for number in range(ROUNDS):
        own_id = f"cust_{number}"
        outcomes = all_at_once([partial(create, organization, own_id)] * WRITERS)
        (winner,) = holders(organization, own_id)
        assert outcomes.count(winner) == 1
        assert each_names(winner, [outcome for outcome in outcomes if outcome != winner])
    assert Customer.objects.count() == CustomerChange.objects.count() == ROUNDS


def test_all_who_wait_behind_an_uncommitted_holder_name_it_once_it_is_there(
    organization: Organization,
) -> None:
    rival = Customer(organization=organization, external_customer_id="cust_1")
    outcomes = while_uncommitted(rival.save, [partial(create, organization)] * WRITERS)
    assert each_names(rival, outcomes)
    assert holders(organization) == [rival]


def test_one_of_those_who_wait_wins_when_the_uncommitted_holder_goes_away(organization: Organization) -> None:
    rival = Customer(organization=organization, external_customer_id="cust_1")

    def come_and_go() -> None:
        rival.save()
        delete_customer(customer=rival)

    outcomes = while_uncommitted(come_and_go, [partial(create, organization)] * WRITERS)
    (winner,) = holders(organization)
    assert winner in outcomes
    assert winner != rival
    assert each_names(winner, [outcome for outcome in outcomes if outcome != winner])


def test_two_organizations_do_not_wait_for_each_other(
    organization: Organization, stranger: Organization
) -> None:
    rival = Customer(organization=organization, external_customer_id="cust_1")
    (outcome,) = while_uncommitted(rival.save, [partial(create, stranger)])
    assert holders(stranger) == [outcome]


def test_in_the_api_one_gets_the_201_and_all_others_the_409_with_its_id(
    organization: Organization, api: Server
) -> None:
    answers: list[Answer] = all_at_once(
        [partial(api, "POST", CUSTOMERS, {"external_customer_id": "cust_1"})] * WRITERS
    )
    assert Counter(answer.status for answer in answers) == {201: 1, 409: WRITERS - 1}
    (winner,) = holders(organization)
    for answer in answers:
        if answer.status == 409:
            assert answer.code == "external_customer_id_taken"
            assert answer.json["conflict"] == {
                "customer_id": str(winner.id),
                "external_customer_id": "cust_1",
            }
        else:
            assert answer.json["id"] == str(winner.id)


def test_of_ten_puts_one_creates_and_the_others_replace(organization: Organization) -> None:
    for number in range(ROUNDS):
        own_id = f"cust_{number}"
        outcomes = all_at_once(
            [
                partial(put_customer, organization=organization, own_id=own_id, name=f"Writer {writer}")
                for writer in range(WRITERS)
            ]
        )
        (holder,) = holders(organization, own_id)
        assert [customer for customer, _ in outcomes] == [holder] * WRITERS
        assert [created for _, created in outcomes].count(True) == 1
        changes = CustomerChange.objects.filter(pgh_obj=holder)
        assert {change.name for change in changes} == {f"Writer {writer}" for writer in range(WRITERS)}


def test_puts_that_wait_behind_an_uncommitted_holder_replace_it(organization: Organization) -> None:
    rival = Customer(organization=organization, external_customer_id="cust_1")
    outcomes = while_uncommitted(
        rival.save, [partial(put_customer, organization=organization, own_id="cust_1", name="Acme")] * 3
    )
    assert outcomes == [(rival, False)] * 3
    assert holders(organization)[0].name == "Acme"


def test_a_put_behind_the_deletion_of_the_holder_creates_the_next_one(organization: Organization) -> None:
    holder = create(organization)
    outcomes = while_uncommitted(
        partial(delete_customer, customer=holder),
        [partial(put_customer, organization=organization, own_id="cust_1", name="Acme")] * 3,
    )
    (heir,) = holders(organization)
    assert heir != holder
    assert sorted(created for _, created in outcomes) == [False, False, True]
    assert {customer.id for customer, _ in outcomes} == {heir.id}


def test_an_empty_id_that_two_set_at_once_gets_one_value_and_the_other_is_refused(
    organization: Organization,
) -> None:
    for number in range(ROUNDS):
        customer = CustomerFactory(organization=organization)
        values = [f"left_{number}", f"right_{number}"]
        outcomes = all_at_once(
            [partial(update_customer, customer=customer, external_customer_id=value) for value in values]
        )
        (refusal,) = [outcome for outcome in outcomes if outcome != customer]
        customer.refresh_from_db()
        assert type(refusal) is ExternalCustomerIDImmutable
        assert refusal.conflict == {
            "customer_id": str(customer.id),
            "external_customer_id": customer.external_customer_id,
        }
        assert customer.external_customer_id in values


def test_an_id_that_two_customers_take_at_once_goes_to_one(organization: Organization) -> None:
    customers = [CustomerFactory(organization=organization) for _ in range(WRITERS)]
    outcomes = all_at_once(
        [partial(update_customer, customer=customer, external_customer_id="cust_1") for customer in customers]
    )
    (winner,) = holders(organization)
    assert outcomes.count(winner) == 1
    assert each_names(winner, [outcome for outcome in outcomes if outcome != winner])


def test_a_creation_beside_the_deletion_of_the_holder_succeeds_or_names_it(
    organization: Organization,
) -> None:
    for number in range(ROUNDS):
        own_id = f"cust_{number}"
        holder = create(organization, own_id)
        created, deleted = all_at_once(
            [partial(create, organization, own_id), partial(delete_customer, customer=holder)]
        )
        assert deleted == holder
        assert each_names(holder, [created]) or holders(organization, own_id) == [created]


def test_patches_of_different_metadata_keys_lose_nothing(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, metadata={"there": "before"})
    all_at_once(
        [
            partial(update_customer, customer=customer, metadata={f"key{writer}": writer})
            for writer in range(WRITERS)
        ]
    )
    customer.refresh_from_db()
    assert customer.metadata == {"there": "before", **{f"key{writer}": writer for writer in range(WRITERS)}}


def test_a_patch_behind_a_deletion_finds_nobody_any_more(organization: Organization, api: Server) -> None:
    customer = create(organization)
    body = {"name": "Acme"}
    by_service, *answers = while_uncommitted(
        partial(delete_customer, customer=customer),
        [
            partial(update_customer, customer=customer, **body),
            partial(api, "PATCH", by_id(customer.id), body),
            partial(api, "PATCH", by_external_id("cust_1"), body),
        ],
    )
    assert type(by_service) is CustomerGone
    assert [(answer.status, answer.code) for answer in answers] == [(404, "not_found")] * 2
    customer.refresh_from_db()
    assert customer.name is None


def test_two_deletions_at_once_are_one(organization: Organization, api: Server) -> None:
    customer = create(organization)
    answers = all_at_once([partial(api, "DELETE", by_id(customer.id))] * 3)
    assert {answer.status for answer in answers} <= {204, 404}
    assert CustomerChange.objects.filter(pgh_obj=customer).count() == 2
