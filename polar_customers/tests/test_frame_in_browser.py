"""The frame, logging in, and the developers' pages, as a person meets them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from customers.tests.factories import CustomerFactory
from organizations import services
from organizations.models import AccessToken, Organization, User
from organizations.tests.factories import OrganizationFactory, make_token
from organizations.tests.people import OWNER, PASSWORD, VIEWER, person
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_script = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])
in_both_themes = pytest.mark.parametrize("color_scheme", ["light", "dark"])
at_both_widths = pytest.mark.parametrize("width", [WIDE, NARROW])


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def owner(organization: Organization) -> User:
    """An owner who is staff of another, empty organization too."""
    user = person(OWNER, organization, email="owner@example.com", is_staff=True)
    empty = OrganizationFactory.create(slug="globex", name="Globex " + "Corporation " * 8)
    services.create_staff_user(email=user.email, organization=empty, role=VIEWER)
    return user


@pytest.fixture
def full(organization: Organization) -> Organization:
    """An organization with everything in it that is hard to show."""
    for own_id in ("cust_123", "x" * 255, "<b>&\"'", "客户-1", "שלום-7", "🦊", None):
        CustomerFactory.create(
            organization=organization, external_customer_id=own_id, name="W" * 256, email=None
        )
    used, _ = make_token(organization)
    AccessToken.objects.filter(pk=used.pk).update(name="T" * 128)
    services.revoke_token(token=make_token(organization)[0])
    return organization


PAGES = {
    "overview": "/o/acme/",
    "first steps": "/o/globex/",
    "tokens": "/o/acme/developers",
    "token form": "/o/acme/developers/tokens/new",
    "no ID": "/o/acme/developers/test-id",
    "a good ID": f"/o/acme/developers/test-id?external_customer_id={'x' * 255}",
    "a bad ID": "/o/acme/developers/test-id?external_customer_id=null",
    "not found": "/o/acme/developers/nothing",
    "not allowed": "/o/globex/developers/tokens/new",
    "password": "/password",
}


@in_both_themes
@at_both_widths
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, full: Organization, owner: User, color_scheme: str, width: int
) -> None:
    page = open_page("/", owner, color_scheme=color_scheme, width=width)
    token = AccessToken.objects.usable().get()
    for address in (*PAGES.values(), f"/o/acme/developers/tokens/{token.pk}/revoke"):
        page.goto(address)
        assert_accessible(page)
        assert_fits(page)
    page.goto("/o/acme/developers")
    page.get_by_text("Expired and revoked tokens", exact=True).click()
    assert_accessible(page)
    for menu in (".user-menu", ".switcher"):
        page.locator(f"{menu} summary").click()
        assert_accessible(page, within=menu)
        assert_fits(page)


@in_both_themes
@at_both_widths
def test_the_way_in_is_accessible_and_fits(
    open_page: OpenPage, organization: Organization, color_scheme: str, width: int
) -> None:
    membership, password = services.create_staff_user(
        email="new@example.com", organization=organization, role=OWNER
    )
    page = open_page("/login", color_scheme=color_scheme, width=width)
    for _ in range(2):
        assert_accessible(page)
        assert_fits(page)
        log_in(page, "new@example.com", "wrong")
        expect(page.get_by_role("alert")).to_contain_text("don't belong together")
    log_in(page, membership.user.email, str(password))
    expect(page.get_by_role("heading")).to_have_text("Choose a password")
    assert_accessible(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")
    assert_accessible(page)
    for _ in range(10):
        log_in(page, "nobody@example.com", "wrong")
    expect(page.get_by_role("heading")).to_have_text("Too many attempts")
    assert_accessible(page)


def log_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@with_and_without_script
def test_a_newcomer_gets_to_work(open_page: OpenPage, organization: Organization, java_script: bool) -> None:
    _, password = services.create_staff_user(email="new@example.com", organization=organization, role=OWNER)
    page = open_page("/o/acme/developers", java_script=java_script)
    log_in(page, "new@example.com", str(password))
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, again").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    expect(page).to_have_url(re.compile("/o/acme/developers$"))
    expect(page.get_by_role("status")).to_have_text("Your password is changed.")
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("Log in")


@with_and_without_script
def test_a_token_is_made_shown_once_and_revoked(
    open_page: OpenPage, organization: Organization, owner: User, java_script: bool
) -> None:
    page = open_page("/o/acme/developers", owner, java_script=java_script)
    page.get_by_role("main").get_by_role("link", name="Create token").first.click()
    page.get_by_label("Name", exact=True).fill("Web shop")
    page.get_by_label("Create, change and delete customers").uncheck()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading")).to_have_text("Copy the token now")
    assert_fits(page)
    secret = page.locator(".code code").inner_text()
    assert re.fullmatch(r"pct_[0-9A-Za-z]{38}", secret)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("created already")
    expect(page.get_by_role("table").first).to_contain_text("Web shop")
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke Web shop").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("status")).to_have_text("The token “Web shop” is revoked.")
    assert AccessToken.objects.get().is_revoked


def test_a_secret_is_copied_by_its_button(
    open_page: OpenPage, organization: Organization, owner: User
) -> None:
    page = open_page(
        "/o/acme/developers/tokens/new", owner, permissions=["clipboard-read", "clipboard-write"]
    )
    page.get_by_label("Name", exact=True).fill("Web shop")
    page.get_by_role("button", name="Create token").click()
    assert_accessible(page)
    secret = page.locator(".code code").inner_text()
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret


def test_without_a_script_no_button_pretends(open_page: OpenPage, full: Organization, owner: User) -> None:
    page = open_page("/o/acme/", owner, java_script=False)
    expect(page.locator("th .mono").first).to_be_visible()
    for button in page.locator(".needs-script").all():
        expect(button).to_be_hidden()


@with_and_without_script
def test_an_id_is_tested(
    open_page: OpenPage, organization: Organization, owner: User, java_script: bool
) -> None:
    CustomerFactory.create(organization=organization, external_customer_id="a/b c", name="Ada")
    page = open_page("/o/acme/developers/test-id", owner, java_script=java_script)
    field, verdict = page.get_by_label("An ID from your system"), page.locator("#verdict")

    def try_id(own_id: str) -> None:
        field.fill(own_id)
        if not java_script:
            page.get_by_role("button", name="Test").click()

    try_id("a/b c")
    expect(verdict).to_contain_text("Well formed. 5 of at most 255 characters.")
    expect(verdict).to_contain_text("Ada")
    expect(verdict).to_contain_text("/v1/customers/external_id/a%2Fb%20c")
    expect(page).to_have_url(re.compile(r"external_customer_id=a%2Fb(\+|%20)c$"))
    try_id(" a")
    expect(verdict).to_contain_text("starts with white space")
    try_id("unknown")
    expect(verdict).to_contain_text("No customer of Acme Inc.")


def test_the_keyboard_reaches_everything(
    open_page: OpenPage, organization: Organization, owner: User
) -> None:
    page = open_page("/o/acme/developers", owner)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_role("searchbox")).to_have_value("a/b")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(page.locator(".user-menu summary")).to_be_focused()


@with_and_without_script
def test_an_organization_is_switched(
    open_page: OpenPage, organization: Organization, owner: User, java_script: bool
) -> None:
    page = open_page("/o/acme/", owner, java_script=java_script)
    page.locator(".switcher summary").click()
    page.locator(".switcher").get_by_role("link", name="Globex").click()
    expect(page).to_have_url(re.compile("/o/globex/$"))
    expect(page.locator(".switcher-role")).to_have_text("Viewer")


@with_and_without_script
def test_the_search_box_goes_straight_to_a_customer(
    open_page: OpenPage, organization: Organization, owner: User, java_script: bool
) -> None:
    found = CustomerFactory.create(organization=organization, external_customer_id="a/b?c#d 客户")
    page = open_page("/o/acme/developers", owner, java_script=java_script)
    box = page.get_by_role("searchbox")
    box.fill("a/b?c#d 客户")
    box.press("Enter")
    expect(page).to_have_url(re.compile(f"/o/acme/customers/{found.pk}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("a/b?c#d 客户")
    box.fill("nobody & no one")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/o/acme/customers\?search=nobody\+%26\+no\+one$"))
    expect(page.get_by_role("heading", name="No customer matches")).to_be_visible()


def test_an_ended_session_leads_to_the_login_and_back(
    open_page: OpenPage, organization: Organization, owner: User
) -> None:
    page = open_page("/o/acme/developers/test-id", owner)
    page.context.clear_cookies()
    page.get_by_label("An ID from your system").fill("cust_123")
    expect(page.get_by_role("heading")).to_have_text("Log in")
    log_in(page, owner.email, PASSWORD)
    expect(page).to_have_url(re.compile("/o/acme/developers/test-id$"))


def test_a_request_that_does_not_arrive_is_told(
    open_page: OpenPage, organization: Organization, owner: User
) -> None:
    page = open_page(
        "/o/acme/developers/test-id", owner, allowing="status of 500|Response Status Error Code 500"
    )
    page.route("**/test-id?*", lambda route: route.fulfill(status=500, body=""))
    page.get_by_label("An ID from your system").fill("cust_123")
    alert = page.get_by_role("alert").filter(has_text="That didn’t work.")
    expect(alert).to_be_visible()
    page.unroute("**/test-id?*")
    page.get_by_label("An ID from your system").fill("cust_1234")
    expect(alert).to_be_hidden()
