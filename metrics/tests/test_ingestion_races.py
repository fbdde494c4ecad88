"""Several calls at once, and calls that end in the middle: each event is stored once, or not at all."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from customers.services import create_customer
from customers.tests.races import all_at_once, while_uncommitted
from metrics.models import Event, EventBatch, UnmatchedID
from metrics.services.ingestion import Ingested
from metrics.tests.sending import event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_call_many_times_at_once(organization: Organization) -> None:
    events = [event(f"cust_{n % 3}", external_id=str(n)) for n in range(50)]
    results = all_at_once([lambda: send(organization, *events)] * 6)
    assert all(isinstance(result, Ingested) for result in results), results
    assert sum(result.inserted for result in results) == 50
    assert sum(result.duplicates for result in results) == 250
    assert len(stored(organization)) == 50
    assert sum(UnmatchedID.objects.values_list("count", flat=True)) == 50


def test_overlapping_calls_in_opposite_order_wait_for_each_other(organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    events = [event(external_id=str(n)) for n in range(200)]
    results = all_at_once(
        [lambda: send(organization, *events), lambda: send(organization, *reversed(events))] * 3
    )
    assert sum(result.inserted for result in results) == 200


def test_a_call_that_comes_while_the_same_is_uncommitted(organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")

    def first() -> None:
        assert send(organization, event(external_id="a", name="first")).inserted == 1

    [late] = while_uncommitted(
        first, [lambda: send(organization, event(external_id="a", name="late"), event(external_id="b"))]
    )
    assert (late.inserted, late.duplicates) == (1, 1)
    assert [found.name.name for found in stored(organization)] == ["first", "call"]


def test_new_names_at_once(organization: Organization) -> None:
    results = all_at_once(
        [lambda n=n: send(organization, event(name="new", external_id=str(n))) for n in range(6)]
    )
    assert [result.inserted for result in results] == [1] * 6


def test_nothing_is_left_of_a_call_whose_connection_breaks(organization: Organization) -> None:
    def send_and_break() -> None:
        with transaction.atomic():
            send(organization, event(), event("cust_2"))
            raise ConnectionError

    pytest.raises(ConnectionError, send_and_break)
    assert not Event.objects.exists()
    assert not EventBatch.objects.exists()
    assert not UnmatchedID.objects.exists()


def test_the_answer_comes_after_the_commit(organization: Organization) -> None:
    send(organization, event())
    assert not connection.in_atomic_block
    [(seen,)] = all_at_once([lambda: Event.objects.values_list("name__name").get()])
    assert seen == "call"
