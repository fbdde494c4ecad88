"""Staff's pages about meters in a browser: one is defined and looked at, and what every page must be."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from metrics.models import Meter
from metrics.services.meters import create_meter, update_meter
from metrics.tests.sending import event, send
from organizations.models import Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import MEMBER, person
from polar_customers.tests.browser import NARROW, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = "/o/acme"


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def member(organization: Organization) -> User:
    return person(MEMBER, organization)


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without"])
def test_a_meter_is_defined_and_read(
    java_script: bool, open_page: OpenPage, organization: Organization, member: User
) -> None:
    send(organization, event("cust_1", metadata={"tokens": 1250, "model": "large"}))
    send(organization, event("cust_2", metadata={"tokens": 50, "model": "small"}))
    page = open_page(f"{ROOT}/meters", member, java_script=java_script)
    page.get_by_role("link", name="Create meter").first.click()
    page.get_by_label("Name", exact=True).fill("Large tokens")
    page.get_by_label("What is made of the events").select_option("Sum of a property")
    page.get_by_label("Property").fill("tokens")
    page.get_by_label("Events named").fill("call")
    page.get_by_label("Key").fill("model")
    page.get_by_label("Value", exact=True).fill("large")
    page.get_by_role("button", name="Create meter").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Large tokens")
    expect(page.locator(".report-total strong")).to_have_text("1,250")
    page.get_by_label("Customer’s external ID").fill("cust_2")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".report-total strong")).to_have_text("0")
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("The meter is archived.")).to_be_visible()


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"width": NARROW}], ids=["light", "dark", "narrow"]
)
def test_every_page_is_accessible_and_fits(
    look: Any, open_page: OpenPage, organization: Organization, member: User
) -> None:
    meters = [
        create_meter(organization=organization, name="Calls", function="count"),
        create_meter(
            organization=organization,
            name="x" * 256,
            function="min",
            property_name="y" * 40,
            event_name="z" * 255,
            event_metadata={"k" * 40: "v" * 500, "n": -1.5},
        ),
        create_meter(organization=organization, name="Coldest", function="min", property_name="celsius"),
    ]
    send(organization, event("cust_1", metadata={"celsius": -18.5}), event("w" * 255))
    old: Meter = create_meter(organization=organization, name="Old", function="count")
    update_meter(meter=old, archived=True)
    page = open_page(f"{ROOT}/meters", member, **look)
    for path in (
        "/meters",
        "/meters?archived=true",
        "/meters/create",
        *(f"/meters/{meter.id}" for meter in meters),
        f"/meters/{meters[0].id}?range=12m&interval=hour",
        f"/meters/{meters[1].id}/rename",
        f"/meters/{meters[1].id}/archive",
        f"/meters/{old.id}",
    ):
        page.goto(f"{ROOT}{path}")
        assert_accessible(page)
        assert_fits(page)
