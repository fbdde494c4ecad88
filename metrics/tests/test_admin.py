"""Events in the administration: found by whole IDs, read with what happened to them, never written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.services import create_customer, delete_customer
from customers.tests.dashboard import text
from metrics.models import Event, EventName, Meter, UnmatchedID
from metrics.services.binding import bind_events
from metrics.services.meters import create_meter, update_meter
from metrics.tests.sending import AT, event, send, stored
from organizations.models import Organization
from organizations.tests.administration import page, superuser
from organizations.tests.people import client_of, person

EVENT, UNMATCHED, NAME = "metrics.event", "metrics.unmatchedid", "metrics.eventname"
METER = "metrics.meter"


@pytest.fixture
def browser(db: None) -> Client:
    return client_of(superuser())


def found(browser: Client, label: str, **query: Any) -> list[Any]:
    answer = browser.get(page(label, "changelist"), query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_an_event_is_found_by_everything_that_names_it(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    customer = create_customer(
        organization=organization, external_customer_id="cust_1", email="Ada@example.com"
    )
    send(organization, event(external_id="call-1"), event("other"), event("third", external_id="x"))
    send(stranger, event("cust_2", external_id="call-1"))
    mine, theirs = stored(organization)[0], stored(stranger)[0]
    for asked in (str(mine.id), mine.id.hex, "cust_1", " cust_1 ", str(customer.id), "ada@example.com"):
        assert found(browser, EVENT, q=asked) == [mine], asked
    assert set(found(browser, EVENT, q="call-1")) == {mine, theirs}
    assert found(browser, EVENT, q="cust_2") == [theirs]
    for asked in ("call", "CUST_1", "x" * 300):
        assert found(browser, EVENT, q=asked) == [], asked


def test_what_waited_is_found_with_its_customer(browser: Client, organization: Organization) -> None:
    send(organization, event(), event())
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    waited = set(stored(organization))
    assert set(found(browser, EVENT, q=str(customer.id))) == waited
    [row] = found(browser, UNMATCHED, q=str(customer.id))
    assert set(found(browser, EVENT, q=str(row.id))) == waited
    bind_events(organization_id=organization.id)
    assert set(found(browser, EVENT, q="cust_1")) == waited


def test_of_a_customer_the_latest_events_are_found(
    browser: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metrics.admin.finding.MOST_EVENTS", 2)
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, *[event(timestamp=f"2026-01-0{day}T00:00:00Z") for day in (1, 2, 3)])
    days = {row.timestamp.day for row in found(browser, EVENT, q=str(customer.id))}
    assert days == {2, 3}


def test_an_organizations_events_are_in_the_order_in_which_they_happened(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    send(
        organization, event(name="late", timestamp="2026-02-01T00:00:00Z"), event(name="early", timestamp=AT)
    )
    send(stranger, event(name="theirs"))
    assert [row.name.name for row in found(browser, EVENT)] == ["theirs", "early", "late"]
    rows = found(browser, EVENT, organization=organization.slug)
    assert [row.name.name for row in rows] == ["late", "early"]


def test_the_page_of_an_event_says_why(browser: Client, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="CUST_1")
    send(organization, event(external_id="a", metadata={"model": "large"}))
    send(organization, event("cust_2", external_id="a"))
    said = text(browser.get(page(EVENT, "change", stored(organization)[0].id)))
    for part in (
        "“CUST_1”, the same letters in another case",
        "it had another external customer ID",
        "large",
    ):
        assert part in said, part


def test_a_deleted_customer_is_marked(browser: Client, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, event())
    delete_customer(customer=customer)
    assert "Deleted" in text(browser.get(page(EVENT, "changelist")))
    assert found(browser, EVENT, q="cust_1") == stored(organization)


def test_what_events_wait_under(browser: Client, organization: Organization) -> None:
    near = create_customer(organization=organization, external_customer_id="CUST_1")
    send(organization, event(name="call"), event("cust_2"))
    create_customer(organization=organization, external_customer_id="cust_2")
    [row] = found(browser, UNMATCHED, q="cust_1")
    assert found(browser, UNMATCHED, waiting="true") == [row]
    assert [other.external_customer_id for other in found(browser, UNMATCHED, waiting="false")] == ["cust_2"]
    answer = browser.get(page(UNMATCHED, "change", row.id))
    assert f"/admin/customers/customer/{near.id}/change/" in answer.content.decode()
    assert "CUST_1 (the same letters in another case)" in text(answer)


def test_names(browser: Client, organization: Organization) -> None:
    send(organization, event(name="call"), event(name="login"))
    [row] = found(browser, NAME, q="ca")
    assert "call" in text(browser.get(page(NAME, "change", row.id)))
    assert found(browser, NAME, q="CA") == []


def test_meters(browser: Client, organization: Organization, stranger: Organization) -> None:
    made = {"function": "sum", "property_name": "tokens", "event_metadata": {"model": "<b>"}}
    mine = create_meter(organization=organization, name="Tokens", **made)
    theirs = update_meter(
        meter=create_meter(organization=stranger, name="Tokens, old", function="count"), archived=True
    )
    assert set(found(browser, METER, q="Tok")) == {mine, theirs}
    for asked in (str(mine.id), mine.id.hex):
        assert found(browser, METER, q=asked) == [mine]
    assert found(browser, METER, q="tok") == []
    assert found(browser, METER, archived="true") == [theirs]
    assert found(browser, METER, organization=organization.slug) == [mine]
    said = " ".join(text(browser.get(page(METER, "change", mine.id))).split())
    assert 'Sum of tokens over events of any name whose model is "<b>"' in said


@pytest.mark.parametrize("label", [EVENT, UNMATCHED, NAME, METER])
def test_nothing_is_written(label: str, browser: Client, organization: Organization) -> None:
    send(organization, event())
    create_meter(organization=organization, name="Calls", function="count")
    models = {EVENT: Event, UNMATCHED: UnmatchedID, NAME: EventName, METER: Meter}
    row = models[label].objects.get()
    before = vars(row).copy()
    before.pop("_state")
    for address in (page(label, "change", row.pk), page(label, "add"), page(label, "delete", row.pk)):
        assert browser.post(address, {"name": "x", "count": 7}).status_code == 403, address
    assert browser.get(page(label, "changelist")).status_code == 200
    assert browser.get(page(label, "change", row.pk)).status_code == 200
    row.refresh_from_db()
    assert {name: value for name, value in vars(row).items() if name in before} == before


@pytest.mark.parametrize("label", [EVENT, UNMATCHED, NAME])
def test_it_is_supports_alone(label: str, organization: Organization) -> None:
    assert client_of(person()).get(page(label, "changelist")).status_code in (302, 403)


@pytest.mark.parametrize("label", [EVENT, UNMATCHED, NAME])
@pytest.mark.parametrize("query", [{}, {"q": "cust_1"}])
def test_a_list_costs_the_same_at_any_length(
    label: str, query: dict[str, str], browser: Client, organization: Organization
) -> None:
    counts = []
    for size in (1, 30):
        send(organization, *[event("cust_1", name=f"n{number}") for number in range(size)])
        send(organization, *[event(f"other_{number}") for number in range(size)])
        found(browser, label, **query)
        with CaptureQueriesContext(connection) as captured:
            found(browser, label, **query)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16
