"""Events that are sent again: the first stays, and what the others said otherwise is remembered."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from customers.services import create_customer, delete_customer, update_customer
from customers.tests.races import all_at_once
from metrics.models import Duplicates
from metrics.services.binding import bind_events
from metrics.tests.sending import AT, event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def noted() -> Duplicates:
    return Duplicates.objects.get()


def said(organization: Organization, first: dict[str, Any], again: dict[str, Any]) -> tuple[list[str], Any]:
    """What the second sending said otherwise, and whose it said the event was."""
    send(organization, {**first, "external_id": "a"})
    send(organization, {**again, "external_id": "a"})
    found = noted()
    assert (found.differed_at is not None) == bool(found.differences)
    return found.differences, found.external_customer_id


def test_nothing_is_noted_of_what_came_once(organization: Organization) -> None:
    send(organization, event(external_id="a"), event(external_id="b"), event(), event())
    assert not Duplicates.objects.exists()


def test_how_often_and_when_an_event_was_sent_again(organization: Organization) -> None:
    sent = event(external_id="a", timestamp=AT, metadata={"n": 1})
    for _ in range(3):
        send(organization, sent, sent)
    found = noted()
    assert found.event == stored(organization)[0]
    assert found.count == 5
    assert found.first_at < found.last_at
    assert (found.differed_at, found.differences, found.external_customer_id) == (None, [], None)


def test_within_one_call(organization: Organization) -> None:
    send(
        organization,
        event(external_id="a", timestamp=AT),
        event(external_id="a", timestamp=AT, name="second"),
        event("cust_2", external_id="a", timestamp=AT),
        event(external_id="a"),
        event(external_id="b"),
    )
    found = noted()
    assert (found.event.external_id, found.count, found.first_at) == ("a", 3, found.last_at)
    # The last of those that said anything else.
    assert (found.differences, found.external_customer_id) == (["external_customer_id"], "cust_2")


@pytest.mark.parametrize(
    ("again", "differences"),
    [
        (event(timestamp=AT, metadata={"n": 1, "s": "x"}), []),
        (event(timestamp="2026-01-31T13:00:00+01:00", metadata={"s": "x", "n": 1.0}), []),
        (event(metadata={"n": 1, "s": "x"}), []),  # without a time, as it may be sent
        (event(name="other", timestamp=AT, metadata={"n": 1, "s": "x"}), ["name"]),
        (event(timestamp="2026-01-31T12:00:00.000001Z", metadata={"n": 1, "s": "x"}), ["timestamp"]),
        (event(timestamp=AT, metadata={"n": 2, "s": "x"}), ["metadata"]),
        (event(timestamp=AT), ["metadata"]),
        (event("cust_2", name="x"), ["name", "external_customer_id", "metadata"]),
    ],
)
def test_what_it_said_otherwise(
    again: dict[str, Any], differences: list[str], organization: Organization
) -> None:
    first = event(timestamp=AT, metadata={"n": 1, "s": "x"})
    assert said(organization, first, again)[0] == differences


class TestWhose:
    """Whose an event is said to be is compared with whose it is."""

    def test_under_another_id(self, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="cust_1")
        found = said(organization, event("cust_1"), event("CUST_1"))
        assert found == (["external_customer_id"], "CUST_1")

    @pytest.mark.parametrize("bound", [True, False])
    def test_under_the_id_that_it_waited_under(self, bound: bool, organization: Organization) -> None:
        send(organization, event("cust_1", external_id="a"))
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        if bound:
            bind_events(organization_id=organization.id)
        assert said(organization, event("cust_1"), event(None, customer_id=str(customer.id))) == ([], None)

    def test_by_our_id_of_another_customer(self, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="cust_1")
        other = create_customer(organization=organization, external_customer_id="cust_2")
        found = said(organization, event("cust_1"), event(None, customer_id=str(other.id)))
        assert found == (["customer_id"], "cust_2")

    def test_by_our_id_while_it_waits(self, organization: Organization) -> None:
        other = create_customer(organization=organization)
        found = said(organization, event("cust_1"), event(None, customer_id=str(other.id)))
        assert found == (["customer_id"], None)

    def test_by_our_id_of_nobody_or_of_another_organizations(
        self, organization: Organization, stranger: Organization
    ) -> None:
        theirs = create_customer(organization=stranger, external_customer_id="theirs")
        found = said(organization, event("cust_1"), event(None, customer_id=str(theirs.id)))
        assert found == (["customer_id"], None)

    def test_a_customer_who_got_an_id_since(self, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        send(organization, event(None, customer_id=str(customer.id), external_id="a"))
        update_customer(customer=customer, external_customer_id="cust_1")
        assert said(organization, event("cust_1"), event("cust_1")) == ([], None)

    def test_the_same_id_in_other_hands(self, organization: Organization) -> None:
        first = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event("cust_1", external_id="a"))
        delete_customer(customer=first)
        create_customer(organization=organization, external_customer_id="cust_1")
        assert said(organization, event("cust_1"), event("cust_1")) == ([], None)
        assert stored(organization)[0].customer == first

    def test_an_erased_customers_is_not_compared(self, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="ann@example.com")
        send(organization, event("ann@example.com", external_id="a", metadata={"of": "ann@example.com"}))
        delete_customer(customer=customer, anonymize=True)
        again = event("ann@example.com", metadata={"of": "ann@example.com"})
        assert said(organization, again, again) == ([], None)


def test_the_last_difference_outlives_a_sending_without_any(organization: Organization) -> None:
    sent = event("cust_1", external_id="a")
    send(organization, sent)
    send(organization, event("cust_2", external_id="a"))
    send(organization, sent)
    found = noted()
    assert (found.count, found.differences, found.external_customer_id) == (
        2,
        ["external_customer_id"],
        "cust_2",
    )
    assert found.differed_at == found.first_at < found.last_at


def test_nothing_is_noted_of_a_call_that_is_refused(organization: Organization) -> None:
    send(organization, event(external_id="a"))
    with pytest.raises(Exception, match="name"):
        send(organization, event(external_id="a"), event(name=""))
    assert not Duplicates.objects.exists()


def test_another_organizations_events_are_no_matter(
    organization: Organization, stranger: Organization
) -> None:
    send(stranger, event(external_id="a", name="theirs"))
    send(organization, event(external_id="a"))
    send(organization, event(external_id="a"))
    assert (noted().organization, noted().differences) == (organization, [])


def test_it_takes_one_more_statement_whatever_their_number(
    organization: Organization, django_assert_num_queries: Any
) -> None:
    events = [event(f"cust_{n % 3}", external_id=str(n)) for n in range(200)]
    send(organization, *events)
    send(organization, events[0])
    for size in (1, 200):
        with django_assert_num_queries(5):  # names, savepoint, duplicates, what is noted, release
            assert send(organization, *events[:size]).duplicates == size
    assert Duplicates.objects.count() == 200


class TestDatabase:
    """What nobody can write, whoever they are."""

    @pytest.fixture(autouse=True)
    def again(self, organization: Organization) -> None:
        for _ in range(2):
            send(organization, event(external_id="a"))
        send(organization, event(external_id="b"))

    def refused(self, name: str, statement: str, *values: Any) -> None:
        with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        assert caught.value.__cause__.diag.constraint_name == name

    @pytest.mark.parametrize("event_id", ["id", "gen_random_uuid()"])
    def test_another_organizations_event_or_none(self, event_id: str, stranger: Organization) -> None:
        self.refused(
            "event_duplicates_event_fk",
            "INSERT INTO event_duplicates (event_id, organization_id, count, first_at, last_at, differences) "
            f"SELECT {event_id}, %s, 1, now(), now(), '{{}}' FROM events WHERE external_id = 'b'",
            stranger.id,
        )

    @pytest.mark.parametrize("change", ["event_id = gen_random_uuid()", "count = count - 1"])
    def test_what_is_noted_is_not_forgotten(self, change: str, organization: Organization) -> None:
        send(organization, event(external_id="a"))
        self.refused("event_duplicates_immutable", f"UPDATE event_duplicates SET {change}")

    def test_no_row_is_removed(self) -> None:
        self.refused("event_duplicates_no_hard_delete", "DELETE FROM event_duplicates")


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_every_duplicate_is_counted_once_whoever_is_first(self, organization: Organization) -> None:
        events = [event(f"cust_{n % 3}", external_id=str(n)) for n in range(100)]
        calls = [lambda: send(organization, *events), lambda: send(organization, *reversed(events))] * 3
        results = all_at_once(calls)
        assert sum(result.inserted for result in results) == 100
        assert sorted(Duplicates.objects.values_list("count", flat=True)) == [5] * 100

    def test_customers_are_erased_while_events_are_sent_again_in_their_name(
        self, organization: Organization
    ) -> None:
        customers = [
            create_customer(organization=organization, external_customer_id=f"cust_{n}") for n in range(3)
        ]
        events = [event("first", external_id=str(n)) for n in range(60)]
        send(organization, *events)

        def send_again() -> int:
            again = [event(f"cust_{n % 3}", external_id=str(n)) for n in range(60)]
            return sum(send(organization, *again, *reversed(again)).duplicates for _ in range(3))

        def erase() -> None:
            for customer in customers:
                delete_customer(customer=customer, anonymize=True)

        outcome = all_at_once([send_again, erase, send_again, send_again])
        assert outcome == [360, None, 360, 360]
        assert sum(Duplicates.objects.values_list("count", flat=True)) == 1080
