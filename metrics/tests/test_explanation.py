"""“Why is this usage not on this customer?”: what is answered of an event, and of an external customer ID."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.wsgi import Server
from customers.models import CustomerChange
from customers.services import create_customer, delete_customer, update_customer
from customers.tests.external_ids import ILL_FORMED_TEXT, WELL_FORMED
from metrics.api.explanation.serializers import ExplanationSerializer
from metrics.explanation.told import Code, Reason, in_order
from metrics.services.binding import bind_events
from metrics.services.meters import create_meter
from metrics.tests.sending import AT, event, moment, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db

NO_ID = "01980000-0000-7000-8000-000000000000"


def explained(api: Server, **asked: Any) -> dict[str, Any]:
    answer = api("GET", f"/v1/events/explain?{urlencode(asked)}")
    assert answer.status == 200, answer.body
    assert set(answer.json) == set(ExplanationSerializer().fields)
    return answer.json


def codes(found: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in found["reasons"]]


def detail(found: dict[str, Any], code: str) -> str:
    [said] = [reason["detail"] for reason in found["reasons"] if reason["code"] == code]
    return said


def without_meters(found: dict[str, Any]) -> list[str]:
    return [code for code in codes(found) if not code.startswith("counted_by")]


class TestEvents:
    def of(self, api: Server, external_id: str = "a") -> dict[str, Any]:
        return explained(api, external_id=external_id)

    def test_whose_the_id_was_when_it_arrived(self, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event(external_id="a", timestamp=AT))
        found = self.of(api)
        assert (found["about"], found["status"]) == ("event", "counted")
        assert codes(found) == ["happened", "arrived", "held_on_arrival", "counted_by_no_meter"]
        assert found["customer"] == {
            "id": str(customer.id),
            "external_customer_id": "cust_1",
            "deleted_at": None,
        }
        assert found["event"]["external_id"] == "a"
        assert (found["duplicates"], found["near_matches"]) == (None, [])
        assert explained(api, event_id=found["event"]["id"]) == found

    @pytest.mark.parametrize(
        ("zone", "at", "day", "in_words"),
        [
            ("UTC", "2026-01-31T23:30:00Z", "2026-01-31", "January 31, 2026 in the time zone UTC"),
            ("Europe/Berlin", "2026-01-31T23:30:00Z", "2026-02-01", "February 1, 2026"),
            ("America/New_York", "2026-07-01T03:30:00Z", "2026-06-30", "June 30, 2026"),
        ],
    )
    def test_the_day_in_which_it_counts(
        self, zone: str, at: str, day: str, in_words: str, api: Server, organization: Organization
    ) -> None:
        Organization.objects.filter(id=organization.id).update(time_zone=zone)
        send(organization, event(external_id="a", timestamp=at))
        found = self.of(api)
        assert found["day"] == day
        assert in_words in detail(found, "happened")
        assert "days later" in detail(found, "happened")

    def test_one_that_came_at_once_is_not_called_late(self, api: Server, organization: Organization) -> None:
        send(organization, event(external_id="a"))
        assert "later" not in detail(self.of(api), "happened")

    def test_it_named_its_customer_by_our_id(self, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        send(organization, event(None, customer_id=str(customer.id), external_id="a", timestamp=AT))
        found = self.of(api)
        assert found["status"] == "counted"
        assert codes(found) == ["happened", "arrived", "named_by_customer_id", "counted_by_no_meter"]
        assert found["external_customer_id"] is None

    def test_it_waits(self, api: Server, organization: Organization) -> None:
        near = create_customer(organization=organization, external_customer_id="CUST_1")
        send(organization, event(external_id="a", timestamp=AT))
        found = self.of(api)
        assert (found["status"], found["customer"]) == ("waiting", None)
        assert without_meters(found) == ["happened", "arrived", "waited", "still_waits", "near_match"]
        assert found["near_matches"] == [
            {"customer_id": str(near.id), "external_customer_id": "CUST_1", "reason": "letter_case"}
        ]
        assert "“CUST_1”, the same letters in another case" in detail(found, "near_match")

    def test_it_waits_since_the_holder_was_deleted_before(
        self, api: Server, organization: Organization
    ) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        delete_customer(customer=customer)
        send(organization, event(external_id="a"))
        assert without_meters(self.of(api)) == [
            "earlier_holder",
            "happened",
            "arrived",
            "waited",
            "still_waits",
        ]

    def test_it_waited_and_was_bound(self, api: Server, organization: Organization) -> None:
        send(organization, event(external_id="a", timestamp=AT))
        customer = create_customer(organization=organization)
        update_customer(customer=customer, external_customer_id="cust_1")
        found = self.of(api)
        assert (found["status"], found["customer"]["id"]) == ("being_bound", str(customer.id))
        assert without_meters(found) == ["happened", "arrived", "waited", "got_the_id", "being_bound"]
        bind_events(organization_id=organization.id)
        found = self.of(api)
        assert found["status"] == "counted"
        assert without_meters(found) == ["happened", "arrived", "waited", "got_the_id", "bound"]
        moments = [reason["at"] for reason in found["reasons"][:-1]]
        assert None not in moments
        assert moments == sorted(moments)

    def test_its_customer_was_deleted_and_another_has_the_id(
        self, api: Server, organization: Organization
    ) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event(external_id="a", timestamp=AT))
        delete_customer(customer=customer)
        found = self.of(api)
        assert (found["status"], found["customer"]["id"]) == ("counted", str(customer.id))
        assert found["customer"]["deleted_at"] is not None
        assert without_meters(found) == ["happened", "arrived", "held_on_arrival", "customer_deleted"]
        create_customer(organization=organization, external_customer_id="cust_1")
        found = self.of(api)
        assert without_meters(found)[-2:] == ["customer_deleted", "held_by_another"]
        assert "inherits nothing" in detail(found, "held_by_another")

    def test_its_customer_was_erased(self, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id="ann@example.com")
        send(organization, event("ann@example.com", external_id="a", timestamp=AT))
        delete_customer(customer=customer, anonymize=True)
        answer = api("GET", "/v1/events/explain?external_id=a")
        assert b"ann@example.com" not in answer.body
        assert without_meters(answer.json) == ["happened", "arrived", "held_on_arrival", "customer_deleted"]
        assert "has been erased" in detail(answer.json, "arrived")

    def test_it_was_sent_again(self, api: Server, organization: Organization) -> None:
        sent = event(external_id="a", timestamp=AT)
        for _ in range(3):
            send(organization, sent)
        found = self.of(api)
        assert (found["duplicates"]["count"], found["duplicates"]["differences"]) == (2, [])
        assert without_meters(found)[-1] == "still_waits"
        assert "sent again twice" in detail(found, "sent_again")
        assert "said_otherwise" not in without_meters(found)

    def test_it_was_sent_again_and_said_otherwise(self, api: Server, organization: Organization) -> None:
        send(organization, event("cust_1", external_id="a", timestamp=AT))
        send(organization, event("cust_2", external_id="a", timestamp=AT, name="other"))
        found = self.of(api)
        assert found["duplicates"]["differences"] == ["name", "external_customer_id"]
        assert found["duplicates"]["external_customer_id"] == "cust_2"
        said = detail(found, "said_otherwise")
        assert "it had another name and another external customer ID (as the event of “cust_2”)" in said

    def test_which_meters_count_it(self, api: Server, organization: Organization) -> None:
        send(organization, event(name="call", external_id="a", timestamp=AT))
        made = [
            create_meter(organization=organization, name=f"M{number}", function="count", event_name="call")
            for number in range(7)
        ]
        create_meter(organization=organization, name="Logins", function="count", event_name="login")
        found = self.of(api)
        assert found["meters"] == [{"id": str(meter.id), "name": meter.name} for meter in made]
        said = detail(found, "counted_by_meter")
        assert said.startswith("The meters “M0”, “M1”, “M2”, “M3”, “M4” and 2 more count it,")

    def test_there_is_none(self, api: Server, organization: Organization, stranger: Organization) -> None:
        send(stranger, event(external_id="theirs"))
        foreign = str(stored(stranger)[0].id)
        for asked in ({"external_id": "theirs"}, {"event_id": foreign}, {"event_id": NO_ID}):
            found = explained(api, **asked)
            assert (found["status"], found["event"], codes(found)) == ("unknown", None, ["never_stored"])
        missing, of_others = (explained(api, event_id=identity) for identity in (NO_ID, foreign))
        assert missing == of_others

    @pytest.mark.parametrize("asked", ["call-1", "CALL-1 ", "ＣALL-1", "call-1\u200b"])
    def test_one_that_is_nearly_the_same(self, asked: str, api: Server, organization: Organization) -> None:
        send(organization, event(external_id="Call-1"), event(external_id="other"))
        found = explained(api, external_id=asked)
        assert (found["status"], found["near_event_ids"]) == ("unknown", ["Call-1"])
        assert codes(found) == ["never_stored", "near_event"]


class TestExternalCustomerIDs:
    def of(self, api: Server, own_id: str = "cust_1") -> dict[str, Any]:
        return explained(api, external_customer_id=own_id)

    @pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
    def test_every_well_formed_id(self, own_id: str, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization, external_customer_id=own_id)
        send(organization, event(own_id))
        found = self.of(api, own_id)
        assert (found["about"], found["status"], found["problem"]) == ("external_customer_id", "held", None)
        assert (found["external_customer_id"], found["customer"]["id"]) == (own_id, str(customer.id))
        assert [row["external_customer_id"] for row in found["last_events"]] == [own_id]
        assert found["near_matches"] == []

    @pytest.mark.parametrize(
        ("own_id", "code"),
        [
            case
            for case in ILL_FORMED_TEXT.values()
            if case[0] and "\x00" not in case[0] and not any("\ud800" <= one <= "\udfff" for one in case[0])
        ],
    )
    def test_every_ill_formed_one_is_explained(self, own_id: str, code: str, api: Server) -> None:
        found = self.of(api, own_id)
        assert (found["status"], found["problem"], found["external_customer_id"]) == (
            "ill_formed",
            code,
            own_id,
        )
        assert "is refused" in detail(found, "ill_formed")

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            (" cust_é", "white_space"),
            ("cust_\u200bé", "invisible_character"),
            ("cust_e\u0301", "normalization_form"),
            (" CUST_É", "letter_case"),
            ("CUST_É", "letter_case"),
            ("ｃust_é", "compatibility_form"),
        ],
    )
    def test_who_nearly_has_it(
        self, asked: str, reason: str, api: Server, organization: Organization
    ) -> None:
        customer = create_customer(organization=organization, external_customer_id="cust_é")
        found = self.of(api, asked)
        assert found["near_matches"] == [
            {"customer_id": str(customer.id), "external_customer_id": "cust_é", "reason": reason}
        ]
        assert codes(found)[-1] == "near_match"

    def test_nobody_and_nothing(self, api: Server, stranger: Organization) -> None:
        create_customer(organization=stranger, external_customer_id="cust_1")
        send(stranger, event("cust_1"))
        found = self.of(api)
        assert (found["status"], found["customer"], found["unmatched"]) == ("unheld", None, None)
        assert codes(found) == ["unheld", "no_events"]

    def test_events_wait(self, api: Server, organization: Organization) -> None:
        send(organization, event(name="a", timestamp=AT), event(name="b", timestamp="2026-02-01T00:00:00Z"))
        found = self.of(api)
        assert found["status"] == "waiting"
        assert (found["unmatched"]["count"], found["unmatched"]["first_seen"]) == (2, AT)
        assert [row["name"] for row in found["last_events"]] == ["b", "a"]
        assert codes(found) == ["events_wait", "last_event", "unheld"]
        assert "2 events wait under this ID, of “a” and “b”" in detail(found, "events_wait")

    def test_who_holds_it_and_since_when(self, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        update_customer(customer=customer, external_customer_id="cust_1")
        update_customer(customer=customer, name="Ann")
        for day, change in enumerate(CustomerChange.objects.order_by("pgh_id"), start=1):
            CustomerChange.objects.filter(pgh_id=change.pgh_id).update(
                pgh_created_at=f"2026-01-0{day}T00:00Z"
            )
        found = self.of(api)
        assert codes(found) == ["held", "no_events"]
        assert found["reasons"][0]["at"] == "2026-01-02T00:00:00Z"

    def test_what_waited_is_the_holders_at_once(self, api: Server, organization: Organization) -> None:
        send(organization, event(external_id="a"))
        create_customer(organization=organization, external_customer_id="cust_1")
        found = self.of(api)
        assert (found["status"], found["unmatched"]) == ("held", None)
        assert [row["external_id"] for row in found["last_events"]] == ["a"]

    def test_earlier_holders_keep_what_is_theirs(self, api: Server, organization: Organization) -> None:
        for number in range(2):
            customer = create_customer(organization=organization, external_customer_id="cust_1")
            if number:
                send(organization, event())
            delete_customer(customer=customer)
        found = self.of(api)
        assert found["status"] == "unheld"
        assert [row["events"] for row in found["earlier_holders"]] == [1, 0]
        assert found["earlier_holders"][0]["customer_id"] == str(customer.id)
        assert found["earlier_holders"][0]["has_more_events"] is False
        assert found["last_events"] == []
        assert codes(found) == ["earlier_holder", "earlier_holder", "unheld", "no_events"]

    def test_their_events_are_counted_to_a_limit(
        self, api: Server, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("metrics.explanation.of_customer_ids.CAP", 2)
        customer = create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, *[event() for _ in range(3)])
        delete_customer(customer=customer)
        found = self.of(api)
        [earlier] = found["earlier_holders"]
        assert (earlier["events"], earlier["has_more_events"]) == (2, True)
        assert "2+ events stay" in detail(found, "earlier_holder")

    @pytest.mark.parametrize("sent", ["CUST_1", "Cust_1", "ｃust_1"])
    def test_what_waits_nearby(self, sent: str, api: Server, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event(sent), event("another"))
        found = self.of(api)
        if sent == "ｃust_1":  # which nobody derives from the other
            assert found["near_waiting"] == []
            return
        assert [(row["external_customer_id"], row["count"]) for row in found["near_waiting"]] == [(sent, 1)]
        assert f"1 event waits under “{sent}”" in detail(found, "waiting_nearby")

    def test_what_was_sent_again_under_it(self, api: Server, organization: Organization) -> None:
        create_customer(organization=organization, external_customer_id="cust_1")
        send(organization, event("cust_2", external_id="a"))
        send(organization, event("cust_1", external_id="a"))
        found = self.of(api)
        [again] = found["sent_again"]
        assert (again["external_id"], again["external_customer_id"]) == ("a", "cust_2")
        assert "had come first under “cust_2”" in detail(found, "sent_again_under")

    def test_what_became_its_own_is_not_anothers(self, api: Server, organization: Organization) -> None:
        customer = create_customer(organization=organization)
        send(organization, event(None, customer_id=str(customer.id), external_id="a"))
        send(organization, event("cust_1", external_id="a"))
        assert len(self.of(api)["sent_again"]) == 1
        update_customer(customer=customer, external_customer_id="cust_1")
        assert self.of(api)["sent_again"] == []


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ("", "event_id", "exactly_one"),
        (f"event_id={NO_ID}&external_id=a", "event_id", "exactly_one"),
        ("external_id=a&external_customer_id=a", "event_id", "exactly_one"),
        ("event_id=a", "event_id", "invalid"),
        ("external_id=", "external_id", "blank"),
        ("external_customer_id=%00", "external_customer_id", "forbidden_character"),
        ("external_id=a&external_id=b", "external_id", "repeated_parameter"),
        ("customer_id=a", "customer_id", "unknown_parameter"),
    ],
)
def test_what_is_no_question(query: str, attr: str, code: str, api: Server) -> None:
    answer = api("GET", f"/v1/events/explain?{query}")
    assert (answer.status, answer.code, answer.attr) == (400, code, attr)


def test_it_costs_the_same_however_much_there_is(api: Server, organization: Organization) -> None:
    explained(api, external_customer_id="cust_1")  # which notes the token's use
    counts: dict[str, list[int]] = {"event": [], "customer": []}
    for size in (1, 30):
        for number in range(size):
            gone = create_customer(organization=organization, external_customer_id="cust_1")
            send(organization, event(), event("CUST_1"))
            delete_customer(customer=gone)
            send(organization, event("other", external_id=f"{size}-{number}"))
            send(organization, event("cust_1", external_id=f"{size}-{number}"))
        for about, asked in (
            ("event", {"external_id": f"{size}-0"}),
            ("customer", {"external_customer_id": "cust_1"}),
        ):
            with CaptureQueriesContext(connection) as captured:
                explained(api, **asked)
            counts[about].append(len(captured))
    assert counts["event"][0] == counts["event"][1] <= 7
    assert counts["customer"][0] == counts["customer"][1] <= 10


def test_reasons_stand_in_the_order_of_what_happened() -> None:
    first, later, now = (
        Reason(Code.HAPPENED, "", moment("2026-01-01T00:00:00+00:00")),
        Reason(Code.ARRIVED, "", moment("2026-01-02T00:00:00+00:00")),
        Reason(Code.STILL_WAITS, ""),
    )
    assert in_order([now, later, first]) == [first, later, now]
