"""Whose an event is: the holder's of its ID when it arrived, or the first one's who got the ID after that."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from django.db import connection, transaction

from api.tests.wsgi import Server
from customers.models import Customer
from customers.services import create_customer, delete_customer, put_customer, update_customer
from metrics.models import CustomerDay, Event, UnmatchedID
from metrics.services import binding
from metrics.services.binding import bind_chunk
from metrics.services.folding import fold
from metrics.services.verification import differences
from metrics.tests.sending import event, send, stored
from organizations.ids import new_id
from organizations.models import Organization
from polar_customers import task_reports

pytestmark = pytest.mark.django_db


def owners(organization: Organization) -> list[Customer | None]:
    return [found.customer for found in stored(organization)]


WAYS_TO_AN_ID = {
    "created": lambda organization: create_customer(organization=organization, external_customer_id="cust_1"),
    "set later": lambda organization: update_customer(
        customer=create_customer(organization=organization), external_customer_id="cust_1"
    ),
    "put": lambda organization: put_customer(organization=organization, own_id="cust_1")[0],
}


@pytest.mark.parametrize("folded", [True, False], ids=["in the rollups", "not in the rollups"])
@pytest.mark.parametrize("get_id", WAYS_TO_AN_ID.values(), ids=WAYS_TO_AN_ID)
def test_waiting_events_become_the_customers(
    get_id: Any, folded: bool, organization: Organization, stranger: Organization, run_tasks: Any
) -> None:
    send(organization, event(timestamp="2001-01-01T00:00:00Z"), event(), event("cust_2"))
    send(stranger, event())
    if folded:
        fold(organization.id)
    customer = get_id(organization)
    assert owners(organization) == [None, None, None]
    assert run_tasks() == ["metrics.tasks.bind_events"]
    assert owners(organization) == [customer, customer, None]
    assert owners(stranger) == [None]
    assert run_tasks() == []
    fold(organization.id)
    assert sum(CustomerDay.objects.filter(customer=customer).values_list("events", flat=True)) == 2
    assert differences(organization) == []


def test_the_log_finds_the_binding_by_the_customers_own_id(
    organization: Organization, run_tasks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(organization, event())
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        monkeypatch.setattr(task_reports, "log", structlog.get_logger("task"))
        run_tasks()
    (line,) = [line for line in lines if line["event"] == "task"]
    assert line["organization"] == str(organization.id)
    assert (line["customer_id"], line["external_customer_id"]) == (str(customer.id), "cust_1")


def test_nothing_is_deferred_where_nothing_waits(organization: Organization, run_tasks: Any) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, event())
    update_customer(customer=create_customer(organization=organization), external_customer_id="cust_2")
    assert run_tasks() == []
    assert not UnmatchedID.objects.exists()


def test_a_new_customer_costs_the_same_however_many_events_there_are(organization: Organization) -> None:
    def read() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'events'"
            )
            (rows,) = cursor.fetchone()
            return int(rows)

    create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, *[event() for _ in range(1_000)])
    before = read()
    create_customer(organization=organization, external_customer_id="cust_2")
    assert read() - before < 10


def test_who_comes_past_the_services_gets_them_too(organization: Organization, run_tasks: Any) -> None:
    send(organization, event("cust_1"), event("cust_2"))
    first = Customer.objects.create(organization=organization, external_customer_id="cust_1")
    second = Customer.objects.create(organization=organization)
    Customer.objects.filter(id=second.id).update(external_customer_id="cust_2")
    assert run_tasks() == []
    from metrics.tasks import bind_what_is_left

    bind_what_is_left(timestamp=0)
    assert owners(organization) == [first, second]


def test_copied_customers_get_them_too(organization: Organization) -> None:
    send(organization, event("cust_1"), event("cust_2"), event("cust_3"))
    customers = {new_id(): f"cust_{number}" for number in range(1, 6)}
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY customers (id, organization_id, external_customer_id, metadata, created_at, modified_at, deleted_at) "
            "FROM STDIN"
        ) as copy,
    ):
        for identity, own_id in customers.items():
            deleted = "2026-01-01T00:00:00Z" if own_id == "cust_3" else None
            copy.write_row(
                (
                    identity,
                    organization.id,
                    own_id,
                    "{}",
                    "2026-01-01T00:00:00Z",
                    "2026-01-01T00:00:00Z",
                    deleted,
                )
            )
    binding.bind_events(organization_id=organization.id)
    assert [found and customers[found.id] for found in owners(organization)] == ["cust_1", "cust_2", None]
    assert list(UnmatchedID.objects.open().values_list("external_customer_id", flat=True)) == ["cust_3"]


class TestFreedIDs:
    def test_a_deleted_customer_keeps_its_events(self, organization: Organization) -> None:
        first = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event(name="first's"))
        delete_customer(customer=first)
        send(organization, event(name="waits"))
        second = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event(name="second's"))
        binding.bind_events(organization_id=organization.id)
        assert owners(organization) == [first, second, second]

    def test_events_are_the_first_ones_who_got_the_id_even_if_it_is_deleted_before_they_are_bound(
        self, organization: Organization, run_tasks: Any, api: Server
    ) -> None:
        send(organization, event(name="a"), event(name="b"))
        first = create_customer(organization=organization, external_customer_id="cust_1")
        delete_customer(customer=first)
        send(organization, event(name="c"))
        second = create_customer(organization=organization, external_customer_id="cust_1")
        delete_customer(customer=second)
        send(organization, event(name="d"))
        assert [row["name"] for row in of(api, "external_customer_id=cust_1")] == ["d"]
        assert {row["name"] for row in of(api, f"customer_id={first.id}")} == {"a", "b"}
        run_tasks()
        assert owners(organization) == [first, first, second, None]
        assert [row["name"] for row in of(api, "external_customer_id=cust_1")] == ["d"]
        assert {row["name"] for row in of(api, f"customer_id={first.id}")} == {"a", "b"}

    def test_an_erased_customer_gets_what_waited_for_it(
        self, organization: Organization, run_tasks: Any
    ) -> None:
        send(organization, event())
        first = create_customer(organization=organization, external_customer_id="cust_1")
        delete_customer(customer=first, anonymize=True)
        run_tasks()
        assert owners(organization) == [first]


def of(api: Server, query: str) -> list[dict[str, Any]]:
    return api("GET", f"/v1/events?{query}").json["results"]


class TestUnderWay:
    """Between the moment in which the customer gets the ID and the last event's binding."""

    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(binding, "CHUNK", 2)

    def test_it_goes_in_bounded_steps_and_can_be_ended_between_any_two(
        self, organization: Organization
    ) -> None:
        send(organization, *[event(name=f"n{number}") for number in range(5)])
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        [unmatched] = UnmatchedID.objects.unbound()
        assert [bind_chunk(unmatched.id) for _ in range(4)] == [False, False, True, True]
        assert owners(organization) == [customer] * 5
        unmatched.refresh_from_db()
        assert unmatched.bound_at is not None

    def test_events_are_shown_as_the_customers_at_once(self, organization: Organization, api: Server) -> None:
        send(organization, *[event(name=f"n{number}") for number in range(5)])
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        for _ in range(3):
            for query in ("external_customer_id=cust_1", f"customer_id={customer.id}", "unmatched=false"):
                rows = of(api, query)
                assert [row["customer_id"] for row in rows] == [str(customer.id)] * 5
            assert of(api, "unmatched=true") == []
            bind_chunk(UnmatchedID.objects.get().id)

    @pytest.mark.parametrize("steps", range(4))
    def test_the_rollups_are_right_between_any_two(self, steps: int, organization: Organization) -> None:
        send(organization, *[event(name=f"n{number}") for number in range(3)])
        fold(organization.id)
        send(organization, *[event(name=f"n{number}") for number in range(2)])
        create_customer(organization=organization, external_customer_id="cust_1")
        for _ in range(steps):
            bind_chunk(UnmatchedID.objects.get().id)
        assert differences(organization) == []
        fold(organization.id)
        assert differences(organization) == []


class TestDatabase:
    """What nobody can write, whoever they are."""

    def refused(self, name: str, statement: str, *values: Any) -> None:
        from django.db import IntegrityError

        with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        assert caught.value.__cause__.diag.constraint_name == name

    @pytest.fixture
    def found(self, organization: Organization) -> Event:
        create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event())
        return stored(organization)[0]

    def test_a_bound_event_keeps_its_customer(self, found: Event, organization: Organization) -> None:
        other = create_customer(organization=organization)
        self.refused(
            "events_customer_immutable",
            "UPDATE events SET customer_id = %s WHERE id = %s",
            other.id,
            found.id,
        )

    @pytest.mark.parametrize(
        "change",
        ["timestamp = now() - interval '1 day'", "name_id = 0", "organization_id = gen_random_uuid()"],
    )
    def test_an_event_never_changes(self, change: str, found: Event) -> None:
        self.refused("events_immutable", f"UPDATE events SET {change}")

    @pytest.mark.parametrize("table", ["events", "event_names"])
    def test_no_row_is_removed(self, table: str, found: Event) -> None:
        self.refused(f"{table}_no_hard_delete", f"DELETE FROM {table}")

    def test_another_organizations_customer(self, found: Event, stranger: Organization) -> None:
        theirs = create_customer(organization=stranger)
        self.refused(
            "events_customer_fk",
            "INSERT INTO events (id, organization_id, customer_id, name_id, timestamp, received_at, named_customer, "
            "metadata) SELECT gen_random_uuid(), organization_id, %s, name_id, timestamp, received_at, named_customer, "
            "metadata FROM events",
            theirs.id,
        )

    def test_another_organizations_name(self, found: Event, stranger: Organization) -> None:
        send(stranger, event())
        self.refused(
            "events_name_fk",
            "INSERT INTO events (id, organization_id, customer_id, name_id, timestamp, received_at, named_customer, "
            "metadata) SELECT gen_random_uuid(), organization_id, customer_id, (SELECT id FROM event_names WHERE "
            "organization_id = %s), timestamp, received_at, named_customer, metadata FROM events WHERE id = %s",
            stranger.id,
            found.id,
        )

    def test_whose_waiting_events_are_is_decided_once(self, organization: Organization) -> None:
        send(organization, event("cust_9"))
        create_customer(organization=organization, external_customer_id="cust_9")
        other = create_customer(organization=organization)
        self.refused("unmatched_ids_immutable", "UPDATE unmatched_ids SET customer_id = %s", other.id)

    def test_an_event_is_not_bound_to_another_organizations_customer(
        self, organization: Organization, stranger: Organization
    ) -> None:
        send(organization, event("cust_9"))
        theirs = create_customer(organization=stranger)
        self.refused("events_customer_fk", "UPDATE events SET customer_id = %s", theirs.id)

    @pytest.mark.parametrize("table", ["rollup_customer_days", "rollup_customer_months"])
    def test_sums_are_of_customers_of_the_organization(
        self, table: str, found: Event, organization: Organization, stranger: Organization
    ) -> None:
        fold(organization.id)
        theirs = create_customer(organization=stranger)
        self.refused(f"{table}_customer_fk", f"UPDATE {table} SET customer_id = %s", theirs.id)
        self.refused(f"{table}_customer_fk", f"UPDATE {table} SET organization_id = %s", stranger.id)
