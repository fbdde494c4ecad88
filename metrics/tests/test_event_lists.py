"""Reading events: one, lists of them under every filter, and their names."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Server
from customers.services import create_customer, delete_customer
from metrics.api.serializers import EventNameSerializer, EventSerializer
from metrics.tests.sending import event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def listed(api: Server, query: str = "") -> list[dict[str, Any]]:
    answer = api("GET", f"/v1/events?{query}")
    assert answer.status == 200, answer.body
    return answer.json["results"]


def names(api: Server, query: str) -> list[str]:
    return [row["name"] for row in listed(api, query)]


def test_an_event_reads_as_it_was_sent(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, event(timestamp="2026-01-31T12:00:00Z", external_id="a", metadata={"n": 1}))
    [found] = stored(organization)
    answer = api("GET", f"/v1/events/{found.id}").json
    received = answer.pop("received_at")
    assert received.endswith("Z")
    assert answer == {
        "id": str(found.id),
        "name": "call",
        "external_id": "a",
        "customer_id": str(customer.id),
        "external_customer_id": "cust_1",
        "timestamp": "2026-01-31T12:00:00Z",
        "metadata": {"n": 1},
    }
    assert listed(api) == [{**answer, "received_at": received}]
    assert set(EventSerializer().fields) == {*answer, "received_at"}


def test_a_waiting_event_says_what_it_waits_for(api: Server, organization: Organization) -> None:
    send(organization, event("cust_1"))
    [found] = listed(api)
    assert (found["customer_id"], found["external_customer_id"]) == (None, "cust_1")


def test_the_external_id_of_an_event_is_its_customers(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization)
    send(organization, event(None, customer_id=str(customer.id)))
    assert listed(api)[0]["external_customer_id"] is None


@pytest.mark.parametrize("identity", ["01980000-0000-7000-8000-000000000000", "not-a-uuid", "x" * 300])
def test_what_is_not_there(identity: str, api: Server) -> None:
    assert api("GET", f"/v1/events/{identity}").status == 404


class TestFilters:
    @pytest.fixture(autouse=True)
    def events(self, organization: Organization) -> None:
        self.one = create_customer(organization=organization, external_customer_id="one")
        two = create_customer(organization=organization, external_customer_id="two")
        send(
            organization,
            event("one", name="a", timestamp="2026-01-01T00:00:00Z"),
            event("two", name="b", timestamp="2026-01-02T00:00:00Z"),
            event("three", name="c", timestamp="2026-01-03T00:00:00Z"),
            event("one", name="b", timestamp="2026-01-04T00:00:00Z"),
        )
        delete_customer(customer=two)
        self.two = two

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["b", "c", "b", "a"]),
            ("ordering=timestamp", ["a", "b", "c", "b"]),
            ("external_customer_id=one", ["b", "a"]),
            ("external_customer_id=three", ["c"]),
            ("external_customer_id=two", []),  # its holder was deleted, and takes its events along
            ("external_customer_id=One", []),
            ("external_customer_id=nobody", []),
            ("name=b", ["b", "b"]),
            ("name=nothing", []),
            ("name=b&external_customer_id=one", ["b"]),
            ("start=2026-01-02T00:00:00Z", ["b", "c", "b"]),
            ("end=2026-01-02T00:00:00Z", ["a"]),
            ("start=2026-01-02T00:00:00Z&end=2026-01-04T01:00:00%2B01:00", ["c", "b"]),
            ("unmatched=true", ["c"]),
            ("unmatched=false", ["b", "b", "a"]),
            ("unmatched=true&external_customer_id=one", []),
            ("customer_id=01980000-0000-7000-8000-000000000000", []),
        ],
    )
    def test_they_narrow_the_list(self, query: str, found: list[str], api: Server) -> None:
        assert names(api, query) == found

    def test_by_our_id_deleted_or_not(self, api: Server) -> None:
        assert names(api, f"customer_id={self.one.id}") == ["b", "a"]
        assert names(api, f"customer_id={self.two.id}") == ["b"]

    @pytest.mark.parametrize(
        ("query", "attr", "code"),
        [
            ("external_customer_id=null", "external_customer_id", "placeholder"),
            ("customer_id=one", "customer_id", "invalid"),
            ("name=" + "x" * 256, "name", "max_length"),
            ("start=yesterday", "start", "invalid"),
            ("unmatched=1", "unmatched", "invalid"),
            ("unmatchd=true", "unmatchd", "unknown_parameter"),
            ("ordering=name", "ordering", "invalid_choice"),
        ],
    )
    def test_what_is_no_filter(self, query: str, attr: str, code: str, api: Server) -> None:
        answer = api("GET", f"/v1/events?{query}")
        assert (answer.status, answer.code, answer.attr) == (400, code, attr)


def test_a_walk_meets_every_event_once(api: Server, organization: Organization) -> None:
    moments = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    send(organization, *[event(name=f"n{number}", timestamp=moments[number % 2]) for number in range(25)])
    for ordering in ("timestamp", "-timestamp"):
        met: list[str] = []
        target: str | None = f"/v1/events?limit=4&ordering={ordering}"
        while target:
            page = api("GET", target).json
            met += [row["name"] for row in page["results"]]
            target = page["next"] and page["next"].removeprefix("http://localhost")
        assert sorted(met) == sorted(f"n{number}" for number in range(25))


def test_a_list_costs_the_same_at_any_length(api: Server, organization: Organization) -> None:
    counts = []
    create_customer(organization=organization, external_customer_id="cust_1")
    listed(api)  # which notes the token's use
    for size in (1, 50):
        send(organization, *[event(f"cust_{n % 2}", name=f"n{n}") for n in range(size)])
        with CaptureQueriesContext(connection) as captured:
            listed(api, "limit=100")
        counts.append(len(captured))
    assert counts == [2, 2]


def test_names_are_listed(api: Server, organization: Organization, stranger: Organization) -> None:
    send(organization, event(name="b"), event(name="a"), event(name="B"), event(name="a"))
    send(stranger, event(name="theirs"))
    found = api("GET", "/v1/events/names").json["results"]
    assert [row["name"] for row in found] == ["B", "a", "b"]
    assert set(found[0]) == set(EventNameSerializer().fields)
