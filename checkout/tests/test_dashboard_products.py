"""Products kept by hand: money as people write it, nothing saved over somebody else's head."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.listing import PAGE_SIZE
from checkout.models import Product
from checkout.services.products import update_product
from checkout.tests.factories import a_product
from customers.metadata_editor import ADD
from customers.tests.dashboard import Dashboard, form_of, text
from organizations.models import Organization
from organizations.tests.people import MEMBER, VIEWER

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Plan",
    "unit_amount": "49.00",
    "currency": "usd",
    "description": "One\r\nTwo",
    "metadata-0-key": "seats",
    "metadata-0-kind": "number",
    "metadata-0-value": "5",
}


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def names(answer: Any) -> list[str]:
    return [product.name for product in answer.context["rows"]]


def path(product: Product, page: str = "") -> str:
    return f"/products/{product.id}{page and '/'}{page}"


class TestList:
    def test_it_shows_ones_own_the_newest_first(
        self, viewer: Dashboard, organization: Organization, stranger: Organization
    ) -> None:
        a_product(stranger, name="Theirs")
        for name in ("First", "Last"):
            a_product(organization, name=name)
        assert names(viewer.get("/products")) == ["Last", "First"]

    def test_it_is_searched_by_a_part_of_the_name_in_any_letter_case(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        for name in ("Größe L", "100% wool", "Plan_b"):
            a_product(organization, name=name)
        for fragment, found in (
            ("GRÖSSE", []),
            ("GRÖ", ["Größe L"]),
            ("%", ["100% wool"]),
            ("_", ["Plan_b"]),
        ):
            assert names(viewer.get("/products", {"search": fragment})) == found, fragment
        page = viewer.get("/products", {"search": "größe"})
        assert "<mark>Größe</mark> L" in page.content.decode()

    def test_the_archived_are_marked_and_can_be_had_alone(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        update_product(product=a_product(organization, name="Old"), archived=True)
        a_product(organization, name="New")
        assert names(viewer.get("/products", {"archived": "true"})) == ["Old"]
        assert names(viewer.get("/products", {"archived": "false"})) == ["New"]
        both = viewer.get("/products")
        assert names(both) == ["New", "Old"]
        assert both.content.decode().count(">Archived</span>") == 1

    @pytest.mark.parametrize("ordering", ["name", "-name", "-created_at"])
    def test_its_pages_have_everything_once_in_order(
        self, viewer: Dashboard, organization: Organization, ordering: str
    ) -> None:
        for number in range(PAGE_SIZE + 5):
            a_product(organization, name=f"Plan {number % 7}")
        first = viewer.get("/products", {"ordering": ordering})
        second = viewer.client.get(first.context["next_url"])
        seen = [product.id for page in (first, second) for product in page.context["rows"]]
        assert len(seen) == len(set(seen)) == PAGE_SIZE + 5
        assert names(viewer.client.get(second.context["previous_url"])) == names(first)

    def test_it_costs_the_same_queries_at_one_row_and_at_fifty(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        a_product(organization)
        viewer.get("/products")  # whatever is made once
        with CaptureQueriesContext(connection) as one:
            viewer.get("/products")
        for _ in range(PAGE_SIZE + 1):
            a_product(organization)
        with CaptureQueriesContext(connection) as fifty:
            assert len(names(viewer.get("/products"))) == PAGE_SIZE
        assert len(one) == len(fifty) <= 4

    @pytest.mark.parametrize(
        "query", ["archived=maybe", "bogus=1", "created_from=x", "ordering=price", "cursor=x", "search=%00"]
    )
    def test_nonsense_is_left_out_and_said(
        self, viewer: Dashboard, organization: Organization, query: str
    ) -> None:
        a_product(organization)
        page = viewer.client.get(f"{viewer.root}/products?{query}")
        assert (page.status_code, names(page)) == (200, ["Plan"])
        assert "Part of this address was left out" in text(page)

    def test_an_empty_list_says_how_to_begin(self, viewer: Dashboard, member: Dashboard) -> None:
        assert "Create product" not in text(viewer.get("/products"))
        assert "Create product" in text(member.get("/products"))
        assert "No product matches" in text(member.get("/products", {"search": "x"}))


class TestCreating:
    def test_a_product_is_made_as_typed(self, member: Dashboard) -> None:
        answer = member.post("/products/new", FORM)
        made = Product.objects.get()
        assert answer.url == f"{member.root}{path(made)}"
        assert (made.name, made.unit_amount, made.currency) == ("Plan", 4900, "usd")
        assert (made.description, made.metadata) == ("One\nTwo", {"seats": 5})
        assert "49.00 USD" in text(member.get(path(made)))

    @pytest.mark.parametrize(
        ("typed", "currency", "stored"),
        [
            ("15", "usd", 1500),
            ("15.5", "usd", 1550),
            (" 0.01 ", "usd", 1),
            ("1500", "jpy", 1500),
            ("1500.0", "jpy", 1500),
            ("1.234", "kwd", 1234),
            ("90071992547409.91", "usd", 2**53 - 1),
        ],
    )
    def test_money_is_written_in_the_currencys_major_unit(
        self, member: Dashboard, typed: str, currency: str, stored: int
    ) -> None:
        member.post("/products/new", {**FORM, "unit_amount": typed, "currency": currency})
        assert Product.objects.get().unit_amount == stored

    @pytest.mark.parametrize(
        ("typed", "currency", "said"),
        [
            ("", "usd", "Say what one costs."),
            ("0", "usd", "A price is more than zero."),
            ("0.00", "usd", "A price is more than zero."),
            ("-1", "usd", "Write an amount such as 1500.00"),
            ("1,500.00", "usd", "Write an amount such as 1500.00"),
            ("1,5", "usd", "Write an amount such as 1500.00"),
            ("1e3", "usd", "Write an amount such as 1500.00"),
            ("NaN", "usd", "Write an amount such as 1500.00"),
            ("١٥", "usd", "Write an amount such as 1500.00"),
            ("$15", "usd", "Write an amount such as 1500.00"),
            ("1.005", "usd", "USD has 2 decimals."),
            ("1.5", "jpy", "JPY has no decimals."),
            ("90071992547409.92", "usd", "A price is at most 90,071,992,547,409.91 USD."),
            ("9" * 20, "kwd", "A price is at most"),
            ("9" * 50, "usd", "at most 40 characters"),
        ],
    )
    def test_what_is_no_price_is_said_at_its_field(
        self, member: Dashboard, typed: str, currency: str, said: str
    ) -> None:
        answer = member.post("/products/new", {**FORM, "unit_amount": typed, "currency": currency})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["unit_amount"])
        assert said in text(answer)
        assert form_of(answer)["unit_amount"] == typed
        assert not Product.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 257}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"currency": "xxx"}, "currency"),
            ({"currency": ""}, "currency"),
            ({"description": "x" * 2001}, "description"),
        ],
    )
    def test_what_cannot_be_kept_is_said_at_its_field(
        self, member: Dashboard, typed: dict[str, str], field: str
    ) -> None:
        answer = member.post("/products/new", {**FORM, **typed})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])

    def test_a_row_more_saves_nothing(self, member: Dashboard) -> None:
        answer = member.post("/products/new", {**FORM, ADD: "yes"})
        assert (answer.status_code, len(answer.context["editor"].rows)) == (200, 2)
        assert form_of(answer)["unit_amount"] == "49.00"
        assert not Product.objects.exists()

    def test_the_currency_of_the_latest_product_is_offered(
        self, member: Dashboard, organization: Organization
    ) -> None:
        assert form_of(member.get("/products/new"))["currency"] == "usd"
        a_product(organization, currency="eur")
        assert form_of(member.get("/products/new"))["currency"] == "eur"


class TestEditing:
    @pytest.fixture
    def product(self, organization: Organization) -> Product:
        return a_product(
            organization,
            name="A\nB",
            unit_amount=1500,
            description="One\nTwo",
            metadata={"a": 1, "b": "x\ny"},
        )

    def test_what_was_not_touched_stays_to_the_letter(self, member: Dashboard, product: Product) -> None:
        form = form_of(member.get(path(product, "edit")))
        assert form["unit_amount"] == "15.00"
        # as a browser sends them
        sent = {name: value.replace("\n", "") for name, value in form.items()} | {"description": "One\r\nTwo"}
        assert member.post(path(product, "edit"), sent).status_code == 302
        now = Product.objects.get()
        assert (now.name, now.description, now.metadata) == (product.name, "One\nTwo", product.metadata)

    def test_a_change_replaces_the_metadata(self, member: Dashboard, product: Product) -> None:
        form = form_of(member.get(path(product, "edit")))
        form |= {"unit_amount": "16.50", "metadata-0-key": "", "metadata-0-value": ""}
        member.post(path(product, "edit"), form)
        now = Product.objects.get()
        assert (now.unit_amount, now.metadata) == (1650, {"b": "x\ny"})

    def test_what_somebody_else_has_changed_is_shown_and_not_overwritten(
        self, member: Dashboard, product: Product
    ) -> None:
        form = form_of(member.get(path(product, "edit"))) | {"name": "Mine"}
        update_product(product=product, name="Theirs", unit_amount=2000)
        answer = member.post(path(product, "edit"), form)
        assert answer.status_code == 409
        page = text(answer)
        assert "Somebody else has changed this product." in page
        assert "Name Theirs Mine" in page
        assert "Price 20.00 USD 15.00 USD" in page
        assert Product.objects.get().name == "Theirs"
        assert member.post(path(product, "edit"), form_of(answer)).status_code == 302
        assert (Product.objects.get().name, Product.objects.get().unit_amount) == ("Mine", 1500)

    def test_a_form_that_does_not_say_what_it_was_filled_in_on_is_no_ground(
        self, member: Dashboard, product: Product
    ) -> None:
        update_product(product=product, name="Theirs")
        assert member.post(path(product, "edit"), {**FORM, "seen": "nonsense"}).status_code == 409


class TestArchiving:
    def test_it_asks_and_can_be_undone(self, member: Dashboard, organization: Organization) -> None:
        product = a_product(organization)
        assert "It can be brought back at any time." in text(member.get(path(product, "archive")))
        assert not Product.objects.get().is_archived
        member.post(path(product, "archive"), {})
        assert Product.objects.get().is_archived
        page = member.get(path(product, "archive"))
        assert "Bring this product back?" in text(page)
        assert 'name="bring_back"' in page.content.decode()
        member.post(path(product, "archive"), {"bring_back": "yes"})
        assert not Product.objects.get().is_archived


def test_a_viewer_sees_no_way_to_change_anything(viewer: Dashboard, organization: Organization) -> None:
    product = a_product(organization)
    page = viewer.get(path(product)).content.decode()
    assert "/edit" not in page
    assert "/archive" not in page


def test_whatever_a_name_is_made_of_it_shows_as_text(viewer: Dashboard, organization: Organization) -> None:
    product = a_product(organization, name="<b>&\"'</b>", description="<i>", metadata={"<u>": "<u>"})
    for address in ("/products", "/products?search=%3Cb%3E", path(product)):
        page = viewer.client.get(viewer.root + address).content.decode()
        assert not {"<b>", "<i>", "<u>"} & set(page.replace("</", "<").split())
        assert "<b>&" not in page


def test_the_command_reads_this_product(viewer: Dashboard, organization: Organization, api: Any) -> None:
    product = a_product(organization)
    command = viewer.get(path(product)).context["command"]
    assert command.endswith(f"/v1/products/{product.id}")
    assert api("GET", f"/v1/products/{product.id}").status == 200
