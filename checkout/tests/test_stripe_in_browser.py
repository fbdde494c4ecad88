"""Paying with Stripe in a real browser. Stripe's script is stood in for by a few lines that do what it is documented
to do: mount a field, and give an ID for the card."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from checkout.links import page_path
from checkout.models import CheckoutSession
from checkout.tests.factories import a_session
from checkout.tests.stripe_stand_in import AUTHENTICATION, VISA, StripeStandIn, paid_by_stripe
from organizations.models import Organization
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import OWNER, person
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = """
window.Stripe = (key) => ({
  elements: () => ({
    create: (kind) => ({
      mount: (place) => { document.querySelector(place).textContent = `${kind} field for ${key}`; },
      on: () => {},
    }),
  }),
  createPaymentMethod: async ({ billing_details: { email } }) =>
    email === "bad@example.com"
      ? { error: { message: "Your card number is incomplete." } }
      : { paymentMethod: { id: "%s" } },
});
"""


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def session(organization: Organization, stand_in: StripeStandIn) -> CheckoutSession:
    paid_by_stripe(organization)
    return a_session(organization)


def open_with_script(open_page: OpenPage, session: CheckoutSession, card: str, **how: object) -> Page:
    page = open_page("/checkout/nothing", **how)
    page.context.route(
        "https://js.stripe.com/v3/",
        lambda route: route.fulfill(body=SCRIPT % card, content_type="text/javascript"),
    )
    page.goto(page_path(session.id))
    return page


def press_pay(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Pay 30.00 USD").click()


def test_the_cards_number_goes_to_stripe_alone(
    open_page: OpenPage, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    page = open_with_script(open_page, session, VISA, width=NARROW)
    expect(page.locator("#card")).to_have_text("card field for pk_test_standin")
    press_pay(page, "bad@example.com")
    expect(page.get_by_role("alert")).to_have_text("Your card number is incomplete.")
    expect(page.get_by_role("button", name="Pay 30.00 USD")).to_be_enabled()
    assert stand_in.requests == []
    press_pay(page, "ada@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    session.refresh_from_db()
    assert (session.status, session.customer_email) == ("complete", "ada@example.com")


def test_a_step_at_the_bank_and_back(
    open_page: OpenPage, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    page = open_with_script(open_page, session, AUTHENTICATION)
    press_pay(page, "ada@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your bank asks for one more step")
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    expect(page).to_have_url(re.compile(re.escape(page_path(session.id)) + "$"))
    assert stand_in.charged == ["pi_1"]


def test_without_javascript_the_page_says_what_it_takes(
    open_page: OpenPage, session: CheckoutSession
) -> None:
    page = open_page(page_path(session.id), java_script=False, width=NARROW)
    expect(page.get_by_text("Paying by card needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Pay 30.00 USD")).to_be_hidden()
    assert_fits(page)


def test_a_script_that_does_not_come(open_page: OpenPage, session: CheckoutSession) -> None:
    page = open_page("/checkout/nothing", allowing="js.stripe.com|ERR_FAILED")
    page.context.route("https://js.stripe.com/**", lambda route: route.abort())
    page.goto(page_path(session.id))
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded from Stripe")
    expect(page.get_by_role("button", name="Pay 30.00 USD")).to_be_disabled()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_pages_are_accessible_and_fit(
    open_page: OpenPage, organization: Organization, session: CheckoutSession, width: int, color_scheme: str
) -> None:
    how = {"width": width, "color_scheme": color_scheme}
    pages = [open_with_script(open_page, session, VISA, **how)]
    pages.append(open_page("/o/acme/payments", person(OWNER, organization), **how))
    for page in pages:
        assert_accessible(page)
        assert_fits(page)
