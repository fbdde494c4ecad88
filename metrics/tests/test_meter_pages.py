"""The dashboard's pages about meters, as a browser without JavaScript meets them."""

from __future__ import annotations

import datetime
import html
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.services import create_customer
from customers.tests.dashboard import Dashboard
from metrics.metering import limits
from metrics.models import Meter
from metrics.services.meters import create_meter, update_meter
from metrics.tests.sending import event, send, send_many
from organizations.models import Organization
from organizations.tests.people import MEMBER, VIEWER

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 15, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what a page asks it is noon of some day in March."""
    for module in ("metrics.report_query", "metrics.views.meters"):
        monkeypatch.setattr(f"{module}.timezone", SimpleNamespace(now=lambda: NOW))


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


def a_meter(organization: Organization, **fields: Any) -> Meter:
    return create_meter(organization=organization, **{"name": "Tokens", "function": "count", **fields})


def page(dashboard: Dashboard, path: str, status: int = 200) -> str:
    """The page's text, white space in one."""
    answer = dashboard.client.get(f"{dashboard.root}/{path}")
    assert answer.status_code == status, answer
    return words(answer.content.decode())


def words(content: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())


def use(organization: Organization, own_id: str, day: str, **said: Any) -> None:
    send(organization, event(own_id, timestamp=f"{day}T10:00:00Z", metadata=said))


class TestList:
    def test_it_says_what_each_counts_and_this_months_quantity(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        a_meter(
            organization,
            function="sum",
            property_name="tokens",
            event_name="call",
            event_metadata={"model": "x", "cached": True, "size": 2},
        )
        use(organization, "a", "2026-03-01", tokens=1250, model="x", cached=True, size=2)
        use(organization, "a", "2026-03-02", tokens=5000, model="y", cached=True, size=2)
        use(organization, "a", "2026-02-28", tokens=7000, model="x", cached=True, size=2)
        shown = page(viewer, "meters")
        assert (
            'Sum of tokens over events named call whose size is 2 , model is "x" and cached is true' in shown
        )
        assert " 1,250 " in shown

    def test_each_function_has_its_quantity(self, viewer: Dashboard, organization: Organization) -> None:
        for function in ("sum", "min", "max", "avg", "unique"):
            a_meter(organization, name=f"The {function}", function=function, property_name="n")
        a_meter(organization, name="The count")
        a_meter(organization, name="The never", event_name="never")
        for number in (3, 4, 4, 14):
            use(organization, "a", "2026-03-01", n=number)
        shown = page(viewer, "meters")
        rows = dict(re.findall(r"The (\w+) .*? (?:any name|named never) ([\d.,—]+)", shown))
        assert rows == {
            "sum": "25",
            "min": "3",
            "max": "14",
            "avg": "6.25",
            "unique": "3",
            "count": "4",
            "never": "0",
        }

    def test_archived_ones_have_a_tab(self, viewer: Dashboard, organization: Organization) -> None:
        update_meter(meter=a_meter(organization, name="Old one"), archived=True)
        assert "No meters yet" in page(viewer, "meters")
        assert "Old one" in page(viewer, "meters?archived=true")

    def test_only_who_may_write_is_offered_to(self, viewer: Dashboard, member: Dashboard) -> None:
        assert "Create meter" not in page(viewer, "meters")
        assert "Create meter" in page(member, "meters")

    def test_it_takes_as_many_queries_for_many_meters_as_for_one(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        send(organization, event(name="call"))
        page(viewer, "meters")
        counts = []
        for number in (1, 49):
            for _ in range(number):
                a_meter(organization, event_name="call")
            with CaptureQueriesContext(connection) as queries:
                page(viewer, "meters")
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_the_search_box_leads_to_a_meter_of_the_organization_by_its_id(
        self, viewer: Dashboard, organization: Organization, stranger: Organization
    ) -> None:
        mine, theirs = a_meter(organization), a_meter(stranger)
        found = viewer.client.get(f"{viewer.root}/search", {"q": str(mine.id)})
        assert found.headers["Location"] == f"{viewer.root}/meters/{mine.id}"
        found = viewer.client.get(f"{viewer.root}/search", {"q": str(theirs.id)})
        assert found.headers["Location"].startswith(f"{viewer.root}/customers")

    def test_the_list_of_another_organization_is_its_own(
        self, viewer: Dashboard, stranger: Organization
    ) -> None:
        a_meter(stranger, name="Theirs")
        assert "Theirs" not in page(viewer, "meters")


class TestPage:
    @pytest.fixture
    def meter(self, organization: Organization) -> Meter:
        create_customer(organization=organization, external_customer_id="cust_1", name="Ada")
        use(organization, "cust_1", "2026-03-01", tokens=1000)
        use(organization, "cust_1", "2026-02-10", tokens=400)
        use(organization, "nobody", "2026-03-02", tokens=250.5)
        return a_meter(organization, function="sum", property_name="tokens")

    def test_it_shows_periods_the_total_and_customers(self, viewer: Dashboard, meter: Meter) -> None:
        shown = page(viewer, f"meters/{meter.id}")
        assert "1,250.5" in shown
        assert "from 400" in shown  # the thirty days before
        assert re.search(r"cust_1 .{0,40}Ada 1,000", shown)
        assert re.search(r"nobody .{0,40}Nobody’s 250\.5", shown)

    def test_it_is_narrowed_to_a_range_an_interval_and_a_customer(
        self, viewer: Dashboard, meter: Meter
    ) -> None:
        query = "range=12m&external_customer_id=cust_1&compare=none"
        shown = page(viewer, f"meters/{meter.id}?{query}")
        assert "1,400" in shown
        assert "250.5" not in shown
        assert "too fine" in page(viewer, f"meters/{meter.id}?range=12m&interval=hour")

    def test_what_makes_no_sense_is_left_out(self, viewer: Dashboard, meter: Meter) -> None:
        shown = page(viewer, f"meters/{meter.id}?range=forever&figure=revenue&cursor=x")
        assert "1,250.5" in shown

    def test_pages_of_customers_keep_their_range(
        self, viewer: Dashboard, meter: Meter, organization: Organization
    ) -> None:
        for number in range(30):
            use(organization, f"more-{number:02}", "2026-03-03", tokens=number)
        answer = viewer.client.get(f"{viewer.root}/meters/{meter.id}").content.decode()
        [following] = set(re.findall(r'href="([^"]*cursor=[^"]*)"', answer))
        shown = words(viewer.client.get(html.unescape(following).partition("#")[0]).content.decode())
        assert "more-05" in shown
        assert "more-29" not in shown

    def test_below_zero_there_is_no_chart_and_the_numbers_are(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        meter = a_meter(organization, function="min", property_name="celsius")
        use(organization, "a", "2026-03-01", celsius=-18.5)
        shown = page(viewer, f"meters/{meter.id}")
        assert "lie below zero" in shown
        assert "-18.5" in shown or "−18.5" in shown

    @pytest.mark.parametrize("function", ["count", "sum", "min", "max", "avg", "unique"])
    def test_without_events(self, function: str, viewer: Dashboard, organization: Organization) -> None:
        meter = a_meter(
            organization, function=function, property_name=None if function == "count" else "tokens"
        )
        assert "No customer has any of it" in page(viewer, f"meters/{meter.id}")


class TestWriting:
    def test_a_meter_is_created(self, member: Dashboard, organization: Organization) -> None:
        sent = {
            "name": "Tokens",
            "function": "sum",
            "property_name": "tokens",
            "event_name": "call",
            "metadata-0-key": "large",
            "metadata-0-kind": "boolean",
            "metadata-0-value": "true",
        }
        answer = member.client.post(f"{member.root}/meters/create", sent)
        meter = Meter.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{member.root}/meters/{meter.id}")
        assert (meter.function, meter.property_name, meter.event_name) == ("sum", "tokens", "call")
        assert meter.event_metadata == {"large": True}

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"name": ""}, "This field is required."),
            ({"function": "sum"}, "Say which property"),
            ({"property_name": "x"}, "Leave the property out"),
            ({"function": "median"}, "Select a valid choice"),
            ({"event_name": "a\u200bb"}, "no control, format"),
            ({"metadata-0-key": "", "metadata-0-value": "x"}, "Name this value"),
        ],
        ids=str,
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, fields: dict[str, str], told: str, member: Dashboard
    ) -> None:
        answer = member.client.post(
            f"{member.root}/meters/create", {"name": "Meter", "function": "count", **fields}
        )
        assert answer.status_code == 422
        assert told in words(answer.content.decode())
        assert not Meter.objects.exists()

    def test_a_row_more_saves_nothing(self, member: Dashboard) -> None:
        sent = {"name": "Typed", "function": "count", "add_metadata": "yes"}
        answer = member.client.post(f"{member.root}/meters/create", sent)
        assert answer.status_code == 200
        assert 'value="Typed"' in answer.content.decode()
        assert not Meter.objects.exists()

    def test_it_is_renamed_archived_and_brought_back(
        self, member: Dashboard, organization: Organization
    ) -> None:
        meter = a_meter(organization)
        root = f"{member.root}/meters/{meter.id}"
        assert member.client.post(f"{root}/rename", {"name": ""}).status_code == 422
        assert member.client.post(f"{root}/rename", {"name": "Calls"}).status_code == 302
        assert "What it counts" in page(member, "meters")
        assert "Calls" in page(member, f"meters/{meter.id}/archive")
        member.client.post(f"{root}/archive")
        assert "Archived" in page(member, f"meters/{meter.id}")
        member.client.post(f"{root}/archive", {"bring_back": "yes"})
        meter.refresh_from_db()
        assert (meter.name, meter.is_archived) == ("Calls", False)


def test_what_takes_too_long_is_said_and_the_rest_of_the_page_is_there(
    viewer: Dashboard, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = a_meter(organization, function="unique", property_name="n")
    send_many(organization, "2026-03-10T12:00:00Z")
    assert "3,000" in page(viewer, "meters")
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.001)
    assert "That takes too long" in page(viewer, f"meters/{meter.id}")
    listed = page(viewer, "meters")
    assert "There are too many events this month" in listed
    assert meter.name in listed
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # which lasts as long as the test's transaction
