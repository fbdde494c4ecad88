"""The inbox of events without a customer: what waits, who was probably meant, and one click that makes the customer."""

from __future__ import annotations

from typing import Any

import pytest

from customers.models import Customer
from customers.services import create_customer
from customers.tests.dashboard import Dashboard, text
from metrics.models import UnmatchedID
from metrics.tests.sending import event, send, stored
from organizations.models import Organization
from organizations.tests.people import MEMBER, VIEWER

pytestmark = pytest.mark.django_db

NASTY = ["<script>alert(\"1'</script>", "a/b?c#d&e", "שלום", "x" * 255, "{{ 7|add:7 }}"]

INBOX = "/events/unmatched"


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


def shown(answer: Any) -> list[str]:
    return [row.external_customer_id for row in answer.context["rows"]]


def create(member: Dashboard, own_id: str, **form: str) -> Any:
    return member.post(INBOX, {"external_customer_id": own_id, **form})


def test_when_every_event_has_its_customer_it_says_so(member: Dashboard, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    send(organization, event("cust_1"))
    assert "Every event has its customer" in text(member.get(INBOX))


def test_it_shows_what_waits_and_who_was_probably_meant(
    member: Dashboard, organization: Organization, stranger: Organization
) -> None:
    send(stranger, event("theirs"))
    held = create_customer(organization=organization, external_customer_id="cust_123")
    send(organization, event("CUST_123", name="login"), event("CUST_123", name="call"), event("other"))
    page = member.get(INBOX)
    assert sorted(shown(page)) == ["CUST_123", "other"]
    said = text(page)
    assert "Probably meant cust_123" in said
    assert "the same letters in another case" in said
    assert "call, login" in said
    assert f'href="{member.root}/customers/{held.id}"' in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["b", "aa", "a"]),
        ("ordering=-count", ["a", "aa", "b"]),
        ("ordering=external_customer_id", ["a", "aa", "b"]),
        ("search=a", ["aa", "a"]),
        ("search=A", []),
        ("search=a%25", []),
        ("ordering=names", ["b", "aa", "a"]),
    ],
)
def test_it_is_sorted_and_searched(
    query: str, found: list[str], member: Dashboard, organization: Organization
) -> None:
    for own_id, count, day in (("a", 3, 1), ("aa", 2, 2), ("b", 1, 3)):
        send(organization, *[event(own_id, timestamp=f"2026-01-0{day}T00:00:00Z")] * count)
    assert shown(member.client.get(f"{member.root}{INBOX}?{query}")) == found


@pytest.mark.parametrize("own_id", NASTY)
def test_one_click_creates_the_customer_and_gives_them_what_waited(
    own_id: str, member: Dashboard, organization: Organization, run_tasks: Any
) -> None:
    send(organization, event(own_id), event(own_id))
    answer = create(member, own_id)
    customer = Customer.objects.get(external_customer_id=own_id)
    assert answer.url == f"{member.root}/customers/{customer.id}"
    assert "2 events that waited are theirs" in text(member.client.get(answer.url))
    assert shown(member.get(INBOX)) == []
    run_tasks()
    assert [found.customer for found in stored(organization)] == [customer] * 2


def test_it_leads_back_to_the_list_as_it_was(member: Dashboard) -> None:
    answer = create(member, "gone", back="search=a&ordering=-count")
    assert answer.url == f"{member.root}{INBOX}?search=a&ordering=-count"
    assert "Nothing waits under this ID any more" in text(member.client.get(answer.url))


def test_somebody_else_was_faster(member: Dashboard, organization: Organization) -> None:
    send(organization, event("cust_1"))
    holder = create_customer(organization=organization, external_customer_id="cust_1")
    answer = create(member, "cust_1")
    assert answer.url == f"{member.root}/customers/{holder.id}"
    assert "Somebody else has created this customer" in text(member.client.get(answer.url))


def test_somebody_else_is_faster_at_the_last_moment(
    member: Dashboard, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(organization, event("cust_1"))

    def create_after_another(**fields: Any) -> Customer:
        create_customer(**fields)
        return create_customer(**fields)

    monkeypatch.setattr("metrics.views.unmatched.create_customer", create_after_another)
    answer = create(member, "cust_1")
    holder = Customer.objects.get(external_customer_id="cust_1")
    assert answer.url == f"{member.root}/customers/{holder.id}"
    assert "just created" in text(member.client.get(answer.url))


@pytest.mark.parametrize("own_id", ["", "null", " a", "a\0b", "x" * 300])
def test_what_nothing_can_wait_under(own_id: str, member: Dashboard) -> None:
    assert create(member, own_id).url == f"{member.root}{INBOX}"
    assert not Customer.objects.exists()


def test_nothing_is_created_for_ids_that_only_another_organization_waits_for(
    member: Dashboard, stranger: Organization
) -> None:
    send(stranger, event("theirs"))
    create(member, "theirs")
    assert not Customer.objects.exists()
    assert UnmatchedID.objects.get().customer is None


def test_a_viewer_sees_and_does_not_create(organization: Organization) -> None:
    viewer = Dashboard(organization, VIEWER)
    send(organization, event("cust_1"))
    page = viewer.get(INBOX)
    assert shown(page) == ["cust_1"]
    assert "Create customer" not in text(page)
    assert create(viewer, "cust_1").status_code == 403
    assert not Customer.objects.exists()
