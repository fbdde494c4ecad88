"""The main paths through the customers' pages, with JavaScript and without, and what every page must be."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from customers import services
from customers.models import Customer
from customers.saved_views import save_view
from customers.tests.factories import CustomerFactory
from organizations.models import Membership, Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import MEMBER, OWNER, person
from polar_customers.tests.browser import NARROW, WIDE, OpenPage, assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without_script = pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])

LIST = "/o/acme/customers"


@pytest.fixture
def organization(live_server: object) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def owner(organization: Organization) -> User:
    return person(OWNER, organization, email="owner@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    return CustomerFactory.create(
        organization=organization,
        external_customer_id="cust_123",
        name="Ada Lovelace",
        email="ada@example.com",
        metadata={"plan": "pro", "seats": 5},
    )


def box(page: Page, label: str) -> Locator:
    return page.get_by_role("main").get_by_role("textbox", name=re.compile(f"^{label}"))


def rows(page: Page) -> list[str]:
    return page.locator("tbody th .mono, tbody th .without-id").all_inner_texts()


def of(customer: Customer, page: str = "") -> str:
    return f"{LIST}/{customer.id}{page and '/'}{page}"


@with_and_without_script
def test_searching_while_typing(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    CustomerFactory.create(organization=organization, external_customer_id="other", name="Grace")
    page = open_page(f"{LIST}?ordering=name", owner, java_script=java_script)
    box = page.get_by_label("External ID, name or e-mail contains")
    box.press_sequentially("LOVE")
    if not java_script:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody mark")).to_have_text(["Love"])
    expect(page).to_have_url(re.compile(r"\?ordering=name&search=LOVE$"))
    assert rows(page) == ["cust_123"]
    expect(page.get_by_role("link", name="Export CSV")).to_have_attribute(
        "href", f"{LIST}/export?ordering=name&search=LOVE"
    )
    expect(page.locator("#found")).to_have_text("1 customer shown")
    if java_script:
        expect(box).to_be_focused()
    page.reload()
    assert rows(page) == ["cust_123"]


@with_and_without_script
def test_sorting_and_paging(
    open_page: OpenPage, organization: Organization, owner: User, java_script: bool
) -> None:
    for number in range(60):
        CustomerFactory.create(organization=organization, external_customer_id=f"cust_{number:02}")
    page = open_page(LIST, owner, java_script=java_script)
    page.get_by_role("columnheader", name="External ID").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="External ID")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody th .mono").first).to_have_text("cust_00")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody th .mono").first).to_have_text("cust_50")
    assert len(rows(page)) == 10
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tbody th .mono").first).to_have_text("cust_00")
    page.go_back()
    expect(page.locator("tbody th .mono").first).to_have_text("cust_50")


@with_and_without_script
def test_filtering_and_a_view_of_ones_own(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    CustomerFactory.create(organization=organization, external_customer_id="free", metadata={"plan": "free"})
    page = open_page(LIST, owner, java_script=java_script)
    page.locator("summary", has_text="Filter").click()
    box(page, "Key").fill("plan")
    box(page, "Value").fill("pro")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_contain_text(["plan pro"])
    assert rows(page) == ["cust_123"]
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Name of the view").fill("Pros")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Pros")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Remove the filter plan pro").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Pros").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Edit view").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_role("link", name="Pros")).to_have_count(0)


@with_and_without_script
def test_setting_the_id(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    bare = CustomerFactory.create(organization=organization, name="Bare")
    page = open_page(LIST, owner, java_script=java_script)
    page.get_by_role("link", name="No external ID").click()
    box(page, "External ID").fill("cust_123")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".errorlist").get_by_role("link")).to_have_attribute("href", of(ada))
    box(page, "External ID").fill("a/b c")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading")).to_have_text("Set this external ID for good?")
    page.get_by_role("button", name="Set it for good").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("a/b c")
    expect(page.get_by_role("status").first).to_have_text("The external ID is set.")
    expect(page.locator(".code code")).to_contain_text("/v1/customers/external_id/a%2Fb%20c")
    bare.refresh_from_db()
    assert bare.external_customer_id == "a/b c"


@with_and_without_script
def test_creating_with_a_conflict(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    page = open_page(LIST, owner, java_script=java_script)
    page.get_by_role("link", name="Create customer").click()
    box(page, "External ID").fill("cust_123")
    box(page, "Name").fill("Grace Hopper")
    box(page, "Key").fill("plan")
    box(page, "Value").fill("pro")
    page.get_by_role("button", name="Add a row").click()
    expect(box(page, "Key")).to_have_count(2)
    box(page, "Key").last.fill("seats")
    page.get_by_label("Type").last.select_option("Number")
    box(page, "Value").last.fill("3")
    box(page, "Value").last.press("Enter")
    expect(page.locator(".errorlist")).to_contain_text("Another customer of this organization holds")
    expect(box(page, "Name")).to_have_value("Grace Hopper")
    expect(page.locator(".errorlist").get_by_role("link")).to_have_attribute("href", of(ada))
    box(page, "External ID").fill("cust_456")
    page.get_by_role("button", name="Create customer").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cust_456")
    made = Customer.objects.get(external_customer_id="cust_456")
    assert (made.name, made.metadata) == ("Grace Hopper", {"plan": "pro", "seats": 3})


@with_and_without_script
def test_editing_what_somebody_else_edits(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    mine = open_page(of(ada, "edit"), owner, java_script=java_script)
    theirs = open_page(of(ada, "edit"), person(MEMBER, organization, email="other@example.com"))
    box(theirs, "Name").fill("Theirs")
    theirs.get_by_role("button", name="Remove row 1").click()
    expect(box(theirs, "Key").first).to_have_value("seats")
    theirs.get_by_role("button", name="Save").last.click()
    expect(theirs.get_by_role("status").first).to_have_text("The customer is saved.")
    box(mine, "Name").fill("Mine")
    box(mine, "Name").press("Enter")
    told = mine.get_by_role("alert")
    expect(told).to_contain_text("Nothing of yours is saved yet.")
    expect(told).to_contain_text("other@example.com")
    expect(told.get_by_role("row", name="Name")).to_have_text(re.compile(r"Ada Lovelace\s*Theirs\s*Mine"))
    ada.refresh_from_db()
    assert ada.name == "Theirs"
    if java_script:  # which the check of the page needs
        assert_accessible(mine)
    mine.get_by_role("button", name="Save all the same").click()
    expect(mine.get_by_role("status").first).to_have_text("The customer is saved.")
    ada.refresh_from_db()
    assert (ada.name, ada.metadata) == ("Mine", {"seats": 5})


@with_and_without_script
def test_deleting_and_erasing(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    page = open_page(of(ada), owner, java_script=java_script)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("main")).to_contain_text("This can’t be undone.")
    page.get_by_label("Also erase personal data").check()
    page.get_by_role("button", name="Delete customer").click()
    expect(page.get_by_role("status").first).to_have_text(
        "The customer is deleted and their personal data erased."
    )
    page.goto(f"{LIST}?deleted=true")
    page.locator("tbody th a").click()
    expect(page.get_by_role("main")).to_contain_text("This customer was deleted.")
    expect(page.get_by_role("main")).not_to_contain_text("Ada Lovelace")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)


@with_and_without_script
def test_downloading_the_list(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer, java_script: bool
) -> None:
    CustomerFactory.create(organization=organization, external_customer_id="other")
    page = open_page(f"{LIST}?search=ada", owner, java_script=java_script)
    with page.expect_download() as started:
        page.get_by_role("link", name="Export CSV").click()
    assert re.fullmatch(r"customers-acme-\d{4}-\d\d-\d\d\.csv", started.value.suggested_filename)
    lines = Path(started.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["external_customer_id", "cust_123"]


def test_an_id_is_copied_with_one_click(open_page: OpenPage, organization: Organization, owner: User) -> None:
    own_id = "<a> \"b' שלום 🦊"
    CustomerFactory.create(organization=organization, external_customer_id=own_id)
    page = open_page(LIST, owner, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy external ID").click()
    expect(page.locator("#speaker")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == own_id
    expect(page).to_have_url(re.compile(f"{LIST}$"))


def test_the_whole_row_leads_to_the_customer(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer
) -> None:
    page = open_page(LIST, owner)
    page.locator("tbody tr").click(position={"x": 900, "y": 10})
    expect(page).to_have_url(re.compile(f"{of(ada)}$"))


def test_the_history_is_a_tab(
    open_page: OpenPage, organization: Organization, owner: User, ada: Customer
) -> None:
    page = open_page(of(ada), owner)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("link", name="History")).to_have_attribute("aria-current", "page")
    expect(page).to_have_url(re.compile("/history$"))
    expect(page.locator("#tab")).to_contain_text("Created")
    page.go_back()
    expect(page.locator("#tab")).to_contain_text("Contact")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage,
    organization: Organization,
    owner: User,
    ada: Customer,
    color_scheme: str,
    width: int,
) -> None:
    longest = CustomerFactory.create(
        organization=organization,
        external_customer_id="x" * 255,
        name="W" * 256,
        email="l" * 60 + "@" + "e" * 60 + ".example",
        billing_address={"line1": "W" * 256},
        tax_id="T" * 64,
        metadata={"k" * 40: "v" * 500, "n": 2**53},
    )
    for own_id in ("<b>&\"'</b>", "客户-1", "שלום-7", "🦊", None):
        CustomerFactory.create(organization=organization, external_customer_id=own_id, name="مرحبا")
    bare = CustomerFactory.create(organization=organization)
    gone = services.delete_customer(
        customer=CustomerFactory.create(organization=organization, external_customer_id="gone")
    )
    services.update_customer(customer=longest, name="M" * 256)
    membership = Membership.objects.get(user=owner)
    view = save_view(membership=membership, name="V" * 64, query="search=x")
    page = open_page(LIST, owner, color_scheme=color_scheme, width=width)
    addresses = [
        LIST,
        f"{LIST}?search=x",
        f"{LIST}?search=nobody",
        f"{LIST}?deleted=true&created_from=2020-01-01&metadata[{quote('k' * 40)}]={'v' * 500}",
        f"{LIST}?deleted=true",
        f"{LIST}?bogus=1&cursor=x&search=a",
        f"{LIST}/new",
        f"{LIST}/views/{view.id}",
        *(of(ada, name) for name in ("", "history", "edit", "delete")),
        *(of(longest, name) for name in ("", "history", "edit", "delete")),
        *(of(bare, name) for name in ("", "external_id")),
        *(of(gone, name) for name in ("", "history", "delete")),
    ]
    for address in addresses:
        page.goto(address)
        assert_accessible(page)
        assert_fits(page)
    page.goto(f"{LIST}?search=a")
    for menu in ("Filter", "Save view"):
        page.locator("summary", has_text=menu).click()
        assert_accessible(page)
        assert_fits(page)
    page.goto(f"{LIST}/new")
    box(page, "External ID").fill("null")
    box(page, "Key").fill("k")
    page.get_by_label("Type").select_option("Number")
    page.get_by_role("button", name="Create customer").last.click()
    expect(page.locator(".errorlist")).to_have_count(2)
    assert_accessible(page)
    assert_fits(page)
    page.goto(of(bare))
    box(page, "External ID").fill("y" * 255)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading")).to_have_text("Set this external ID for good?")
    assert_accessible(page)
    assert_fits(page)
