"""`/v1/meters` and what is below it: what they answer, and what they refuse."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Answer, Server
from customers.services import create_customer, delete_customer
from metrics.metering import limits
from metrics.models import Meter
from metrics.services import binding, folding
from metrics.tests.sending import event, send, send_many
from organizations.models import Organization

JANUARY = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-04T00:00:00Z"}
SUM = {"function": "sum", "property": "tokens"}


def defined(api: Server, **fields: Any) -> Any:
    """A new meter, as the API answers it."""
    answer = api("POST", "/v1/meters", {"name": "Meter", "aggregation": {"function": "count"}, **fields})
    assert answer.status == 201, answer.body
    return answer.json


def of(function: str, name: str = "tokens") -> dict[str, Any]:
    return {"function": function, **({} if function == "count" else {"property": name})}


def ask(api: Server, meter: Any, path: str = "quantities", **query: Any) -> Answer:
    return api("GET", f"/v1/meters/{meter['id']}/{path}?{urlencode(query, doseq=True)}")


def told(api: Server, meter: Any, path: str = "quantities", **query: Any) -> Any:
    answer = ask(api, meter, path, **query)
    assert answer.status == 200, answer.body
    return answer.json


def refused(answer: Answer, code: str, attr: str) -> str:
    assert (answer.status, answer.code, answer.attr) == (400, code, attr)
    return answer.detail


def quantities(api: Server, meter: Any, **query: Any) -> list[Any]:
    """Those of all periods, and the total."""
    answer = told(api, meter, **query)
    return [*[period["quantity"] for period in answer["periods"]], answer["total"]]


def used(day: int, own_id: str = "cust_1", **fields: Any) -> dict[str, Any]:
    """An event in January at noon that says `fields`."""
    return event(own_id, timestamp=f"2026-01-{day:02}T12:00:00Z", metadata=fields)


class TestDefinition:
    def test_a_meter_is_created_read_and_listed(self, api: Server) -> None:
        sent = {
            "name": "Tokens",
            "aggregation": SUM,
            "filter": {"name": "call", "metadata": {"model": "x", "cached": False, "size": 1.5}},
        }
        answer = api("POST", "/v1/meters", sent)
        meter = answer.json
        assert answer.status == 201
        assert answer.headers["Location"].endswith(f"/v1/meters/{meter['id']}")
        assert meter == {
            "id": meter["id"],
            **sent,
            "archived": False,
            "created_at": meter["created_at"],
            "modified_at": meter["created_at"],
        }
        assert api("GET", f"/v1/meters/{meter['id']}").json == meter
        assert api("GET", "/v1/meters").json["results"] == [meter]

    @pytest.mark.parametrize("narrowed", [None, {}, {"name": None}, {"metadata": {}}], ids=str)
    def test_without_a_filter_every_event_counts(self, api: Server, narrowed: Any) -> None:
        meter = defined(api, **({} if narrowed is None else {"filter": narrowed}))
        assert meter["filter"] == {"name": None, "metadata": {}}
        assert meter["aggregation"] == {"function": "count", "property": None}

    @pytest.mark.parametrize("function", ["count", "sum", "min", "max", "avg", "unique"])
    def test_each_function(self, api: Server, function: str) -> None:
        assert defined(api, aggregation=of(function))["aggregation"]["function"] == function

    def test_names_may_repeat(self, api: Server) -> None:
        assert defined(api)["id"] != defined(api)["id"]

    def test_it_is_renamed_archived_and_restored(self, api: Server) -> None:
        meter = defined(api)
        path = f"/v1/meters/{meter['id']}"
        renamed = api("PATCH", path, {"name": "Other"}).json
        assert renamed == {**meter, "name": "Other", "modified_at": renamed["modified_at"]}
        assert api("DELETE", path).status == 204
        assert api("DELETE", path).status == 204
        assert api("GET", path).json["archived"] is True
        assert api("GET", "/v1/meters?archived=false").json["results"] == []
        assert len(api("GET", "/v1/meters?archived=true").json["results"]) == 1
        assert api("PATCH", path, {"archived": False}).json["archived"] is False

    @pytest.mark.parametrize("field", ["aggregation", "filter"])
    def test_what_it_counts_never_changes(self, api: Server, field: str) -> None:
        meter = defined(api)
        answer = api("PATCH", f"/v1/meters/{meter['id']}", {field: meter[field], "name": "Other"})
        assert "create another" in refused(answer, "read_only_field", field)
        assert Meter.objects.get().name == "Meter"

    def test_meters_are_listed_by_name_too(self, api: Server) -> None:
        for name in ("b", "a", "C"):
            defined(api, name=name)
        rows = api("GET", "/v1/meters?ordering=name&limit=2").json
        assert [row["name"] for row in rows["results"]] == ["C", "a"]
        rows = api("GET", rows["next"].removeprefix("http://localhost")).json
        assert [row["name"] for row in rows["results"]] == ["b"]

    def test_a_list_takes_two_queries_however_long_it_is(self, api: Server) -> None:
        counts = []
        for _ in range(2):
            for _ in range(25):
                defined(api)
            with CaptureQueriesContext(connection) as queries:
                api("GET", "/v1/meters?limit=50")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 2


BAD: list[tuple[Any, str, str]] = [
    ({"name": ""}, "blank", "name"),
    ({"name": None}, "null", "name"),
    ({"name": 5}, "invalid", "name"),
    ({"name": "x" * 257}, "max_length", "name"),
    ({"name": "a\u0000"}, "forbidden_character", "name"),
    ({"aggregation": None}, "not_an_object", "aggregation"),
    ({"aggregation": "count"}, "not_an_object", "aggregation"),
    ({"aggregation": []}, "not_an_object", "aggregation"),
    ({"aggregation": {}}, "required", "aggregation.function"),
    ({"aggregation": {"function": None}}, "null", "aggregation.function"),
    ({"aggregation": {"function": 5}}, "invalid", "aggregation.function"),
    ({"aggregation": {"function": ""}}, "blank", "aggregation.function"),
    ({"aggregation": {"function": "average"}}, "invalid_choice", "aggregation.function"),
    ({"aggregation": {"function": "COUNT"}}, "invalid_choice", "aggregation.function"),
    ({"aggregation": {"function": "sum"}}, "required", "aggregation.property"),
    ({"aggregation": {"function": "sum", "property": None}}, "required", "aggregation.property"),
    ({"aggregation": {"function": "sum", "property": ""}}, "blank", "aggregation.property"),
    ({"aggregation": {"function": "sum", "property": 1}}, "invalid", "aggregation.property"),
    ({"aggregation": {"function": "sum", "property": "x" * 41}}, "max_length", "aggregation.property"),
    (
        {"aggregation": {"function": "avg", "property": "\u0000"}},
        "forbidden_character",
        "aggregation.property",
    ),
    ({"aggregation": {"function": "count", "property": "x"}}, "property_not_used", "aggregation.property"),
    ({"aggregation": {"function": "count", "field": "x"}}, "unknown_field", "aggregation.field"),
    ({"filter": None}, "not_an_object", "filter"),
    ({"filter": "call"}, "not_an_object", "filter"),
    ({"filter": {"names": "call"}}, "unknown_field", "filter.names"),
    ({"filter": {"name": ""}}, "blank", "filter.name"),
    ({"filter": {"name": ["call"]}}, "invalid", "filter.name"),
    ({"filter": {"name": " call"}}, "surrounding_white_space", "filter.name"),
    ({"filter": {"name": "ca\nll"}}, "forbidden_character", "filter.name"),
    ({"filter": {"name": "x" * 256}}, "max_length", "filter.name"),
    ({"filter": {"metadata": None}}, "null", "filter.metadata"),
    ({"filter": {"metadata": ["x"]}}, "invalid", "filter.metadata"),
    ({"filter": {"metadata": {"a": None}}}, "null", "filter.metadata.a"),
    ({"filter": {"metadata": {"a": [1]}}}, "invalid", "filter.metadata.a"),
    ({"filter": {"metadata": {"a": 2**53 + 1}}}, "out_of_range", "filter.metadata.a"),
    ({"filter": {"metadata": {"a": "x" * 501}}}, "too_long", "filter.metadata.a"),
    ({"filter": {"metadata": {str(n): n for n in range(51)}}}, "too_many_keys", "filter.metadata"),
    ({"agregation": {}}, "unknown_field", "agregation"),
    ({"id": "x"}, "read_only_field", "id"),
    ({"archived": True}, "read_only_field", "archived"),
    ({"event_name": "call"}, "unknown_field", "event_name"),
]


@pytest.mark.parametrize(("fields", "code", "attr"), BAD, ids=[str(row[0])[:60] for row in BAD])
def test_a_bad_definition_is_refused_by_name(fields: Any, code: str, attr: str, api: Server) -> None:
    body = {"name": "Meter", "aggregation": {"function": "count"}, **fields}
    refused(api("POST", "/v1/meters", body), code, attr)
    assert not Meter.objects.exists()


def test_the_nearest_function_is_suggested(api: Server) -> None:
    body = {"name": "Meter", "aggregation": {"function": "summ", "property": "x"}}
    answer = api("POST", "/v1/meters", body)
    assert refused(answer, "invalid_choice", "aggregation.function") == (
        "There is no such function. Did you mean “sum”?"
    )


def test_what_is_missing_is_named(api: Server) -> None:
    answer = api("POST", "/v1/meters", {})
    assert {(error["code"], error["attr"]) for error in answer.json["errors"]} == {
        ("required", "name"),
        ("required", "aggregation"),
    }


@pytest.mark.parametrize(
    "body", [{"archived": "yes"}, {"archived": 1}, {"name": None}, {"created_at": "x"}], ids=str
)
def test_a_bad_change_is_refused(body: Any, api: Server) -> None:
    meter = defined(api)
    assert api("PATCH", f"/v1/meters/{meter['id']}", body).status == 400


class TestQuantities:
    def test_every_period_and_the_total_are_answered(self, api: Server, organization: Organization) -> None:
        meter = defined(api, aggregation=SUM, filter={"name": "call"})
        send(organization, used(1, tokens=1), used(1, tokens=2.5), used(3, tokens=4), used(4, tokens=100))
        assert told(api, meter, **JANUARY) == {
            "meter_id": meter["id"],
            "interval": "day",
            **JANUARY,
            "timezone": "UTC",
            "periods": [
                {"start": "2026-01-01T00:00:00Z", "quantity": 3.5},
                {"start": "2026-01-02T00:00:00Z", "quantity": 0},
                {"start": "2026-01-03T00:00:00Z", "quantity": 4},
            ],
            "total": 7.5,
        }

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            ("count", [5, 0, 2, 7]),
            ("sum", [3, 0, 5, 8]),
            ("min", [1, None, 2, 1]),
            ("max", [2, None, 3, 3]),
            ("avg", [1.5, None, 2.5, 2]),
            ("unique", [4, 0, 2, 5]),
        ],
    )
    def test_what_each_function_makes_of_numbers_and_of_what_is_none(
        self, function: str, expected: list[Any], api: Server, organization: Organization
    ) -> None:
        meter = defined(api, aggregation=of(function))
        first = [used(1, tokens=1), used(1, tokens=2), used(1, tokens="1"), used(1, tokens=True), used(1)]
        send(organization, *first, used(3, tokens=2.0), used(3, tokens=3))
        assert quantities(api, meter, **JANUARY) == expected

    @pytest.mark.parametrize("function", ["count", "sum", "min", "max", "avg", "unique"])
    def test_of_nothing(self, function: str, api: Server, organization: Organization) -> None:
        meter = defined(api, aggregation=of(function), filter={"name": "never"})
        nothing = None if function in ("min", "max", "avg") else 0
        assert quantities(api, meter, **JANUARY) == [nothing] * 4
        assert told(api, meter, "customers", **JANUARY)["results"] == []
        send(organization, used(1))
        assert quantities(api, meter, **JANUARY) == [nothing] * 4

    def test_sums_are_exact(self, api: Server, organization: Organization) -> None:
        meter = defined(api, aggregation=SUM)
        send(
            organization, *[used(1, tokens=0.1) for _ in range(10)], used(2, tokens=0.1), used(2, tokens=0.2)
        )
        send(organization, *[used(3, tokens=2**53) for _ in range(3)], used(3, tokens=1))
        assert quantities(api, meter, **JANUARY)[:3] == [1, 0.3, 3 * 2**53 + 1]

    def test_whole_numbers_have_all_their_digits(self, api: Server, organization: Organization) -> None:
        meter = defined(api, aggregation=SUM)
        for _ in range(2):
            send(organization, *[used(1, tokens=2**53) for _ in range(999)], used(1, tokens=1))
        expected = 2 * (999 * 2**53 + 1)
        assert expected > 2**63
        answer = ask(api, meter, **JANUARY)
        assert f'"total":{expected}}}'.encode() in answer.body
        row = f'"quantity":{expected}}}'.encode()
        assert row in ask(api, meter, "customers", **JANUARY).body

    @pytest.mark.parametrize("value", [5e-324, -5e-324, 1e-200])
    def test_the_smallest_numbers(self, value: float, api: Server, organization: Organization) -> None:
        send(organization, used(1, tokens=value))
        for function in ("sum", "min", "max", "avg"):
            meter = defined(api, aggregation=of(function))
            assert told(api, meter, **JANUARY)["total"] == value
            [row] = told(api, meter, "customers", **JANUARY)["results"]
            assert row["quantity"] == value

    def test_periods_are_those_of_the_time_zone(self, api: Server, organization: Organization) -> None:
        meter = defined(api)
        # The clocks of Berlin were set forward in between: that Sunday has 23 hours.
        for moment in ("2025-03-29T22:59:59.999999Z", "2025-03-29T23:00:00Z", "2025-03-30T21:59:59Z"):
            send(organization, event(timestamp=moment))
        send(organization, event(timestamp="2025-03-30T22:00:00Z"))
        span = {"start": "2025-03-28T23:00:00Z", "end": "2025-03-31T22:00:00Z", "timezone": "Europe/Berlin"}
        assert quantities(api, meter, **span) == [1, 2, 1, 4]
        assert quantities(api, meter, **span, interval="month") == [4, 4]

    def test_a_meter_counts_what_was_before_it_and_what_comes_late(
        self, api: Server, organization: Organization
    ) -> None:
        send(organization, used(1) | {"external_id": "e1"})
        meter = defined(api)
        assert quantities(api, meter, **JANUARY) == [1, 0, 0, 1]
        send(organization, used(2), used(1) | {"external_id": "e1"})
        folding.fold(organization.id)
        send(organization, used(1))
        assert quantities(api, meter, **JANUARY) == [2, 1, 0, 3]

    def test_an_archived_meter_answers_as_before(self, api: Server, organization: Organization) -> None:
        meter = defined(api)
        send(organization, used(1))
        api("DELETE", f"/v1/meters/{meter['id']}")
        assert quantities(api, meter, **JANUARY) == [1, 0, 0, 1]

    def test_of_other_organizations_nothing_counts(
        self, api: Server, foreign_api: Server, organization: Organization, stranger: Organization
    ) -> None:
        send(stranger, used(1))
        assert quantities(api, defined(api), **JANUARY) == [0] * 4
        assert quantities(api, defined(api, filter={"name": "call"}), **JANUARY) == [0] * 4
        theirs = defined(foreign_api)
        assert ask(api, theirs).status == 404


class TestWhose:
    @pytest.fixture
    def meter(self, api: Server, organization: Organization) -> Any:
        """Of two customers, one who had an ID before, and an ID that nobody holds."""
        earlier = create_customer(organization=organization, external_customer_id="cust_1", name="Earlier")
        send(organization, used(1, "cust_1", tokens=1000))
        delete_customer(customer=earlier)
        for own_id in ("cust_1", "cust_2"):
            create_customer(organization=organization, external_customer_id=own_id, name=f"Name of {own_id}")
        send(
            organization,
            used(1, "cust_1", tokens=1),
            used(2, "cust_2", tokens=2),
            used(2, "nobody", tokens=4),
        )
        return {**defined(api, aggregation=SUM), "earlier": str(earlier.id)}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [1001, 6, 0, 1007]),
            ({"external_customer_id": "cust_1"}, [1, 0, 0, 1]),
            ({"external_customer_id": ["cust_1", "nobody"]}, [1, 4, 0, 5]),
            ({"external_customer_id": "nobody"}, [0, 4, 0, 4]),
            ({"external_customer_id": "never-heard-of"}, [0, 0, 0, 0]),
            ({"external_customer_id": "CUST_1"}, [0, 0, 0, 0]),
        ],
        ids=str,
    )
    def test_a_filter_means_current_holders_and_what_waits(
        self, query: Any, expected: list[int], api: Server, meter: Any
    ) -> None:
        assert quantities(api, meter, **JANUARY, **query) == expected

    def test_an_earlier_holders_are_reached_by_our_id(self, api: Server, meter: Any) -> None:
        assert quantities(api, meter, **JANUARY, customer_id=meter["earlier"]) == [1000, 0, 0, 1000]
        both = {"customer_id": meter["earlier"], "external_customer_id": "cust_1"}
        assert quantities(api, meter, **JANUARY, **both) == [0, 0, 0, 0]

    def test_events_count_for_the_customer_at_once_when_it_gets_the_id(
        self, api: Server, meter: Any, organization: Organization
    ) -> None:
        new = create_customer(organization=organization, external_customer_id="nobody", name="Somebody")
        for _ in range(2):
            assert quantities(api, meter, **JANUARY, customer_id=new.id) == [0, 4, 0, 4]
            assert quantities(api, meter, **JANUARY, external_customer_id="nobody") == [0, 4, 0, 4]
            row = told(api, meter, "customers", **JANUARY)["results"][0]
            assert (row["customer_id"], row["quantity"]) == (str(new.id), 4)
            binding.bind_events(organization_id=organization.id)

    def test_customers_are_ranked_by_external_id(self, api: Server, meter: Any) -> None:
        rows = told(api, meter, "customers", **JANUARY)["results"]
        assert [list(row.values())[0] for row in rows] == ["nobody", "cust_2", "cust_1"]
        assert rows[0] == {"external_customer_id": "nobody", "customer_id": None, "name": None, "quantity": 4}
        assert rows[1]["name"] == "Name of cust_2"
        rows = told(api, meter, "customers", **JANUARY, ordering="quantity")["results"]
        assert [row["quantity"] for row in rows] == [1, 2, 4]

    def test_a_deleted_customer_is_listed_when_it_is_asked_for(self, api: Server, meter: Any) -> None:
        [row] = told(api, meter, "customers", **JANUARY, customer_id=meter["earlier"])["results"]
        assert (row["external_customer_id"], row["quantity"]) == ("cust_1", 1000)

    def test_pages_keep_the_range(self, api: Server, meter: Any) -> None:
        page = told(api, meter, "customers", end=JANUARY["end"], limit=2)
        assert [row["quantity"] for row in page["results"]] == [4, 2]
        assert page["previous"] is None
        page = api("GET", page["next"].removeprefix("http://localhost")).json
        assert [row["quantity"] for row in page["results"]] == [1]
        assert page["next"] is None
        page = api("GET", page["previous"].removeprefix("http://localhost")).json
        assert [row["quantity"] for row in page["results"]] == [4, 2]

    def test_customers_take_three_queries_however_many_there_are(
        self, api: Server, meter: Any, organization: Organization
    ) -> None:
        counts = []
        for number in (1, 50):
            send(organization, *[used(1, f"new-{other}", tokens=1) for other in range(number)])
            with CaptureQueriesContext(connection) as queries:
                told(api, meter, "customers", **JANUARY, limit=100)
            # the limit of time is set by statements around them
            counts.append(sum(query["sql"].lstrip().startswith(("SELECT", "WITH")) for query in queries))
        assert counts[0] == counts[1] <= 3


BAD_QUERIES = [
    ({"interval": "quarter"}, "invalid_choice", "interval"),
    ({"timezone": "Mars/Olympus"}, "unknown_time_zone", "timezone"),
    ({"start": "2026-01-01", "end": JANUARY["end"]}, "invalid", "start"),
    ({"start": JANUARY["end"], "end": JANUARY["start"]}, "empty_range", "end"),
    ({"start": "1899-12-31T23:59:59Z"}, "out_of_range", "start"),
    ({"end": ["2026-01-01T00:00:00Z"] * 2}, "repeated_parameter", "end"),
    ({"external_customer_id": "null"}, "placeholder", "external_customer_id"),
    ({"external_customer_id": ["x"] * 101}, "too_many", "external_customer_id"),
    ({"external_customer_id": ""}, "blank", "external_customer_id"),
    ({"customer_id": "cust_1"}, "invalid", "customer_id"),
    ({"customer": "cust_1"}, "unknown_parameter", "customer"),
    ({"metrics[]": "events"}, "unknown_parameter", "metrics[]"),
]


@pytest.mark.parametrize("path", ["quantities", "customers"])
@pytest.mark.parametrize(("query", "code", "attr"), BAD_QUERIES, ids=str)
def test_bad_queries_are_refused_by_name(path: str, query: Any, code: str, attr: str, api: Server) -> None:
    refused(ask(api, defined(api), path, **query), code, attr)


@pytest.mark.parametrize(
    ("query", "code", "attr"),
    [
        ({"ordering": "name"}, "invalid_choice", "ordering"),
        ({"limit": "0"}, "min_value", "limit"),
        ({"limit": "101"}, "max_value", "limit"),
        ({"cursor": "x"}, "invalid_cursor", "cursor"),
    ],
    ids=str,
)
def test_bad_pages_are_refused_by_name(query: Any, code: str, attr: str, api: Server) -> None:
    refused(ask(api, defined(api), "customers", **query), code, attr)


def test_a_cursor_is_good_for_its_ordering(api: Server, organization: Organization) -> None:
    meter = defined(api)
    send(organization, used(1, "a"), used(1, "b"))
    cursor = told(api, meter, "customers", **JANUARY, limit=1)["next"].rpartition("cursor=")[2]
    refused(
        ask(api, meter, "customers", **JANUARY, ordering="quantity", cursor=cursor),
        "invalid_cursor",
        "cursor",
    )


def test_a_range_too_fine_for_its_length_names_the_finest(api: Server) -> None:
    fine = {"interval": "hour", "start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
    detail = refused(ask(api, defined(api), **fine), "too_many_periods", "interval")
    assert detail.endswith("The finest interval possible for it is day.")


def test_what_takes_too_long_is_refused(
    api: Server, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = defined(api, aggregation=of("unique", "n"))
    send_many(organization, "2026-01-02T12:00:00Z")
    assert quantities(api, meter, **JANUARY)[-1] == 3000
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.001)
    for path in ("quantities", "customers"):
        detail = refused(ask(api, meter, path, **JANUARY), "takes_too_long", "start")
        assert "shorter range" in detail
    monkeypatch.undo()
    assert quantities(api, meter, **JANUARY)[-1] == 3000
