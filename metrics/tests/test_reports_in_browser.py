"""Charts and pages of figures in a browser: by pointer, by keyboard, with JavaScript and without."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from checkout.tests.factories import a_session, paid
from customers.models import Customer
from customers.services import create_customer
from metrics.tests.sending import event, send
from organizations.models import Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import VIEWER, person
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_script = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])

ROOT = "/o/acme"
LONG_AGO = {
    "range": "custom",
    "from": "2026-03-01",
    "to": "2026-03-04",
    "interval": "day",
    "figure": "events",
}
QUERY = "&".join(f"{name}={value}" for name, value in LONG_AGO.items())


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def viewer(organization: Organization) -> User:
    return person(VIEWER, organization)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    """Who used as much on each of the first days of March as its number says."""
    customer = create_customer(organization=organization, external_customer_id="ada", name="Ada")
    days = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 5) for _ in range(day)]
    send(organization, *(event("ada", timestamp=day, metadata={"tokens": 5}) for day in days))
    return customer


def told(page: Page) -> Locator:
    """What is said of a period, as far as it can be seen."""
    return page.locator("label:hover .chart-told, .chart-periods:not(:hover) :checked + .chart-told")


def settled(page: Page) -> None:
    """Waits until htmx has made its own of what it put into the page."""
    expect(page.locator(".htmx-added")).to_have_count(0)


@with_and_without_script
def test_a_chart_is_read_with_the_keyboard_alone(
    open_page: OpenPage, viewer: User, ada: Customer, java_script: bool
) -> None:
    page = open_page(f"{ROOT}/metrics?{QUERY}", viewer, java_script=java_script)
    page.get_by_role("link", name=re.compile("^Events")).last.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Mar 4, 2026: 4 events")).to_be_focused()
    expect(told(page)).to_contain_text("Mar 4, 2026: 4 events")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Mar 2, 2026: 2 events")).to_be_focused()
    expect(told(page)).to_contain_text("Mar 2, 2026: 2 events")
    expect(told(page)).to_have_css("opacity", "1")
    page.keyboard.press("Tab")
    expect(page.locator(".chart :focus")).to_have_count(0)


@with_and_without_script
def test_a_chart_says_what_is_pointed_at_and_keeps_what_was_touched(
    open_page: OpenPage, viewer: User, ada: Customer, java_script: bool
) -> None:
    page = open_page(f"{ROOT}/metrics?{QUERY}", viewer, java_script=java_script)
    periods = page.locator(".chart-periods label")
    periods.nth(2).hover()
    expect(told(page)).to_have_count(1)
    expect(told(page)).to_contain_text("Mar 3, 2026: 3 events")
    expect(told(page)).to_contain_text("Feb 27, 2026: 0 events")
    periods.nth(0).click()
    page.get_by_role("heading", level=1).hover()
    expect(told(page)).to_contain_text("Mar 1, 2026: 1 event")


def test_a_drawing_has_its_values_at_their_heights(open_page: OpenPage, viewer: User, ada: Customer) -> None:
    for width in (WIDE, NARROW):
        page = open_page(f"{ROOT}/metrics?{QUERY}", viewer, width=width)
        drawing = page.locator(".chart-drawing").bounding_box()
        assert drawing is not None
        tops = page.locator(".chart-bar").evaluate_all(
            "bars => bars.map(bar => bar.getBoundingClientRect().top)"
        )
        heights = [(drawing["y"] + drawing["height"] - top) / drawing["height"] for top in tops]
        assert heights == pytest.approx([0.25, 0.5, 0.75, 1.0], abs=0.01)
        labels = page.locator(".chart-times:visible text")
        assert labels.all_text_contents() == ["Mar 1", "Mar 2", "Mar 3", "Mar 4"]
        assert labels.first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") == 12
        assert labels.first.evaluate("one => one.getScreenCTM().a") == 1


def test_choices_change_the_page_and_its_address_at_once(
    open_page: OpenPage, viewer: User, ada: Customer
) -> None:
    page = open_page(f"{ROOT}/metrics?{QUERY}", viewer)
    page.get_by_label("Compare with").focus()
    page.get_by_label("Compare with").select_option("none")
    expect(page.locator(".chart-legend")).to_have_count(0)
    settled(page)
    expect(page).to_have_url(re.compile(r"compare=none"))
    expect(page.get_by_label("Compare with")).to_be_focused()
    page.get_by_label("By", exact=True).select_option("hour")
    expect(page.locator(".chart-periods label")).to_have_count(96)
    settled(page)
    page.get_by_label("Range", exact=True).select_option("30d")
    expect(page).to_have_url(re.compile(r"metrics\?(?!.*(from|range)=)"))
    expect(page.get_by_label("First day")).to_be_hidden()
    settled(page)
    page.get_by_role("link", name=re.compile("^Active customers")).click()
    expect(page.locator("#chosen")).to_have_text("Active customers")
    page.go_back()
    expect(page.locator("#chosen")).to_have_text("Events")


def test_without_a_script_the_form_does_the_same(open_page: OpenPage, viewer: User, ada: Customer) -> None:
    page = open_page(f"{ROOT}/metrics", viewer, java_script=False)
    page.get_by_label("Range", exact=True).select_option("custom")
    page.get_by_label("First day").fill("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-03")
    page.get_by_label("By", exact=True).select_option("day")
    page.get_by_label("Customer’s external ID").fill("ada")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"from=2026-03-02&to=2026-03-03&interval=day"))
    page.get_by_role("link", name=re.compile("^Events")).last.click()
    expect(page.locator(".report-total strong")).to_have_text("5")
    expect(page.locator(".ranking tbody th")).to_contain_text(["ada"])
    page.get_by_role("link", name="Remove the filter External ID ada").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_the_usage_tab_looks_the_same_however_it_is_come_to(
    open_page: OpenPage, viewer: User, ada: Customer
) -> None:
    page = open_page(f"{ROOT}/customers/{ada.id}", viewer)
    page.get_by_label("This customer").get_by_role("link", name="Usage").click()
    expect(page.locator("#chosen")).to_have_text("Events")
    heights = [page.locator(".chart-drawing").evaluate("one => one.getBoundingClientRect().height")]
    page.reload()
    heights.append(page.locator(".chart-drawing").evaluate("one => one.getBoundingClientRect().height"))
    assert heights[0] == heights[1] > 100
    page.get_by_label("Range", exact=True).select_option("12m")
    expect(page.get_by_label("This customer").locator("[aria-current]")).to_have_text("Usage")
    expect(page.locator(".chart-periods label")).to_have_count(12)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage,
    organization: Organization,
    viewer: User,
    ada: Customer,
    color_scheme: str,
    width: int,
) -> None:
    dearest: dict[str, Any] = {"unit_amount": 2**53 - 1, "currency": "kwd"}
    long = create_customer(organization=organization, external_customer_id="x" * 255, name="N" * 256)
    nameless = create_customer(organization=organization)
    for currency in ("usd", "jpy"):
        price = {"name": "Box", "unit_amount": 1500, "currency": currency}
        paid(a_session(organization, customer_id=ada.id, items=[{"price_data": price, "quantity": 1}]))
    paid(
        a_session(
            organization,
            customer_id=long.id,
            items=[{"price_data": {"name": "M" * 256, **dearest}, "quantity": 1}],
        )
    )
    now = timezone.now()
    moments = [now - datetime.timedelta(hours=7 * number) for number in range(150)]
    send(
        organization,
        *(
            event("x" * 255, name="n" * 255, timestamp=one.isoformat(), metadata={"k" * 40: "v" * 500})
            for one in moments
        ),
        event("nobody"),
    )
    page = open_page(ROOT + "/", viewer, color_scheme=color_scheme, width=width)
    addresses = [
        "/",
        "/metrics",
        "/metrics?figure=events&range=24h",
        "/metrics?figure=average_order_value&range=90d&currency=kwd",
        "/metrics?figure=checkout_conversion&range=custom&compare=none&bogus=1",
        f"/metrics?figure=events&range=12m&external_customer_id={'x' * 255}&external_customer_id=ada",
        "/metrics?external_customer_id=unknown",
        "/metrics?range=12m&interval=hour",
        f"/customers/{long.id}/usage",
        f"/customers/{nameless.id}/usage",
    ]
    for address in addresses:
        page.goto(ROOT + address)
        assert_accessible(page)
        assert_fits(page)
