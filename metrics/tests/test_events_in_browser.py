"""Staff's pages about events in a browser: a list that follows what happens, the inbox, and what every page must be."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from customers.models import Customer
from customers.services import create_customer
from metrics.tests.sending import AT, event, send, stored
from organizations.models import Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import MEMBER, person
from polar_customers.tests.browser import NARROW, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = "/o/acme"
POLL_MS = 3_000


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def member(organization: Organization) -> User:
    return person(MEMBER, organization)


def test_a_live_list_shows_what_comes_while_somebody_looks(
    open_page: OpenPage, organization: Organization, member: User
) -> None:
    send(organization, event(name="old", timestamp=AT))
    page = open_page(f"{ROOT}/events", member)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "newer=" in request.url else None)
    page.clock.install()
    page.get_by_role("button", name="Live").click()
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")

    with page.expect_response(lambda response: "newer=" in response.url) as nothing:
        page.clock.run_for(POLL_MS)
    assert nothing.value.status == 204
    send(organization, event("cust_2", name="new"))
    with page.expect_response(lambda response: "newer=" in response.url):
        page.clock.run_for(POLL_MS)
    page.clock.run_for(100)  # htmx puts it in
    expect(page.locator("tbody th a")).to_have_text(["new", "old"])
    expect(page.locator("tr.is-new")).to_have_count(1)
    expect(page.locator("#arrived")).to_have_text("1 new event")

    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    before = len(asked)
    page.clock.run_for(POLL_MS * 5)
    assert len(asked) == before


def test_without_script_a_link_leads_to_what_is_newer(
    open_page: OpenPage, organization: Organization, member: User
) -> None:
    page = open_page(f"{ROOT}/events?name=call", member, java_script=False)
    expect(page.get_by_role("button", name="Live")).to_be_hidden()
    send(organization, event(name="call"), event(name="login"))
    page.get_by_role("link", name="Newer").click()
    expect(page.locator("tbody th a")).to_have_text(["call"])


@pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])
def test_an_id_in_another_case_is_recognized_and_another_one_made_a_customer(
    open_page: OpenPage, organization: Organization, member: User, java_script: bool
) -> None:
    create_customer(organization=organization, external_customer_id="cust_123")
    send(organization, event("CUST_123", external_id="call-1"), event("cust_124"))
    page = open_page(f"{ROOT}/events", member, java_script=java_script)
    page.get_by_role("link", name="Unmatched").click()
    expect(page.locator(".probably")).to_contain_text("cust_123")
    page.get_by_role("button", name="Create customer cust_124").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cust_124")
    expect(page.get_by_role("status").first).to_have_text(
        "The customer is created. 1 event that waited is theirs."
    )
    assert Customer.objects.filter(external_customer_id="cust_124").exists()
    page.get_by_role("link", name="Events", exact=True).first.click()
    page.get_by_role("link", name="Why is it missing?").click()
    page.get_by_label("Event’s own ID, event ID or external customer ID").fill("call-1")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".timeline")).to_contain_text("the same letters in another case")
    page.get_by_role("link", name="Open the event").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("call")


@pytest.mark.parametrize(
    "look",
    [{}, {"color_scheme": "dark"}, {"width": NARROW}],
    ids=["light", "dark", "narrow"],
)
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, organization: Organization, member: User, look: dict[str, Any]
) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_123")
    send(
        organization,
        event("cust_123", external_id="call-1", metadata={"model": "large", "n": 5}),
        event("CUST_123", name="a.very.long.name." * 5),
        event("w" * 255, name="x" * 255, external_id="y" * 255),
    )
    send(organization, event("cust_9", external_id="call-1"))
    page = open_page(f"{ROOT}/events", member, **look)
    for path in (
        "/events",
        "/events?live=on&name=call&happened_from=2020-01-01",
        "/events?external_customer_id=nobody",
        "/events/unmatched",
        "/events/unmatched?search=zzz",
        "/events/explain",
        "/events/explain?q=call-1",
        "/events/explain?q=cust_123",
        "/events/explain?q=cust_9",
        f"/events/explain?q={'w' * 255}",
        f"/events/{stored(organization)[2].id}",
        f"/customers/{customer.id}/events",
    ):
        page.goto(f"{ROOT}{path}")
        assert_accessible(page)
        assert_fits(page)
