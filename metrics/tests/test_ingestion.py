"""Sending events: what is stored, what is refused and how it is named, and what is a duplicate."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.utils import timezone

from api.tests.wsgi import Answer, Server
from customers.services import create_customer, delete_customer
from customers.tests.external_ids import ILL_FORMED_TEXT, WELL_FORMED
from metrics.api.parsers import decode
from metrics.models import Event, EventBatch, EventName, UnmatchedID
from metrics.services import ingestion
from metrics.tests.sending import AT, event, moment, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db

NO_ID = "01980000-0000-7000-8000-000000000000"


def ingest(api: Server, *events: Any) -> Answer:
    return api("POST", "/v1/events/ingest", {"events": list(events)})


def problems(answer: Answer) -> dict[str | None, str]:
    """What is wrong, by where."""
    assert answer.status == 400, answer.body
    return {error["attr"]: error["code"] for error in answer.json["errors"]}


def refused(api: Server, *events: Any) -> dict[str | None, str]:
    """What is wrong with the events, of which none was stored."""
    found = problems(ingest(api, *events))
    assert not Event.objects.exists()
    assert not EventBatch.objects.exists()
    assert not UnmatchedID.objects.exists()
    return found


def test_an_event_is_stored_as_it_was_sent(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    metadata = {"model": 'a\\b\t"c"\n', "tokens": 12, "share": 0.5, "whole": 1.0, "vip": True, "🙂": ""}
    sent = event(timestamp="2026-01-31T13:00:00.123456+01:00", external_id="call\\1", metadata=metadata)
    answer = ingest(api, sent)
    assert (answer.status, answer.json) == (200, {"inserted": 1, "duplicates": 0})
    [found] = stored(organization)
    assert (found.name.name, found.external_id, found.metadata) == ("call", "call\\1", metadata)
    assert found.timestamp == moment("2026-01-31T12:00:00.123456+00:00")
    assert (found.customer, found.unmatched, found.named_customer) == (customer, None, False)
    assert timezone.now() - found.received_at < datetime.timedelta(minutes=1)


def test_an_event_without_a_time_happened_now(api: Server, organization: Organization) -> None:
    ingest(api, event(), event(timestamp=None, external_id=None, customer_id=None))
    for found in stored(organization):
        assert found.timestamp == found.received_at
        assert found.metadata == {}
        assert found.external_id is None


def test_events_by_our_id(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization)
    assert ingest(api, event(None, customer_id=str(customer.id))).json["inserted"] == 1
    [found] = stored(organization)
    assert (found.customer, found.named_customer) == (customer, True)


@pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
def test_every_well_formed_id_is_taken(own_id: str, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=own_id)
    assert send(organization, event(own_id, external_id=own_id)).inserted == 1
    assert send(organization, event(own_id, external_id=own_id)).duplicates == 1
    [found] = stored(organization)
    assert (found.customer, found.external_id) == (customer, own_id)


@pytest.mark.parametrize(("own_id", "code"), ILL_FORMED_TEXT.values(), ids=ILL_FORMED_TEXT)
def test_every_ill_formed_id_is_refused(own_id: str, code: str, api: Server) -> None:
    found = refused(api, event(), event(own_id))
    assert found == {"events.1.external_customer_id": code}


class TestBadEvents:
    """Each with what is wrong, by name."""

    NOW = timezone.now()
    CASES: dict[str, tuple[Any, dict[str, str]]] = {
        "in the future": (
            event(timestamp=(NOW + datetime.timedelta(hours=1)).isoformat()),
            {"timestamp": "max_value"},
        ),
        "before 2000": (event(timestamp="1999-12-31T23:59:59Z"), {"timestamp": "min_value"}),
        "no time": (event(timestamp="yesterday"), {"timestamp": "invalid"}),
        "a time without an offset": (event(timestamp="2026-01-31T12:00:00"), {"timestamp": "invalid"}),
        "a time that is a number": (event(timestamp=1769860800), {"timestamp": "invalid"}),
        "nobody's": (event(None), {"external_customer_id": "required"}),
        "somebody's twice": (event("cust_1", customer_id=NO_ID), {"customer_id": "one_of_two"}),
        "a number for an ID": (event(7), {"external_customer_id": "not_a_string"}),  # type: ignore[arg-type]
        "nobody of ours": (event(None, customer_id=NO_ID), {"customer_id": "does_not_exist"}),
        "no UUID": (event(None, customer_id="cust_1"), {"customer_id": "invalid"}),
        "without a name": ({"external_customer_id": "cust_1"}, {"name": "required"}),
        "an empty name": (event(name=""), {"name": "blank"}),
        "a name that is too long": (event(name="x" * 256), {"name": "max_length"}),
        "a name with a line break": (event(name="a\nb"), {"name": "forbidden_character"}),
        "a name with a space at its end": (event(name="call "), {"name": "surrounding_white_space"}),
        "an own ID that is none": (event(external_id="undefined"), {"external_id": "placeholder"}),
        "an own ID that is empty": (event(external_id=""), {"external_id": "blank"}),
        "metadata with a list": (event(metadata={"a": [1]}), {"metadata.a": "invalid"}),
        "metadata with a null": (event(metadata={"a": None}), {"metadata.a": "null"}),
        "metadata beyond 2^53": (event(metadata={"a": 2**53 + 1}), {"metadata.a": "out_of_range"}),
        "too much metadata": (event(metadata={str(n): 1 for n in range(51)}), {"metadata": "too_many_keys"}),
        "a long string": (event(metadata={"a": "x" * 501}), {"metadata.a": "too_long"}),
        "no metadata": (event(metadata=None), {"metadata": "null"}),
        "a field that isn't known": (event(nmae="call"), {"nmae": "unknown_field"}),
        "a lone surrogate": (event(name="\ud800"), {"name": "forbidden_character"}),
        "a lone surrogate inside": (event(metadata={"a": "\ud800"}), {"metadata.a": "forbidden_character"}),
        "all of it wrong": (
            {"name": 5, "timestamp": "", "extra": 1, "external_id": []},
            {"name": "invalid", "external_id": "not_a_string", "extra": "unknown_field"},
        ),
    }

    @pytest.mark.parametrize(("bad", "codes"), CASES.values(), ids=CASES)
    def test_it_is_named_and_nothing_is_stored(self, bad: Any, codes: dict[str, str], api: Server) -> None:
        assert refused(api, event(), event(), event(), bad) == {
            f"events.3.{name}": code for name, code in codes.items()
        }

    def test_every_bad_one_is_named(self, api: Server) -> None:
        bad = [event(name=""), event(), event(name=7), event(None, customer_id=NO_ID), event(timestamp="x")]
        assert refused(api, *bad) == {
            "events.0.name": "blank",
            "events.2.name": "invalid",
            "events.3.customer_id": "does_not_exist",
            "events.4.timestamp": "invalid",
        }

    def test_what_is_no_event(self, api: Server) -> None:
        assert refused(api, event(), 5, None, [event()]) == {
            "events.1": "not_an_object",
            "events.2": "not_an_object",
            "events.3": "not_an_object",
        }

    def test_a_thousand_bad_events_are_all_named(self, api: Server) -> None:
        assert len(refused(api, *[event(name=n) for n in range(1000)])) == 1000

    @pytest.mark.parametrize("count", [0, 1001])
    def test_a_number_of_events_that_is_not_taken(self, count: int, api: Server) -> None:
        assert refused(api, *[event()] * count) == {"events": "number_of_events"}

    @pytest.mark.parametrize(
        ("body", "attr", "code"),
        [
            ({}, "events", "required"),
            ({"events": {}}, "events.non_field_errors", "not_a_list"),
            ({"events": None}, "events", "null"),
            ({"events": [event()], "dry_run": True}, "dry_run", "unknown_field"),
            ([], "non_field_errors", "not_an_object"),
            (None, None, "parse_error"),
        ],
    )
    def test_what_is_no_list_of_events(self, body: Any, attr: str | None, code: str, api: Server) -> None:
        assert problems(api("POST", "/v1/events/ingest", body)) == {attr: code}
        assert not Event.objects.exists()

    def test_another_organizations_customer_does_not_exist(self, api: Server, stranger: Organization) -> None:
        theirs = create_customer(organization=stranger, external_customer_id="cust_1")
        foreign, missing = (event(None, customer_id=identity) for identity in (str(theirs.id), NO_ID))
        assert refused(api, foreign) == {"events.0.customer_id": "does_not_exist"}
        assert ingest(api, foreign).detail == ingest(api, missing).detail

    def test_a_deleted_customer_does_not_exist(self, api: Server, organization: Organization) -> None:
        customer = delete_customer(customer=create_customer(organization=organization))
        assert refused(api, event(None, customer_id=str(customer.id))) == {
            "events.0.customer_id": "does_not_exist"
        }


class TestBodies:
    def test_ten_mebibytes_are_taken_and_eleven_are_not(self, api: Server) -> None:
        whole = json.dumps({"events": [event()]}).encode()
        taken = api("POST", "/v1/events/ingest", whole + b" " * (10 * 1024 * 1024 - len(whole)))
        assert taken.status == 200
        refusal = api("POST", "/v1/events/ingest", whole + b" " * (11 * 1024 * 1024))
        assert (refusal.status, refusal.code) == (413, "payload_too_large")
        assert Event.objects.count() == 1

    def test_other_routes_keep_their_limit(self, api: Server) -> None:
        assert api("POST", "/v1/customers", b'{"name": "x"}' + b" " * 1024 * 1024).status == 413

    @pytest.mark.parametrize(
        "body",
        [
            b'{"events": [{"name": "a", "external_customer_id": "x"}, {"name" "b"}]}',
            b'{"events": [{"name": "a", "external_customer_id": "x"}',
            b'{"events": [{"name": "a", "external_customer_id": "x", "metadata": {"a": NaN}}]}',
            b'{"events": [{"name": "a", "external_customer_id": "x", "metadata": {"a": 1e400}}]}',
            b'{"events": [{"name": "a", "name": "b", "external_customer_id": "x"}]}',
            b'{"events": [{"name": "a", "external_customer_id": "x", "metadata": {"a": 1, "a": 2}}]}',
            b'{"events": [], "events": [{"name": "a", "external_customer_id": "x"}]}',
            b'{"events": [{"name": "a", "name" : "b", "external_customer_id": "x"}]}',
            b'{"events": [{"name": "\\u0022:", "external_customer_id": "x", "metadata": {"a": 1, "a": 2}}]}',
            b'{"events": [{"name": "\xff", "external_customer_id": "x"}]}',
            b"[" * 100_000,
        ],
    )
    def test_json_that_cannot_be_read(self, body: bytes, api: Server) -> None:
        assert api("POST", "/v1/events/ingest", body).code == "parse_error"
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b'{"events": [{"name": ":a", "external_customer_id": "x", "metadata": {"\\"": "\\":"}}]}',
            b'{"events": [{"name": "a", "external_customer_id": "x", "metadata": {"a\\":": "b"}}]}',
        ],
    )
    def test_json_that_only_the_strict_parser_understands(self, body: bytes, api: Server) -> None:
        assert decode(body) is None
        assert api("POST", "/v1/events/ingest", body).json == {"inserted": 1, "duplicates": 0}

    def test_half_a_surrogate_pair_is_refused(self, api: Server) -> None:
        body = b'{"events": [{"name": "a", "external_customer_id": "x", "metadata": {"a": "\\ud800"}}]}'
        assert api("POST", "/v1/events/ingest", body).status == 400

    def test_json_as_programs_write_it_is_decoded_at_once(self) -> None:
        body = {
            "events": [event(metadata={"a": 1, "b": "x: y"}), event(None, customer_id=NO_ID, timestamp=AT)]
        }
        for separators in ((",", ":"), (", ", ": ")):
            assert decode(json.dumps(body, separators=separators).encode()) is not None
        assert decode(b'{"events": [{"name" : "a", "external_customer_id"\t:"x"}]}') is not None
        assert decode(json.dumps(body, indent=2).encode()) is not None


class TestDuplicates:
    def test_an_event_is_stored_once_for_ever(self, api: Server, organization: Organization) -> None:
        assert ingest(api, event(external_id="a")).json == {"inserted": 1, "duplicates": 0}
        again = event("cust_2", name="other", external_id="a", metadata={"x": 1})
        assert ingest(api, again, event(external_id="b")).json == {"inserted": 1, "duplicates": 1}
        first, second = stored(organization)
        assert (first.name.name, first.external_id, second.external_id) == ("call", "a", "b")
        assert first.external_customer_id == "cust_1"
        assert not UnmatchedID.objects.filter(external_customer_id="cust_2").exists()

    def test_the_first_of_a_call_stays(self, api: Server, organization: Organization) -> None:
        answer = ingest(
            api, event(name="x", external_id="a"), event(name="y", external_id="a"), event(), event()
        )
        assert answer.json == {"inserted": 3, "duplicates": 1}
        assert [found.name.name for found in stored(organization)] == ["x", "call", "call"]

    def test_letter_case_tells_events_apart(self, organization: Organization) -> None:
        assert send(organization, event(external_id="a"), event(external_id="A")).inserted == 2

    def test_another_organizations_event_is_no_duplicate(
        self, organization: Organization, stranger: Organization
    ) -> None:
        assert send(organization, event(external_id="a")).inserted == 1
        assert send(stranger, event(external_id="a")).inserted == 1

    def test_only_duplicates(self, organization: Organization) -> None:
        send(organization, event(external_id="a"))
        batches = EventBatch.objects.count()
        again = send(organization, event(external_id="a"))
        assert (again.inserted, again.duplicates) == (0, 1)
        assert EventBatch.objects.count() == batches
        assert UnmatchedID.objects.get().count == 1

    def test_a_call_can_be_repeated_after_its_customer_was_deleted(self, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        sent = event(None, customer_id=str(customer.id), external_id="a")
        send(organization, sent)
        delete_customer(customer=customer)
        assert send(organization, sent).duplicates == 1


def test_a_call_takes_few_statements_whatever_its_size(
    organization: Organization, django_assert_num_queries: Any
) -> None:
    create_customer(organization=organization, external_customer_id="held")
    send(
        organization, event("held"), event("unheld")
    )  # the name is known from here on, but not to a transaction
    for size in (2, 1000):
        events = [
            event("held" if n % 2 else f"unheld-{n % 7}", external_id=f"{size}-{n}") for n in range(size)
        ]
        # names, savepoint, duplicates, holders, what waits, holders again, rows, batch, count, unused, release
        with django_assert_num_queries(11):
            send(organization, *events)


def test_names_are_stored_once(organization: Organization, stranger: Organization) -> None:
    send(organization, event(name="a"), event(name="b"), event(name="a"))
    send(organization, event(name="a"))
    send(stranger, event(name="a"))
    found = EventName.objects.filter(organization=organization).values_list("name", flat=True)
    assert sorted(found) == ["a", "b"]
    assert EventName.objects.filter(organization=stranger).count() == 1


def test_ids_of_a_call_lie_together(organization: Organization) -> None:
    send(organization, *[event(external_id=str(n)) for n in range(300)])
    found = [row.id.int for row in stored(organization)]
    assert found == list(range(found[0], found[0] + 300))
    [batch] = EventBatch.objects.all()
    assert (batch.id.int, batch.last_id.int, batch.size) == (found[0], found[-1], 300)


def test_it_gives_up_on_other_refusals_at_once(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def store(*arguments: Any) -> None:
        tries.append(1)
        raise ingestion.IntegrityError("another rule")

    monkeypatch.setattr(ingestion, "_store", store)
    with pytest.raises(ingestion.IntegrityError):
        send(organization, event())
    assert len(tries) == 1
