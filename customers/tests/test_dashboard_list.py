"""The list of customers: all in its address, and nothing in an address breaks it."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.exports import BYTE_ORDER_MARK
from api.listing import PAGE_SIZE
from customers import services
from customers.filters import LIST_PARAMETERS
from customers.lookups import customer_address
from customers.models import Customer
from customers.templatetags.customers import marked
from customers.tests.dashboard import Dashboard, ids, text
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import MEMBER, OWNER, VIEWER

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(organization: Organization) -> Dashboard:
    return Dashboard(organization, OWNER)


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def make(organization: Organization, *own_ids: str | None, **fields: Any) -> list[Customer]:
    return [
        CustomerFactory(organization=organization, external_customer_id=own_id, **fields)
        for own_id in own_ids
    ]


def made_on(organization: Organization, **days: str) -> None:
    for own_id, day in days.items():
        [customer] = make(organization, own_id)
        Customer.objects.filter(id=customer.id).update(created_at=day)


def test_it_shows_the_newest_first_and_nobody_elses(
    viewer: Dashboard, organization: Organization, stranger: Organization
) -> None:
    make(stranger, "theirs")
    make(organization, "first", None, "last")
    assert ids(viewer.get("/customers")) == ["last", None, "first"]


@pytest.mark.parametrize(
    "query",
    [
        {"search": "ACME"},
        {"email": "b@acme.com"},
        {"has_external_customer_id": "false"},
        {"external_customer_id": "c1"},
        {"metadata[plan]": "pro"},
        {"created_before": "2020-01-01T00:00:00Z"},
        {"ordering": "name", "search": "c"},
        {"ordering": "-external_customer_id"},
    ],
    ids=str,
)
def test_it_is_the_apis_list(
    viewer: Dashboard, organization: Organization, api: Any, query: dict[str, str]
) -> None:
    make(organization, "c1", name="Acme", metadata={"plan": "pro"})
    make(organization, "c2", name="Bolt", email="B@acme.com")
    make(organization, None, name="acme twice")
    listed = api("GET", f"/v1/customers?{urlencode(query)}").json["results"]
    assert ids(viewer.get("/customers", query)) == [row["external_customer_id"] for row in listed]


def test_days_are_whole_days_in_utc(viewer: Dashboard, organization: Organization) -> None:
    made_on(
        organization,
        before="2026-01-30T23:59:59.999999Z",
        begin="2026-01-31T00:00:00Z",
        end="2026-01-31T23:59:59.999999Z",
        after="2026-02-01T00:00:00Z",
    )
    day = {"created_from": "2026-01-31", "created_to": "2026-01-31"}
    assert ids(viewer.get("/customers", day)) == ["end", "begin"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(
    viewer: Dashboard, organization: Organization, day: str
) -> None:
    make(organization, "now")
    shown = ids(
        viewer.get("/customers", {"created_from": day})
        if day[0] == "0"
        else viewer.get("/customers", {"created_to": day})
    )
    assert shown == ["now"]


class TestDeleted:
    @pytest.fixture(autouse=True)
    def _deleted(self, organization: Organization) -> None:
        gone, _ = make(organization, "gone", "here")
        services.delete_customer(customer=gone)

    def test_owners_find_them_marked(self, owner: Dashboard) -> None:
        assert ids(owner.get("/customers")) == ["here"]
        page = owner.get("/customers", {"deleted": "true"})
        assert ids(page) == ["gone"]
        assert '<span class="badge danger">Deleted</span>' in page.content.decode()

    @pytest.mark.parametrize("role", [MEMBER, VIEWER])
    def test_others_are_told_that_they_do_not(self, organization: Organization, role: Any) -> None:
        page = Dashboard(organization, role).get("/customers", {"deleted": "true"})
        assert ids(page) == ["here"]
        assert "Only an owner sees deleted customers." in text(page)

    def test_nor_are_they_in_anyone_elses_export(self, viewer: Dashboard, owner: Dashboard) -> None:
        assert exported(owner, {"deleted": "true"}) == ["gone"]
        assert exported(viewer, {}) == ["here"]
        assert viewer.client.get(f"{viewer.root}/customers/export?deleted=true").status_code == 302


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("bogus=1", "There is no such filter."),
        ("created_from=tomorrow", "This must be a day, such as 2026-01-31."),
        ("created_after=x", "RFC 3339"),
        ("has_external_customer_id=maybe", "This is true or false."),
        ("search=a&search=b", "Send this parameter once."),
        ("search=%00", "can't be stored"),
        (f"search={'x' * 257}", "at most 256 characters"),
        ("external_customer_id=+x", "starts with white space"),
        (f"metadata[{'k' * 41}]=x", "No metadata is this long."),
        ("metadata[]=x", "There is no such filter."),
        ("ordering=tax_id", "can't be sorted by this"),
        ("ordering=--name", "can't be sorted by this"),
        ("cursor=nonsense", "This page isn't there any more"),
        ("=x", "There is no such filter."),
        ("&".join(f"metadata[k{n}]=v" for n in range(60)), "too many conditions"),
    ],
)
def test_nonsense_is_left_out_and_said(
    viewer: Dashboard, organization: Organization, query: str, said: str
) -> None:
    make(organization, "cust_1", metadata={f"k{n}": "v" for n in range(50)})
    page = viewer.client.get(f"{viewer.root}/customers?{query}")
    assert page.status_code == 200
    assert said in text(page)
    assert ids(page) == ["cust_1"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    query=st.dictionaries(
        st.sampled_from(
            [*LIST_PARAMETERS, "metadata[k]", "ordering", "cursor", "metadata_key", "metadata_value", "x"]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
        max_size=4,
    )
)
def test_no_query_breaks_the_page(viewer: Dashboard, query: dict[str, str]) -> None:
    assert viewer.get("/customers", query).status_code == 200


def test_a_forms_way_of_saying_it_leads_to_the_lists_own(viewer: Dashboard) -> None:
    sent = "search=&has_external_customer_id=&metadata_key=plan&metadata_value=pro&ordering=name"
    answer = viewer.client.get(f"{viewer.root}/customers?{sent}")
    assert answer.status_code == 302
    assert answer.url == f"{viewer.root}/customers?ordering=name&metadata[plan]=pro"


def test_what_it_is_narrowed_by_can_be_removed_one_by_one(
    viewer: Dashboard, organization: Organization
) -> None:
    make(organization, "cust_1")
    query = (
        "external_customer_id=a&external_customer_id=cust_1&created_from=2020-01-01&ordering=name&search=c"
    )
    page = viewer.client.get(f"{viewer.root}/customers?{query}")
    chips = {(one.label, one.value): one.query_without for one in page.context["conditions"]}
    assert chips == {
        ("External ID", "a"): "external_customer_id=cust_1&created_from=2020-01-01&ordering=name&search=c",
        ("External ID", "cust_1"): "external_customer_id=a&created_from=2020-01-01&ordering=name&search=c",
        (
            "Created from",
            "2020-01-01",
        ): "external_customer_id=a&external_customer_id=cust_1&ordering=name&search=c",
    }
    for query_without in chips.values():
        assert viewer.client.get(f"{viewer.root}/customers?{query_without}").status_code == 200


@pytest.mark.parametrize("ordering", ["", "name", "-name", "email", "-external_customer_id"])
def test_its_pages_have_everyone_once_in_order(
    viewer: Dashboard, organization: Organization, ordering: str
) -> None:
    for number in range(PAGE_SIZE + 10):
        make(
            organization,
            f"cust_{number:03}" if number % 4 else None,
            name=f"N{number % 7}" if number % 3 else None,
        )
    query = {"ordering": ordering} if ordering else {}
    first = viewer.get("/customers", query)
    second = viewer.client.get(first.context["next_url"])
    assert (first.context["previous_url"], second.context["next_url"]) == ("", "")
    seen = [customer.id for page in (first, second) for customer in page.context["customers"]]
    assert len(seen) == len(set(seen)) == PAGE_SIZE + 10
    again = viewer.client.get(second.context["previous_url"])
    assert ids(again) == ids(first)


def test_its_headings_turn_the_order_round(viewer: Dashboard, organization: Organization) -> None:
    make(organization, "a")
    columns = {one.name: one for one in viewer.get("/customers", {"ordering": "name"}).context["columns"]}
    assert (columns["name"].sorted, columns["name"].query) == ("ascending", "ordering=-name")
    assert (columns["email"].sorted, columns["email"].query) == ("", "ordering=email")


def test_it_costs_the_same_queries_at_one_row_and_at_fifty(
    viewer: Dashboard, organization: Organization
) -> None:
    make(organization, "cust_0", name="Ada", email="ada@example.com")
    viewer.get("/customers")  # whatever is made once
    with CaptureQueriesContext(connection) as one:
        viewer.get("/customers")
    make(organization, *(f"cust_{number}" for number in range(1, 60)), name="Bob", email="bob@example.com")
    with CaptureQueriesContext(connection) as fifty:
        assert len(ids(viewer.get("/customers"))) == PAGE_SIZE
    assert len(one) == len(fifty) <= 5


NASTY = ["<b>&\"'</b>", "a/b?c#d", "שלום", "🦊", "x" * 255, "javascript:alert(1)", "{{ 7|add:7 }}", "a b"]


@pytest.mark.parametrize("own_id", NASTY)
def test_whatever_an_id_is_made_of_it_shows_as_text(
    viewer: Dashboard, organization: Organization, own_id: str
) -> None:
    [customer] = make(organization, own_id, name=own_id)
    for query in ({}, {"search": own_id}, {"external_customer_id": own_id}):
        page = viewer.get("/customers", query)
        assert ids(page) == [own_id]
        assert "<b>" not in page.content.decode()
        assert own_id in text(page).replace(" ", "") or own_id in text(page)
        assert f'href="{viewer.root}/customers/{customer.id}"' in page.content.decode()


class TestMarking:
    @pytest.mark.parametrize(
        ("whole", "fragment", "shown"),
        [
            ("Acme Inc", "ME", "Ac<mark>me</mark> Inc"),
            ("aXa", "a", "<mark>a</mark>X<mark>a</mark>"),
            ("ΣΊΣΥΦΟΣ", "ς", "<mark>Σ</mark>Ί<mark>Σ</mark>ΥΦΟ<mark>Σ</mark>"),
            ("Straße", "ß", "Stra<mark>ß</mark>e"),
            ("<b>&", "B>", "&lt;<mark>b&gt;</mark>&amp;"),
            ("none", "x", "none"),
            ("all", "", "all"),
        ],
    )
    def test_what_was_searched_is_marked_in_any_letter_case(
        self, whole: str, fragment: str, shown: str
    ) -> None:
        assert marked(whole, fragment) == shown

    @given(st.text(max_size=20), st.text(max_size=3))
    def test_nothing_but_marks_is_added(self, whole: str, fragment: str) -> None:
        shown = marked(whole, fragment)
        assert shown.replace("<mark>", "").replace("</mark>", "") == escape(whole)

    def test_it_finds_what_the_database_finds(self, viewer: Dashboard, organization: Organization) -> None:
        make(organization, "Größe-ÀÉ")
        for fragment in ("GRÖ", "ße-àé", "SSE"):
            page = viewer.get("/customers", {"search": fragment})
            assert ("<mark>" in page.content.decode()) == bool(ids(page))


def exported(dashboard: Dashboard, query: Any) -> list[str]:
    response = dashboard.client.get(f"{dashboard.root}/customers/export", query)
    content = response.getvalue()
    assert content.startswith(BYTE_ORDER_MARK)
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [row["external_customer_id"] for row in rows]


def test_the_export_is_exactly_what_is_shown(viewer: Dashboard, organization: Organization) -> None:
    make(organization, *(f"cust_{number}" for number in range(PAGE_SIZE + 5)), name="Ada")
    make(organization, "other", None, name="Bob")
    query = {"search": "ada", "ordering": "external_customer_id"}
    page = viewer.get("/customers", query)
    assert page.context["listing"].view == "search=ada&ordering=external_customer_id"
    assert f'href="{viewer.root}/customers/export?search=ada&amp;ordering=' in page.content.decode()
    rows = exported(viewer, query)
    assert rows[:PAGE_SIZE] == ids(page)
    assert rows == sorted(f"cust_{number}" for number in range(PAGE_SIZE + 5))


def test_an_export_too_many_is_said_on_the_list(viewer: Dashboard, organization: Organization) -> None:
    running = viewer.client.get(f"{viewer.root}/customers/export")
    page = viewer.get("/customers/export", {"search": "a"})
    assert page.redirect_chain == [(f"{viewer.root}/customers?search=a", 302)]
    assert "Another export is being written." in text(page)
    running.close()


def test_an_empty_list_says_how_to_begin(viewer: Dashboard, owner: Dashboard) -> None:
    assert "No customers yet" in text(viewer.get("/customers"))
    assert "Create customer" not in text(viewer.get("/customers"))
    assert "Create customer" in text(owner.get("/customers"))
    assert "No customer matches" in text(owner.get("/customers", {"search": "x"}))


class TestSearchBox:
    @pytest.mark.parametrize(
        "spelled", ["cust_1", "ADA@example.com", "Ada Lovelace", "the id", "the id without hyphens"]
    )
    def test_one_exact_hit_is_gone_to(
        self, viewer: Dashboard, organization: Organization, stranger: Organization, spelled: str
    ) -> None:
        known = {"name": "Ada Lovelace", "email": "ada@example.com"}
        [customer] = make(organization, "cust_1", **known)
        make(stranger, "cust_1", **known)
        found = {"the id": str(customer.id), "the id without hyphens": customer.id.hex}.get(spelled, spelled)
        page = viewer.get("/search", {"q": f" {found} "})
        assert page.redirect_chain[-1][0] == f"{viewer.root}/customers/{customer.id}"

    @pytest.mark.parametrize("sought", ["twice@example.com", "cust", "\0", "x" * 300, "%00", "a/b?c"])
    def test_else_the_list_shows_what_there_is(
        self, viewer: Dashboard, organization: Organization, sought: str
    ) -> None:
        make(organization, "cust_1", "cust_2", email="twice@example.com")
        page = viewer.get("/search", {"q": sought})
        assert page.status_code == 200
        assert page.redirect_chain[-1][0].startswith(f"{viewer.root}/customers?search=")

    def test_an_id_comes_before_an_address(self, organization: Organization) -> None:
        make(organization, None, email="ada@example.com")
        [holder] = make(organization, "ada@example.com")
        address = reverse("dashboard:customer", args=[organization.slug, holder.id])
        assert customer_address(organization, "ada@example.com") == address

    def test_nobody_deleted_is_found(self, organization: Organization) -> None:
        [customer] = make(organization, "cust_1", name="Ada", email="a@example.com")
        services.delete_customer(customer=customer)
        for sought in ("cust_1", "Ada", "a@example.com", str(customer.id)):
            assert customer_address(organization, sought) is None
