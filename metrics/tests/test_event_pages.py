"""Events as staff see them: the list and how it follows what happens, each of them, and why."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.listing import PAGE_SIZE
from customers.services import create_customer, delete_customer
from customers.tests.dashboard import Dashboard, text
from metrics.lookups import event_address
from metrics.models import Event
from metrics.services.binding import bind_events
from metrics.services.meters import create_meter
from metrics.tests.sending import AT, event, send, stored
from organizations.models import Organization
from organizations.tests.people import OWNER, VIEWER

pytestmark = pytest.mark.django_db

NASTY = ["<script>alert(\"1'</script>", "a/b?c#d&e", "שלום", "x" * 255, "{{ 7|add:7 }}"]


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def names(answer: Any) -> list[str]:
    return [row.name.name for row in answer.context["rows"]]


def one(organization: Organization, own_id: str | None = "cust_1", **fields: Any) -> Event:
    send(organization, event(own_id, **fields))
    return stored(organization)[-1]


class TestList:
    @pytest.fixture(autouse=True)
    def events(self, organization: Organization, stranger: Organization) -> None:
        create_customer(organization=organization, external_customer_id="held")
        send(stranger, event(name="theirs"))
        for day, (name, own_id) in enumerate((("a", "held"), ("b", "waits"), ("b", "held")), start=1):
            send(organization, event(own_id, name=name, timestamp=f"2026-01-0{day}T12:00:00Z"))

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["b", "b", "a"]),
            ("ordering=timestamp", ["a", "b", "b"]),
            ("external_customer_id=held", ["b", "a"]),
            ("external_customer_id=HELD", []),
            ("name=a", ["a"]),
            ("unmatched=true", ["b"]),
            ("unmatched=false", ["b", "a"]),
            ("happened_from=2026-01-02&happened_to=2026-01-02", ["b"]),
            ("start=2026-01-03T12:00:00Z", ["b"]),
            ("end=2026-01-01T12:00:00Z", []),
            ("live=on", ["b", "b", "a"]),
        ],
    )
    def test_it_is_narrowed_as_the_api_is(self, query: str, found: list[str], viewer: Dashboard) -> None:
        answer = viewer.client.get(f"{viewer.root}/events?{query}")
        assert (answer.status_code, names(answer)) == (200, found)

    @pytest.mark.parametrize("query", ["ordering=name", "external_customer_id=+x", "bogus=1", "start=x"])
    def test_nonsense_is_left_out_and_said(self, query: str, viewer: Dashboard) -> None:
        answer = viewer.client.get(f"{viewer.root}/events?{query}")
        assert (answer.status_code, names(answer)) == (200, ["b", "b", "a"])
        assert "Part of this address was left out" in text(answer)

    def test_the_names_are_there_to_choose_from(self, viewer: Dashboard) -> None:
        page = viewer.get("/events", {"name": "b"}).content.decode()
        assert '<option value="b" selected>b</option>' in page
        assert "theirs" not in page

    def test_it_says_how_many_ids_events_wait_under(self, viewer: Dashboard) -> None:
        assert "Unmatched 1 IDs" in text(viewer.get("/events"))

    def test_nothing_under_an_id_leads_to_why(self, viewer: Dashboard) -> None:
        page = viewer.get("/events", {"external_customer_id": "a/b"}).content.decode()
        assert "/events/explain?q=a%2Fb" in page

    def test_it_is_exported_as_it_is_listed(self, viewer: Dashboard) -> None:
        answer = viewer.client.get(f"{viewer.root}/events/export?external_customer_id=held")
        lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
        assert [(line["external_customer_id"], line["name"]) for line in lines] == [
            ("held", "b"),
            ("held", "a"),
        ]
        assert lines[0]["timestamp"] == "2026-01-03T12:00:00Z"

    def test_nonsense_is_not_exported(self, viewer: Dashboard) -> None:
        answer = viewer.client.get(f"{viewer.root}/events/export?bogus=1")
        assert answer.url == f"{viewer.root}/events?bogus=1"


class TestLive:
    def test_it_asks_for_what_is_newer_and_gets_nothing_or_the_first_page(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        one(organization, name="old", timestamp=AT)
        page = viewer.get("/events", {"live": "on"})
        newer = page.context["newer_url"]
        assert "data-live" in page.content.decode()
        assert viewer.client.get(newer).status_code == 204
        one(organization, name="late", timestamp="2026-01-01T00:00:00Z")  # older than what is shown
        assert viewer.client.get(newer).status_code == 204
        came = [one(organization, name=name) for name in ("new", "newest")]
        answer = viewer.client.get(newer)
        assert names(answer) == ["newest", "new", "old", "late"]
        assert answer.context["new"] == {event.id for event in came}
        assert answer.content.decode().count("is-new") == 2
        assert viewer.client.get(answer.context["newer_url"]).status_code == 204

    def test_it_keeps_to_the_filters(self, viewer: Dashboard, organization: Organization) -> None:
        one(organization, name="a", timestamp=AT)
        newer = viewer.get("/events", {"live": "on", "name": "a"}).context["newer_url"]
        one(organization, name="b")
        assert viewer.client.get(newer).status_code == 204
        one(organization, name="a")
        assert names(viewer.client.get(newer)) == ["a", "a"]

    def test_it_begins_with_an_empty_list(self, viewer: Dashboard, organization: Organization) -> None:
        newer = viewer.get("/events", {"live": "on"}).context["newer_url"]
        one(organization)
        assert names(viewer.client.get(newer)) == ["call"]

    def test_it_is_bounded(self, viewer: Dashboard, organization: Organization) -> None:
        one(organization, timestamp=AT)
        newer = viewer.get("/events", {"live": "on"}).context["newer_url"]
        send(organization, *[event(name=f"n{number}") for number in range(PAGE_SIZE * 2)])
        assert len(names(viewer.client.get(newer))) == PAGE_SIZE

    def test_a_cursor_that_leads_nowhere_finds_nothing_newer(self, viewer: Dashboard) -> None:
        assert viewer.client.get(f"{viewer.root}/events?live=on&newer=x").status_code == 204

    def test_a_list_that_is_not_live_asks_for_nothing(self, viewer: Dashboard) -> None:
        page = viewer.get("/events")
        assert "data-live" not in page.content.decode()
        assert ">Newer</a></noscript>" in page.content.decode()


class TestEvent:
    def test_it_says_what_happened_and_why(self, viewer: Dashboard, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="CUST_1", name="Ada")
        meter = create_meter(organization=organization, name="Calls", function="count", event_name="call")
        shown = one(organization, external_id="a", timestamp=AT, metadata={"model": "large", "n": 5})
        send(organization, event("cust_2", external_id="a"))
        page = viewer.get(f"/events/{shown.id}")
        said = text(page)
        assert f'href="{viewer.root}/meters/{meter.id}"' in page.content.decode()
        for part in ("Waits for a customer", "Nearly the same ID CUST_1", "model large", "n 5 Number"):
            assert part in said, part
        for part in ("it had another external customer ID", "The meter “Calls” counts it", "Sent again 1×"):
            assert part in said, part

    def test_its_customer_is_led_to(self, viewer: Dashboard, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        shown = one(organization)
        assert (
            f'href="{viewer.root}/customers/{customer.id}"'
            in viewer.get(f"/events/{shown.id}").content.decode()
        )
        delete_customer(customer=customer)
        page = viewer.get(f"/events/{shown.id}").content.decode()
        assert f'href="{viewer.root}/customers/{customer.id}"' not in page
        owner = Dashboard(organization, OWNER)
        assert f"/customers/{customer.id}" in owner.get(f"/events/{shown.id}").content.decode()

    @pytest.mark.parametrize("own_id", NASTY)
    def test_whatever_it_says_it_shows_as_text(
        self, own_id: str, viewer: Dashboard, organization: Organization
    ) -> None:
        shown = one(organization, own_id, external_id=own_id, metadata={"a": own_id})
        for path in (
            f"/events/{shown.id}",
            "/events",
            "/events/unmatched",
            f"/events/explain?q={quote(own_id, safe='')}",
        ):
            answer = viewer.get(path)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.content.decode()
            assert " ".join(own_id.split()) in text(answer) or own_id in str(answer.context)


class TestExplain:
    def ask(self, viewer: Dashboard, asked: str, **more: str) -> Any:
        return viewer.get("/events/explain", {"q": asked, **more})

    def test_it_asks(self, viewer: Dashboard) -> None:
        assert "Why is this usage not on this customer?" in text(viewer.get("/events/explain"))

    def test_whatever_is_asked_about(self, viewer: Dashboard, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        shown = one(organization, external_id="call-1")
        for asked in ("call-1", str(shown.id), f" {shown.id} "):
            explained = self.ask(viewer, asked).context["explained"]
            assert explained.event == shown, asked
        for asked in ("cust_1", str(customer.id)):
            explained = self.ask(viewer, asked).context["explained"]
            assert (explained.about, explained.customer) == ("external_customer_id", customer)
        explained = self.ask(viewer, " cust_1").context["explained"]
        assert (explained.status, explained.near_matches[0].reason) == ("ill_formed", "white_space")

    def test_an_event_before_a_customer_of_the_same_id(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        create_customer(organization=organization, external_customer_id="same")
        one(organization, external_id="same")
        page = self.ask(viewer, "same")
        assert page.context["explained"].about == "event"
        assert "?q=same&amp;as=external_customer_id" in page.content.decode()
        page = self.ask(viewer, "same", **{"as": "external_customer_id"})
        assert page.context["explained"].about == "external_customer_id"

    @pytest.mark.parametrize("asked", ["a\0b", "x" * 1001])
    def test_what_is_no_id(self, asked: str, viewer: Dashboard) -> None:
        answer = self.ask(viewer, asked)
        assert answer.status_code == 422
        assert "No ID is like this" in text(answer)

    def test_everything_that_may_be_near(self, viewer: Dashboard, organization: Organization) -> None:
        gone = create_customer(organization=organization, external_customer_id="cust_1")
        one(organization)
        delete_customer(customer=gone)
        one(organization, "CUST_1")
        one(organization, "other", external_id="a")
        send(organization, event("cust_1", external_id="a"))
        said = text(Dashboard(organization, OWNER).get("/events/explain", {"q": "cust_1"}))
        for part in (
            "Waiting under nearly the same ID CUST_1",
            "Sent again under this ID a",
            "Earlier customers",
        ):
            assert part in said, part
        assert "Earlier customers" not in text(self.ask(viewer, "cust_1"))

    def test_the_command_asks_the_same(self, viewer: Dashboard, organization: Organization) -> None:
        one(organization, "a/b c")
        assert (
            "/v1/events/explain?external_customer_id=a%2Fb%20c"
            in self.ask(viewer, "a/b c").context["command"]
        )


def test_a_customers_events(viewer: Dashboard, organization: Organization) -> None:
    one(organization, name="waited")
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    one(organization, name="theirs")
    one(organization, "other", name="another's")
    for _ in range(2):
        page = viewer.get(f"/customers/{customer.id}/events")
        assert sorted(names(page)) == ["theirs", "waited"]
        bind_events(organization_id=organization.id)
    assert "/events/explain?q=cust_1" in page.content.decode()
    nobody = create_customer(organization=organization)
    assert "No events yet" in text(viewer.get(f"/customers/{nobody.id}/events", {"cursor": "x"}))


def test_the_search_box_finds_events(organization: Organization, stranger: Organization) -> None:
    shown = one(organization, external_id="call-1")
    theirs = one(stranger, external_id="theirs")
    for asked in ("call-1", str(shown.id)):
        assert event_address(organization, asked).endswith(f"/events/{shown.id}")
    for asked in ("theirs", str(theirs.id), "Call-1", "a\0b", "null", ""):
        assert event_address(organization, asked) is None


@pytest.mark.parametrize(
    "path", ["/events", "/events?live=on", "/events/unmatched", "/customers/{customer}/events"]
)
def test_a_page_costs_the_same_at_any_length(
    path: str, viewer: Dashboard, organization: Organization
) -> None:
    customer = create_customer(organization=organization, external_customer_id="held")
    address = path.format(customer=customer.id)
    viewer.get(address)
    counts = []
    for size in (1, 50):
        send(
            organization,
            *[
                event(own_id, name=f"n{number}")
                for number in range(size)
                for own_id in ("held", f"cust_{number}")
            ],
        )
        with CaptureQueriesContext(connection) as captured:
            viewer.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10
