"""`GET /v1/metrics` and `GET /v1/metrics/customers`: what they answer, and what they refuse."""

from __future__ import annotations

import csv
import datetime
import io
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.spreadsheets import unguarded
from api.tests.wsgi import Answer, Server
from customers.models import Customer
from customers.services import create_customer, delete_customer
from metrics.figures.figures import ALL_FIGURES
from metrics.services import folding
from metrics.tests.sending import event, send
from metrics.tests.worlds import World
from organizations.models import Organization

JANUARY = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-04T00:00:00Z"}


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def ask(api: Server, path: str = "", **query: Any) -> Answer:
    return api("GET", f"/v1/metrics{path}?{urlencode(query, doseq=True)}")


def told(api: Server, path: str = "", **query: Any) -> Any:
    answer = ask(api, path, **query)
    assert answer.status == 200, answer.body
    return answer.json


def refused(answer: Answer, code: str, attr: str) -> str:
    assert (answer.status, answer.code, answer.attr) == (400, code, attr)
    return answer.detail


@pytest.fixture
def business(organization: Organization) -> World:
    """Two customers: one uses much, one buys; and an ID that nobody holds."""
    world = World(organization, [at("2026-01-02T12:00:00Z")], seed=1)
    for own_id in ("cust_1", "cust_2"):
        customer = create_customer(
            organization=organization, external_customer_id=own_id, name=f"Name of {own_id}"
        )
        Customer.objects.filter(id=customer.id).update(created_at=at("2026-01-01T12:00:00Z"))
    used = [event("cust_1", timestamp=f"2026-01-0{day}T23:59:59.999999Z") for day in (1, 2, 2, 4)]
    send(organization, *used, event("nobody", timestamp="2026-01-03T00:00:00Z"))
    buyer = Customer.objects.get(external_customer_id="cust_2")
    world.random.choice = lambda options: buyer if buyer in options else options[-1]  # type: ignore[method-assign]
    world.buy()
    world.begin(buyer, "expired")
    return world


class TestReport:
    def test_it_answers_every_period_and_totals(self, api: Server, business: World) -> None:
        assert told(api, **JANUARY) == {
            "interval": "day",
            **JANUARY,
            "timezone": "UTC",
            "periods": [
                {
                    "start": "2026-01-01T00:00:00Z",
                    **NOTHING,
                    "new_customers": 2,
                    "active_customers": 1,
                    "events": 1,
                },
                {
                    "start": "2026-01-02T00:00:00Z",
                    "orders": 1,
                    "revenue": {"eur": 999},
                    "average_order_value": {"eur": 999},
                    "checkouts": 2,
                    "succeeded_checkouts": 1,
                    "checkout_conversion": 0.5,
                    "new_customers": 0,
                    "active_customers": 2,
                    "events": 2,
                },
                {"start": "2026-01-03T00:00:00Z", **NOTHING, "events": 1},
            ],
            "totals": {
                "orders": 1,
                "revenue": {"eur": 999},
                "average_order_value": {"eur": 999},
                "checkouts": 2,
                "succeeded_checkouts": 1,
                "checkout_conversion": 0.5,
                "new_customers": 2,
                "active_customers": 2,
                "events": 4,
            },
        }

    def test_without_any_data_counts_are_0_and_ratios_null(self, api: Server) -> None:
        answer = told(api, **JANUARY)
        assert answer["totals"] == {**NOTHING, "revenue": {}, "average_order_value": {}}
        assert len(answer["periods"]) == 3

    @pytest.mark.parametrize("name", ["metrics[]", "metrics"])
    def test_the_figures_that_are_chosen_are_answered_alone(
        self, name: str, api: Server, business: World
    ) -> None:
        answer = told(api, **JANUARY, **{name: ["revenue", "events", "events"]})
        assert answer["totals"] == {"revenue": {"eur": 999}, "events": 4}
        assert all(list(period) == ["start", "revenue", "events"] for period in answer["periods"])

    @pytest.mark.parametrize("figure", ALL_FIGURES)
    def test_each_figure_alone_is_as_among_all(self, figure: str, api: Server, business: World) -> None:
        together, alone = told(api, **JANUARY), told(api, **JANUARY, **{"metrics[]": figure})
        assert alone["totals"] == {figure: together["totals"][figure]}
        for whole, period in zip(together["periods"], alone["periods"], strict=True):
            assert period == {"start": whole["start"], figure: whole[figure]}

    def test_the_days_are_those_of_the_time_zone(self, api: Server, business: World) -> None:
        days = told(api, **JANUARY, timezone="Asia/Kathmandu", **{"metrics[]": "events"})["periods"]
        assert [(day["start"], day["events"]) for day in days] == [
            ("2025-12-31T18:15:00Z", 0),
            ("2026-01-01T18:15:00Z", 1),
            ("2026-01-02T18:15:00Z", 3),
            ("2026-01-03T18:15:00Z", 0),
        ]

    def test_the_organizations_own_time_zone_is_the_usual_one(
        self, api: Server, business: World, organization: Organization
    ) -> None:
        Organization.objects.filter(id=organization.id).update(time_zone="Asia/Kathmandu")
        own, named = told(api, **JANUARY), told(api, **JANUARY, timezone="Asia/Kathmandu")
        assert own == named
        assert own["timezone"] == "Asia/Kathmandu"

    @pytest.mark.parametrize(
        ("interval", "count"), [("hour", 24), ("day", 30), ("week", 12), ("month", 12), ("year", 5)]
    )
    def test_without_a_range_it_is_the_last_periods(self, interval: str, count: int, api: Server) -> None:
        answer = told(api, interval=interval, timezone="America/New_York")
        assert len(answer["periods"]) == count
        assert answer["start"] == answer["periods"][0]["start"]
        now = datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(0) <= now - at(answer["end"]) < datetime.timedelta(minutes=1)

    def test_weeks_start_on_monday(self, api: Server) -> None:
        answer = told(api, start="2026-01-01T00:00:00Z", end="2026-01-06T00:00:00Z", interval="week")
        assert [period["start"] for period in answer["periods"]] == [
            "2025-12-29T00:00:00Z",
            "2026-01-05T00:00:00Z",
        ]

    def test_an_hour_that_the_clock_shows_twice_is_two(self, api: Server, organization: Organization) -> None:
        send(organization, *[event(timestamp=f"2025-10-26T0{hour}:30:00Z") for hour in (0, 1, 1)])
        answer = told(
            api,
            start="2025-10-26T00:00:00Z",
            end="2025-10-26T02:00:00Z",
            interval="hour",
            timezone="Europe/Berlin",
            **{"metrics[]": "events"},
        )
        assert [(period["start"], period["events"]) for period in answer["periods"]] == [
            ("2025-10-26T00:00:00Z", 1),
            ("2025-10-26T01:00:00Z", 2),
        ]


NOTHING = {
    "orders": 0,
    "revenue": {"eur": 0},
    "average_order_value": {"eur": None},
    "checkouts": 0,
    "succeeded_checkouts": 0,
    "checkout_conversion": None,
    "new_customers": 0,
    "active_customers": 0,
    "events": 0,
}


class TestWhose:
    def test_an_external_id_means_its_holder(self, api: Server, business: World) -> None:
        totals = told(api, **JANUARY, external_customer_id="cust_1")["totals"]
        assert (totals["events"], totals["orders"], totals["new_customers"], totals["active_customers"]) == (
            3,
            0,
            1,
            1,
        )

    def test_an_external_id_that_nobody_holds_means_what_waits_under_it(
        self, api: Server, business: World
    ) -> None:
        totals = told(api, **JANUARY, external_customer_id="nobody")["totals"]
        assert (totals["events"], totals["active_customers"], totals["new_customers"]) == (1, 0, 0)

    def test_several_ids_add_up(self, api: Server, business: World) -> None:
        totals = told(api, **JANUARY, external_customer_id=["cust_1", "cust_2", "nobody", "cust_1"])["totals"]
        assert totals == told(api, **JANUARY)["totals"]

    def test_never_an_earlier_holder_who_is_reached_by_our_id(
        self, api: Server, business: World, organization: Organization
    ) -> None:
        earlier = Customer.objects.get(external_customer_id="cust_1")
        delete_customer(customer=earlier)
        create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event("cust_1", timestamp="2026-01-03T12:00:00Z"))
        folding.fold(organization.id)
        assert told(api, **JANUARY, external_customer_id="cust_1")["totals"]["events"] == 1
        assert told(api, **JANUARY, customer_id=earlier.id)["totals"]["events"] == 3
        assert told(api, **JANUARY)["totals"]["events"] == 5

    def test_what_waited_counts_for_the_customer_before_it_is_bound(
        self, api: Server, business: World, organization: Organization
    ) -> None:
        customer = create_customer(organization=organization, external_customer_id="nobody")
        for asked in ({"external_customer_id": "nobody"}, {"customer_id": customer.id}):
            totals = told(api, **JANUARY, **asked)["totals"]
            assert (totals["events"], totals["active_customers"]) == (1, 1)
        assert told(api, **JANUARY)["totals"]["active_customers"] == 3

    @pytest.mark.parametrize("path", ["", "/customers"])
    def test_another_organization_sees_nothing_of_it(
        self, path: str, foreign_api: Server, business: World
    ) -> None:
        customer = Customer.objects.get(external_customer_id="cust_1")
        for asked in ({}, {"customer_id": customer.id}, {"external_customer_id": ["cust_1", "nobody"]}):
            answer = told(foreign_api, path, **JANUARY, **asked)
            if path:
                assert answer["results"] == []
            else:
                assert answer["totals"] == {**NOTHING, "revenue": {}, "average_order_value": {}}


class TestRanking:
    def test_it_is_keyed_by_external_id(self, api: Server, business: World) -> None:
        ids = dict(Customer.objects.values_list("external_customer_id", "id"))
        answer = told(api, "/customers", **JANUARY, **{"metrics[]": ["orders", "revenue", "events"]})
        assert answer == {
            "results": [
                row("cust_1", ids, orders=0, revenue={"eur": 0}, events=3),
                row("nobody", ids, orders=0, revenue={"eur": 0}, events=1),
                row("cust_2", ids, orders=1, revenue={"eur": 999}, events=0),
            ],
            "next": None,
            "previous": None,
        }

    def test_by_any_figure(self, api: Server, business: World) -> None:
        for figure in ALL_FIGURES:
            for sign in ("", "-"):
                answer = told(api, "/customers", **JANUARY, ordering=f"{sign}{figure}")
                assert len(answer["results"]) == 3
        by_money = told(api, "/customers", **JANUARY, ordering="-revenue", currency="EUR")["results"]
        assert by_money[0]["external_customer_id"] == "cust_2"

    def test_by_one_of_the_chosen_figures(self, api: Server, business: World) -> None:
        chosen = {"metrics[]": ["checkouts", "orders"]}
        assert len(told(api, "/customers", **JANUARY, **chosen)["results"]) == 1
        detail = refused(
            ask(api, "/customers", **JANUARY, **chosen, ordering="-events"), "invalid_choice", "ordering"
        )
        assert "metrics[]=events" in detail

    def test_page_by_page(self, api: Server, business: World) -> None:
        query = {**JANUARY, "ordering": "-events", "limit": 1}
        first = told(api, "/customers", **query)
        second = api("GET", path_of(first["next"])).json
        third = api("GET", path_of(second["next"])).json
        pages = (first, second, third)
        assert [page["results"][0]["external_customer_id"] for page in pages] == [
            "cust_1",
            "nobody",
            "cust_2",
        ]
        assert (first["previous"], third["next"]) == (None, None)
        assert api("GET", path_of(third["previous"])).json["results"] == second["results"]

    def test_the_pages_of_the_usual_range_are_of_the_same_range(
        self, api: Server, business: World, organization: Organization
    ) -> None:
        now = datetime.datetime.now(datetime.UTC)
        send(
            organization,
            *[event(own_id, timestamp=now.isoformat()) for own_id in ("cust_1", "cust_1", "cust_2")],
        )
        first = told(api, "/customers", limit=1, metrics="events")
        send(organization, *[event("cust_9") for _ in range(3)])
        second = api("GET", path_of(first["next"])).json
        assert [found["external_customer_id"] for found in second["results"]] == ["cust_2"]
        assert second["next"] is None

    def test_a_cursor_is_good_for_its_ordering(self, api: Server, business: World) -> None:
        following = path_of(told(api, "/customers", **JANUARY, limit=1)["next"])
        refused(
            api("GET", following.replace("limit=1", "limit=1&ordering=events")), "invalid_cursor", "cursor"
        )
        for cursor in ("x", "W10", "bnVsbA", quote("客户"), "A" * 3000):
            refused(api("GET", f"/v1/metrics/customers?cursor={cursor}"), "invalid_cursor", "cursor")

    def test_as_a_file(self, api: Server, business: World, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="=1+1", name="+1 555")
        send(organization, event("=1+1", timestamp="2026-01-02T00:00:00Z"))
        answer = ask(api, "/customers", **JANUARY, format="csv", metrics=["events", "revenue"])
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
        assert "attachment" in answer.headers["Content-Disposition"]
        found = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
        assert found[0] == ["external_customer_id", "customer_id", "name", "revenue_eur", "events"]
        assert [(line[0], unguarded(line[2]), *line[3:]) for line in found[1:]] == [
            ("cust_1", "Name of cust_1", "0", "3"),
            ("nobody", "", "0", "1"),
            ("'=1+1", "+1 555", "0", "1"),
            ("cust_2", "Name of cust_2", "999", "0"),
        ]

    def test_a_file_has_all_rows(self, api: Server, business: World, monkeypatch: pytest.MonkeyPatch) -> None:
        from metrics import ranking_export as export

        whole = ask(api, "/customers", **JANUARY, format="csv").body
        monkeypatch.setattr(export, "BATCH", 1)
        assert ask(api, "/customers", **JANUARY, format="csv").body == whole
        for name in ("limit", "cursor"):
            answer = ask(api, "/customers", **JANUARY, format="csv", **{name: "1"})
            assert answer.status == 400
            assert ("whole_file", name) in {(error["code"], error["attr"]) for error in answer.json["errors"]}


def row(own_id: str, ids: dict[str, Any], **figures: Any) -> dict[str, Any]:
    held = own_id in ids
    return {
        "external_customer_id": own_id,
        "customer_id": str(ids[own_id]) if held else None,
        "name": f"Name of {own_id}" if held else None,
        **figures,
    }


def path_of(url: str) -> str:
    return url.removeprefix("http://localhost")


@pytest.mark.parametrize("path", ["", "/customers"])
@pytest.mark.parametrize("asked", [{}, {"external_customer_id": ["cust_1", "cust_2", "nobody"]}])
def test_it_takes_two_queries(path: str, asked: Any, api: Server, business: World) -> None:
    """The token's, and one that sees a single moment of the database."""
    told(api, path, **JANUARY, **asked)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        told(api, path, **JANUARY, **asked, interval="month")
    assert len(queries) == 2
