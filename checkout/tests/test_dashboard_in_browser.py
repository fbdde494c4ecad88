"""The main paths through staff's pages about selling, with JavaScript and without, and what every page must be."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from checkout.models import CheckoutSession, PaymentAttempt, Product
from checkout.secrets import client_secret
from checkout.services.moves import begin_payment, complete_session, expire_session, reopen_session
from checkout.services.products import update_product
from checkout.tests.factories import BOX, a_product, a_session, paid
from customers import services
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from organizations.models import Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import MEMBER, OWNER, person
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_script = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])

ROOT = "/o/acme"


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def member(organization: Organization) -> User:
    return person(MEMBER, organization)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    return CustomerFactory.create(
        organization=organization, external_customer_id="cust_123", name="Ada", email="ada@example.com"
    )


def box(page: Page, label: str) -> Locator:
    return page.get_by_role("main").get_by_label(re.compile(f"^{label}"))


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).last.click()


@with_and_without_script
def test_a_product_is_made_corrected_and_archived(
    open_page: OpenPage, member: User, java_script: bool
) -> None:
    page = open_page(f"{ROOT}/products", member, java_script=java_script)
    page.get_by_role("link", name="Create product").first.click()
    box(page, "Name").fill("Plan")
    box(page, "Price").fill("1,5")
    press(page, "Create product")
    expect(page.locator(".errorlist")).to_contain_text("Write an amount such as 1500.00")
    box(page, "Price").fill("49.5")
    box(page, "Currency").select_option("eur")
    box(page, "Key").fill("seats")
    press(page, "Add a row")
    expect(box(page, "Key")).to_have_count(2)
    expect(box(page, "Currency")).to_have_value("eur")
    press(page, "Create product")
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan")
    expect(page.locator(".subheading")).to_contain_text("49.50 EUR")
    page.get_by_role("link", name="Edit").click()
    expect(box(page, "Price")).to_have_value("49.50")
    box(page, "Price").fill("50")
    box(page, "Price").press("Enter")
    expect(page.locator(".subheading")).to_contain_text("50.00 EUR")
    page.get_by_role("link", name="Archive").click()
    press(page, "Archive")
    expect(page.locator(".subheading")).to_contain_text("Archived")
    made = Product.objects.get()
    assert (made.unit_amount, made.currency, made.metadata, made.is_archived) == (
        5000,
        "eur",
        {"seats": ""},
        True,
    )
    page.get_by_role("link", name="Bring back").click()
    press(page, "Bring back")
    expect(page.get_by_role("status").first).to_have_text("The product is on sale again.")


@with_and_without_script
def test_products_are_found_sorted_and_narrowed(
    open_page: OpenPage, organization: Organization, member: User, java_script: bool
) -> None:
    for name in ("Box", "Plan", "Old plan"):
        made = a_product(organization, name=name)
    update_product(product=made, archived=True)
    page = open_page(f"{ROOT}/products", member, java_script=java_script)
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.locator("tbody th a")).to_have_text(["Box", "Old plan", "Plan"])
    search = page.get_by_label("Name contains")
    search.press_sequentially("PLAN")
    if not java_script:
        press(page, "Search")
    expect(page.locator("tbody mark")).to_have_text(["plan", "Plan"])
    page.get_by_role("link", name="On sale").click()
    expect(page.locator("tbody th a")).to_have_text(["Plan", "Box"])


@with_and_without_script
def test_a_payment_link_of_products_for_a_customer(
    open_page: OpenPage, organization: Organization, member: User, ada: Customer, java_script: bool
) -> None:
    for number in range(15):
        a_product(organization, name=f"Seat {number:02}", unit_amount=1000)
    page = open_page(f"{ROOT}/customers/{ada.id}", member, java_script=java_script)
    page.get_by_role("link", name="Create payment link").click()
    expect(box(page, "E-mail address")).to_have_value("ada@example.com")
    box(page, "Seat 03").fill("2")
    if java_script:
        expect(page.locator("#total")).to_contain_text("20.00 USD")
    page.get_by_label("Find products by name").press_sequentially("seat 14")
    if not java_script:
        page.get_by_label("Find products by name").press("Enter")
    expect(page.locator(".picker-line")).to_have_count(2)
    expect(box(page, "Seat 03")).to_have_value("2")
    box(page, "Seat 14").fill("1")
    if java_script:
        expect(page.locator("#total")).to_contain_text("30.00 USD")
    else:
        press(page, "Work it out")
        expect(page.locator("#total")).to_contain_text("30.00 USD")
    press(page, "Create payment link")
    expect(page.get_by_role("status").first).to_contain_text("The payment link is created.")
    session = CheckoutSession.objects.get()
    assert (session.customer, session.amount_total) == (ada, 3000)
    link = page.locator(".payment-link code").inner_text()
    assert link.endswith(f"/checkout/{client_secret(session.id)}")
    page.goto(f"{ROOT}/customers/{ada.id}/checkouts")
    page.locator("tbody th a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout of 30.00 USD")


@with_and_without_script
def test_a_payment_link_with_a_price_of_its_own_for_a_new_id(
    open_page: OpenPage, member: User, java_script: bool
) -> None:
    page = open_page(f"{ROOT}/checkouts", member, java_script=java_script)
    page.get_by_role("link", name="Create payment link").first.click()
    press(page, "Create payment link")
    expect(page.get_by_role("alert")).to_contain_text("Choose how many of at least one product")
    box(page, "External ID").fill("null")
    box(page, "What it is").fill("Setup")
    box(page, "Price").fill("99.50")
    press(page, "Create payment link")
    expect(page.locator(".errorlist")).to_contain_text("what a bug writes")
    box(page, "External ID").fill("new/1")
    box(page, "External ID").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout of 99.50 USD")
    expect(page.get_by_role("main")).to_contain_text("creates the customer under it")
    assert CheckoutSession.objects.get().external_customer_id == "new/1"


@with_and_without_script
def test_a_checkout_is_found_by_its_customers_id_and_expired(
    open_page: OpenPage, organization: Organization, member: User, java_script: bool
) -> None:
    session = a_session(organization, external_customer_id="a/b c")
    a_session(organization, external_customer_id="other")
    page = open_page(f"{ROOT}/checkouts", member, java_script=java_script)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("External ID of the customer, whole").fill("a/b c")
    press(page, "Find")
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page).to_have_url(re.compile(r"external_customer_id=a/b%20c&status=open$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody th a").click()
    page.get_by_role("link", name="Expire now").click()
    expect(page.get_by_role("main")).to_contain_text("This can’t be undone")
    press(page, "Expire now")
    expect(page.get_by_role("main")).to_contain_text("Before its time: it was closed.")
    expect(page.locator(".payment-link")).to_have_count(0)
    session.refresh_from_db()
    assert session.status == "expired"


def test_the_tabs_of_a_customer_look_the_same_however_they_are_come_to(
    open_page: OpenPage, organization: Organization, member: User, ada: Customer
) -> None:
    order = paid(a_session(organization, customer_id=ada.id))
    page = open_page(f"{ROOT}/customers/{ada.id}", member)
    widths = []
    for reload in (False, True):
        for tab in ("Checkouts", "Orders"):
            page.get_by_label("This customer").get_by_role("link", name=tab).click()
            expect(page.get_by_label("This customer").locator("[aria-current]")).to_have_text(tab)
            if reload:
                page.reload()
            widths.append(page.locator("#tab th").evaluate_all("cells => cells.map(one => one.offsetWidth)"))
    assert widths[:2] == widths[2:]
    page.get_by_role("link", name=f"#{order.number}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order #1")


def test_the_link_is_copied_with_one_click(
    open_page: OpenPage, organization: Organization, member: User
) -> None:
    session = a_session(organization)
    page = open_page(
        f"{ROOT}/checkouts/{session.id}", member, permissions=["clipboard-read", "clipboard-write"]
    )
    press(page, "Copy the payment link")
    expect(page.locator("#speaker")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/checkout/{client_secret(session.id)}")


def test_a_payment_link_is_made_with_the_keyboard_alone(
    open_page: OpenPage, organization: Organization, member: User, ada: Customer
) -> None:
    a_product(organization, name="Plan")
    page = open_page(f"{ROOT}/customers/{ada.id}/payment_link", member)
    page.get_by_label("Find products by name").focus()
    page.keyboard.press("Tab")
    expect(box(page, "Plan")).to_be_focused()
    page.keyboard.type("3")
    expect(page.locator("#total")).to_contain_text("29.70 USD")
    expect(box(page, "Plan")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout of 29.70 USD")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, organization: Organization, ada: Customer, color_scheme: str, width: int
) -> None:
    dearest: dict[str, Any] = {"unit_amount": 2**53 - 1, "currency": "kwd"}
    product = a_product(
        organization, name="W" * 256, description="d" * 2000, metadata={"k" * 40: "v" * 500}, **dearest
    )
    old = update_product(product=a_product(organization, name="مرحبا"), archived=True)
    opened = a_session(
        organization,
        external_customer_id="x" * 255,
        items=[{"product_id": product.id, "quantity": 1}],
        customer_email="l" * 60 + "@" + "e" * 60 + ".example",
        customer_name="N" * 256,
        success_url=f"https://example.com/{'p' * 500}",
        metadata={"k" * 40: "v" * 500},
        customer_metadata={"plan": "pro"},
    )
    tried = a_session(organization, external_customer_id="cust_123", items=[BOX] * 3)
    begin_payment(session=tried, email="ada@example.com")
    PaymentAttempt.objects.create(
        organization=organization,
        session=tried,
        processor="sandbox",
        reference="r" * 255,
        status="failed",
        failure_code="c" * 64,
        failure_message="m" * 500,
    )
    reopen_session(session=tried)
    begin_payment(session=tried)
    PaymentAttempt.objects.create(
        organization=organization, session=tried, processor="sandbox", status="needs_step"
    )
    bare = a_session(organization)
    expire_session(session=bare)
    gone = CustomerFactory.create(organization=organization, external_customer_id="gone")
    theirs = a_session(organization, customer_id=gone.id)
    order = paid(theirs, email="gone@example.com")
    services.delete_customer(customer=gone)
    paid(a_session(organization, customer_id=ada.id))
    big = a_session(
        organization,
        external_customer_id="客户-1",
        items=[{"price_data": {"name": "M" * 256, **dearest}, "quantity": 1}],
    )
    begin_payment(session=big)
    biggest = complete_session(session=big)
    page = open_page(ROOT + "/", person(OWNER, organization), color_scheme=color_scheme, width=width)
    addresses = [
        "/",
        "/products",
        "/products?search=nothing",
        "/products?archived=true",
        "/products/new",
        *(f"/products/{product.id}{part}" for part in ("", "/edit", "/archive")),
        f"/products/{old.id}",
        "/checkouts",
        "/checkouts?status=expired&created_from=2020-01-01&created_to=2999-01-01&bogus=1",
        f"/checkouts?external_customer_id={'x' * 255}&status=complete",
        "/checkouts/new",
        *(f"/checkouts/{one.id}" for one in (opened, tried, bare, theirs)),
        f"/checkouts/{opened.id}/expire",
        "/orders",
        "/orders?external_customer_id=nobody",
        *(f"/orders/{one.id}" for one in (order, biggest)),
        *(f"/customers/{one.id}/{tab}" for one in (ada, gone) for tab in ("checkouts", "orders")),
        f"/customers/{ada.id}/payment_link",
    ]
    for address in addresses:
        page.goto(ROOT + address)
        assert_accessible(page)
        assert_fits(page)
    page.goto(f"{ROOT}/customers/{ada.id}/payment_link")
    box(page, "WWW").fill("x")
    box(page, "Price").fill("ten")
    press(page, "Create payment link")
    expect(page.locator(".errorlist")).to_have_count(2)
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{ROOT}/products/{product.id}/edit")
    update_product(product=product, name="Theirs")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this product.")
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{ROOT}/checkouts")
    page.locator("summary", has_text="Filter").click()
    assert_accessible(page)
    assert_fits(page)
