"""An event that arrives while its customer is being created is never left behind, whoever commits first; and neither
binding nor the rollups stand in ingestion's way."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import transaction

from customers.models import Customer
from customers.services import create_customer, delete_customer, update_customer
from customers.tests.races import all_at_once, while_uncommitted
from metrics.models import CustomerDay, EventBatch, UnmatchedID
from metrics.services import binding
from metrics.services.binding import bind_chunk, bind_events
from metrics.services.folding import fold
from metrics.services.verification import differences
from metrics.tests.sending import event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


def bound(organization: Organization) -> list[Customer | None]:
    """Whose each event is, once everything was bound that can be."""
    bind_events(organization_id=organization.id)
    assert differences(organization) == []
    fold(organization.id)
    assert differences(organization) == []
    return [found.customer for found in stored(organization)]


def created(organization: Organization) -> Customer:
    return create_customer(organization=organization, external_customer_id="cust_1")


@pytest.mark.parametrize("waits_already", [True, False])
def test_events_that_are_uncommitted_when_the_customer_comes(
    waits_already: bool, organization: Organization
) -> None:
    if waits_already:
        send(organization, event())
    [customer] = while_uncommitted(
        lambda: send(organization, event(), event()), [lambda: created(organization)]
    )
    assert bound(organization) == [customer] * (2 + waits_already)


@pytest.mark.parametrize("waits_already", [True, False])
@pytest.mark.parametrize("set_later", [True, False])
def test_a_customer_who_is_uncommitted_when_the_events_come(
    waits_already: bool, set_later: bool, organization: Organization
) -> None:
    if waits_already:
        send(organization, event())
    customer = create_customer(organization=organization) if set_later else None

    def get_the_id() -> None:
        if customer is None:
            created(organization)
        else:
            update_customer(customer=customer, external_customer_id="cust_1")

    results = while_uncommitted(
        get_the_id, [lambda n=n: send(organization, event(external_id=str(n))) for n in range(3)]
    )
    assert [result.inserted for result in results] == [1, 1, 1]
    holder = Customer.objects.get()
    assert bound(organization) == [holder] * (3 + waits_already)
    assert not UnmatchedID.objects.open().exists()


def test_a_customer_who_is_taken_back_leaves_the_events_waiting(organization: Organization) -> None:
    def create_and_take_back() -> None:
        try:
            with transaction.atomic():
                created(organization)
                raise ConnectionError
        except ConnectionError:
            pass

    while_uncommitted(create_and_take_back, [lambda: send(organization, event())])
    assert bound(organization) == [None]
    assert UnmatchedID.objects.open().get().count == 1


def test_many_of_both_at_once(organization: Organization) -> None:
    own_ids = [f"cust_{number}" for number in range(8)]

    def send_all(call: int) -> Any:
        return send(organization, *[event(own_id, external_id=f"{call}/{own_id}") for own_id in own_ids])

    def create_all() -> None:
        for own_id in own_ids:
            create_customer(organization=organization, external_customer_id=own_id)

    results = all_at_once([create_all, *[lambda call=call: send_all(call) for call in range(5)]])
    assert [getattr(result, "inserted", result) for result in results] == [None, 8, 8, 8, 8, 8]
    assert {owner and owner.external_customer_id for owner in bound(organization)} == set(own_ids)
    for found in stored(organization):
        assert found.external_id.endswith(found.customer.external_customer_id)


def test_an_id_that_changes_hands_all_the_time(organization: Organization) -> None:
    """Whoever an event went to got the ID; nobody's event is lost, and the sums stay right."""
    over = threading.Event()

    def change_hands() -> None:
        for _ in range(10):
            delete_customer(customer=created(organization))
        over.set()

    def send_until_then() -> int:
        sent = 0
        while not over.is_set() or sent == 0:
            sent += send(organization, event(), event("cust_2")).inserted
        return sent

    def bind_until_then() -> None:
        while not over.is_set():
            bind_events(organization_id=organization.id)
            fold(organization.id)

    outcome = all_at_once([change_hands, send_until_then, send_until_then, bind_until_then])
    assert all(not isinstance(result, Exception) for result in outcome), outcome
    owners = bound(organization)
    assert len(owners) == outcome[1] + outcome[2]
    waiting = sum(UnmatchedID.objects.open().values_list("count", flat=True))
    assert waiting == sum(owner is None for owner in owners)


def test_ingestion_goes_on_while_events_are_bound(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binding, "CHUNK", 2)
    send(organization, *[event() for _ in range(5)])
    customer = created(organization)
    unmatched = UnmatchedID.objects.get()
    with transaction.atomic():
        bind_chunk(unmatched.id)
        [during] = all_at_once([lambda: send(organization, event(), event("cust_2"))])
    assert during.inserted == 2
    assert bound(organization) == [customer] * 6 + [None]


def test_two_workers_bind_the_same_events_once(organization: Organization) -> None:
    send(organization, *[event() for _ in range(50)])
    fold(organization.id)
    customer = created(organization)
    all_at_once([lambda: bind_events(organization_id=organization.id)] * 3)
    assert bound(organization) == [customer] * 50
    assert sum(CustomerDay.objects.values_list("events", flat=True)) == 50


def test_binding_waits_for_those_who_add_to_the_rollups(organization: Organization) -> None:
    send(organization, event())
    created(organization)
    unmatched = UnmatchedID.objects.get()
    [done] = while_uncommitted(lambda: fold(organization.id), [lambda: bind_chunk(unmatched.id)])
    assert done is True
    assert bound(organization) == [Customer.objects.get()]


def test_batches_that_are_being_added_are_passed_over(organization: Organization) -> None:
    send(organization, event())
    with transaction.atomic():
        assert fold(organization.id) == 1
        assert all_at_once([lambda: fold(organization.id)]) == [0]
    assert not EventBatch.objects.exists()


def test_calls_and_folds_at_once_count_each_event_once(organization: Organization) -> None:
    for number in range(4):
        create_customer(organization=organization, external_customer_id=f"cust_{number}")

    def work(call: int) -> None:
        for step in range(5):
            send(
                organization,
                *[event(f"cust_{n % 4}", timestamp=f"2026-01-{n % 9 + 1:02}T00:00:00Z") for n in range(40)],
            )
            if (call + step) % 2:
                fold(organization.id)

    outcome = all_at_once([lambda call=call: work(call) for call in range(4)])
    assert outcome == [None] * 4
    assert len(bound(organization)) == 800
    assert sum(CustomerDay.objects.values_list("events", flat=True)) == 800
