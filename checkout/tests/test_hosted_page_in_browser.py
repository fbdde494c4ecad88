"""Paying in a real browser: on a desk and on a telephone, light and dark, with JavaScript and without, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from checkout.links import page_path
from checkout.models import CheckoutSession
from checkout.tests.factories import a_session, lapse
from organizations.models import Organization
from organizations.tests.factories import OrganizationFactory
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_script = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])

SUCCEEDS, DECLINED, NEEDS_STEP = "4242424242424242", "4000000000000002", "4000002500003155"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def session(organization: Organization, live_server: object) -> CheckoutSession:
    return a_session(organization, cancel_url=f"{live_server.url}/login?cart")


def fill_in(page: Page, card: str) -> None:
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label(re.compile("^Name")).fill("Ada")
    page.get_by_label("Card number", exact=True).fill(card)


def press_pay(page: Page) -> None:
    page.get_by_role("button", name="Pay 30.00 USD").click()


@with_and_without_script
def test_a_declined_card_and_then_another(
    open_page: OpenPage, session: CheckoutSession, java_script: bool
) -> None:
    page = open_page(page_path(session.id), java_script=java_script, width=NARROW)
    fill_in(page, DECLINED)
    press_pay(page)
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.com")
    expect(page.get_by_label(re.compile("^Name"))).to_have_value("Ada")
    expect(page.get_by_label("Card number", exact=True)).to_have_value("")
    page.get_by_label("Card number", exact=True).fill(SUCCEEDS)
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    page.go_back()
    page.reload()
    session.refresh_from_db()
    assert session.status == "complete"


@with_and_without_script
def test_one_more_step_and_on_to_the_shop(
    open_page: OpenPage, organization: Organization, live_server: object, java_script: bool
) -> None:
    session = a_session(organization, success_url=f"{live_server.url}/login?paid={{CHECKOUT_SESSION_ID}}")
    page = open_page(page_path(session.id), java_script=java_script)
    fill_in(page, NEEDS_STEP)
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm the payment")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert")).to_contain_text("was not confirmed")
    page.get_by_label("Card number", exact=True).fill(NEEDS_STEP)
    press_pay(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    expect(page.get_by_role("link", name="Back to Acme Inc")).to_have_attribute(
        "href", f"{live_server.url}/login?paid={session.id}"
    )
    page.wait_for_url(f"**/login?paid={session.id}", timeout=15_000)  # by itself
    assert page.evaluate("document.referrer") == "" if java_script else True


def test_by_keyboard_alone(open_page: OpenPage, session: CheckoutSession) -> None:
    page = open_page(page_path(session.id))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Cancel and go back")).to_be_focused()
    for typed in ("ada@example.com", "Ada", SUCCEEDS):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pay 30.00 USD")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")


def test_leaving_without_paying(open_page: OpenPage, session: CheckoutSession) -> None:
    page = open_page(page_path(session.id))
    page.get_by_role("link", name="Cancel and go back").click()
    expect(page).to_have_url(re.compile(r"/login\?cart$"))
    assert page.evaluate("document.referrer") == ""
    session.refresh_from_db()
    assert session.status == "open"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, organization: Organization, session: CheckoutSession, width: int, color_scheme: str
) -> None:
    how = {"width": width, "color_scheme": color_scheme}
    many = [
        {"price_data": {"name": f"{LONG} {n}", "unit_amount": 10**10 + n, "currency": "usd"}, "quantity": 9}
        for n in range(30)
    ]
    crowded, under_way, paid, expired = (a_session(organization, items=many) for _ in range(4))
    lapse(expired)

    def right(page: Page, heading: str) -> Page:
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert_accessible(page)
        assert_fits(page)
        return page

    right(open_page(page_path(session.id), **how), "Pay 30.00 USD")
    page = open_page(page_path(crowded.id), **how)
    page.locator("summary").click()
    right(page, "Pay 27,000,000,039.15 USD")
    page.get_by_role("button", name="Pay").click()
    right(page, "Pay 27,000,000,039.15 USD")
    for unfinished, card, heading in (
        (under_way, NEEDS_STEP, "Confirm the payment"),
        (paid, SUCCEEDS, "Thank you"),
    ):
        page = open_page(page_path(unfinished.id), **how)
        fill_in(page, card)
        page.get_by_role("button", name="Pay").click()
        right(page, heading)
    right(open_page(page_path(under_way.id), **how), "one more step")
    under_way.payment_attempts.update(status="pending")
    right(open_page(page_path(under_way.id), **how), "We’re checking your payment")
    right(open_page(page_path(expired.id), **how), "This page has expired")
    right(open_page("/checkout/nothing", **how), "There is nothing here")
