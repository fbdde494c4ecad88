"""The administration: every page opens, whatever is asked of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkout.tests.factories import a_product, a_session, paid
from checkout.tests.stripe_stand_in import paid_by_stripe
from customers.services import create_customer
from metrics.models import Event
from metrics.services.meters import create_meter
from metrics.tests.sending import event, send
from organizations import services
from organizations.models import Membership, User
from organizations.tests.administration import page
from organizations.tests.factories import OrganizationFactory, UserFactory, make_token
from organizations.tests.people import client_of

MODELS = [model._meta.label_lower for model in admin.site._registry]
# What is made by programs, buyers and staff alone.
ONLY_READ = [
    "checkout.checkoutsession",
    "checkout.order",
    "checkout.paymentsettings",
    "checkout.product",
    "metrics.event",
    "metrics.eventname",
    "metrics.meter",
    "metrics.unmatchedid",
]
ADDED = [label for label in MODELS if label not in ONLY_READ]


@pytest.fixture
def rows(root: User) -> dict[str, Any]:
    """A row of each model, by the model's label."""
    organization = OrganizationFactory.create()
    membership, _ = services.create_staff_user(
        email="a@example.com", organization=organization, role=Membership.Role.OWNER
    )
    token, _ = make_token(organization)
    send(organization, event("waits"))
    waiting = Event.objects.for_organization(organization).get()
    return {
        "organizations.organization": organization,
        "organizations.user": membership.user,
        "organizations.membership": membership,
        "organizations.accesstoken": token,
        "customers.customer": create_customer(
            organization=organization, external_customer_id="cust_123", name="Ada"
        ),
        "checkout.product": a_product(organization),
        "checkout.checkoutsession": a_session(organization),
        "checkout.order": paid(a_session(organization)),
        "checkout.paymentsettings": paid_by_stripe(organization),
        "metrics.event": waiting,
        "metrics.eventname": waiting.name,
        "metrics.unmatchedid": waiting.unmatched,
        "metrics.meter": create_meter(organization=organization, name="Calls", function="count"),
    }


def test_the_models_are_these() -> None:
    assert sorted(MODELS) == [
        "checkout.checkoutsession",
        "checkout.order",
        "checkout.paymentsettings",
        "checkout.product",
        "customers.customer",
        "metrics.event",
        "metrics.eventname",
        "metrics.meter",
        "metrics.unmatchedid",
        "organizations.accesstoken",
        "organizations.membership",
        "organizations.organization",
        "organizations.user",
    ]


@pytest.mark.parametrize("name", ["index", "password_change", "password_change_done", "jsi18n"])
def test_the_sites_own_pages_open(browser: Client, name: str) -> None:
    assert browser.get(reverse(f"admin:{name}")).status_code == 200


def test_the_login_page_opens_and_has_the_products_name(db: None) -> None:
    answer = Client().get(reverse("admin:login"))
    assert answer.status_code == 200
    assert "Polar Customers" in answer.text


def test_the_address_is_also_good_without_its_slash(browser: Client) -> None:
    answer = browser.get("/admin", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize("label", MODELS)
@pytest.mark.parametrize("name", ["changelist", "add", "change", "history"])
def test_every_page_of_every_model_opens(
    browser: Client, rows: dict[str, Any], label: str, name: str
) -> None:
    of_a_row = [rows[label].pk] if name in ("change", "history") else []
    answer = browser.get(page(label, name, *of_a_row))
    if name == "add" and label in ONLY_READ:
        assert answer.status_code == 403
        return
    assert answer.status_code == 200
    assert "Polar Customers" in answer.text


@pytest.mark.parametrize("label", MODELS)
def test_nothing_can_be_deleted_for_good(browser: Client, rows: dict[str, Any], label: str) -> None:
    row = rows[label]
    assert browser.get(page(label, "delete", row.pk)).status_code == 403
    assert browser.post(page(label, "delete", row.pk), {"post": "yes"}).status_code == 403
    browser.post(
        page(label, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    assert type(row).objects.filter(pk=row.pk).exists()
    model_admin = admin.site._registry[type(row)]
    request = browser.get(page(label, "changelist")).wsgi_request
    assert "delete_selected" not in model_admin.get_actions(request)


ODD = [
    "q=%00",
    "q=" + "x" * 10_000,
    "q=" + "a+b+" * 2_500,
    "q=%25%5C_'%22%3Cscript%3E",
    "q=%F0%9F%92%A9",
    "q=" + "(" * 300,
    "nonsense=1",
    "organization=%00",
    "organization=nobody",
    "organization=1&organization=2",
    "created_at__gte=nonsense",
    "created_at__gte=%00",
    "created_at__gte=9999-12-31T23:59:59-23:59",
    "created_at__gte=0001-01-01T00:00:00%2B23:59",
    "created_at__lt=10000-01-01",
    "is_active__exact=banana",
    "is_staff__exact=%00",
    "role__exact=%00",
    "role__exact=nonsense",
    "state=nonsense",
    "deleted=nonsense",
    "status=nonsense",
    "archived=%00",
    "has_external_customer_id=%00",
    "name__regex=(",
    "external_customer_id__regex=(a%2B)%2B",
    "metadata__plan=pro",
    "password__startswith=argon2",
    "token_hash__startswith=x",
    "p=nonsense",
    "p=0",
    "p=-1",
    "p=999999999",
    "p=" + "9" * 5_000,
    "o=nonsense",
    "o=99.-99.1",
    "o=--1.2",
    "all=",
    "_facets=True",
    "_popup=1",
    "e=1",
]


@pytest.mark.parametrize("label", MODELS)
def test_odd_questions_to_a_list_are_no_error_of_ours(
    browser: Client, rows: dict[str, Any], label: str
) -> None:
    for query in ODD:
        answer = browser.get(f"{page(label, 'changelist')}?{query}", follow=True)
        assert answer.status_code == 200, query


@pytest.mark.parametrize("label", MODELS)
def test_a_list_says_that_a_filter_was_left_out(browser: Client, rows: dict[str, Any], label: str) -> None:
    answer = browser.get(page(label, "changelist") + "?nonsense=1", follow=True)
    assert "It was left out." in answer.text


@pytest.mark.parametrize("label", MODELS)
def test_a_row_that_is_not_there_is_no_error_of_ours(browser: Client, label: str) -> None:
    for key in ("nonsense", "0" * 32, "a" * 5_000, "%00", "_5B", "💩", "1/2"):
        for name in ("change", "history", "delete"):
            answer = browser.get(page(label, name, key), follow=True)
            assert answer.status_code in (200, 403, 404), (name, key)


@pytest.mark.parametrize("label", ADDED)
def test_odd_beginnings_of_a_form_are_no_error_of_ours(browser: Client, label: str) -> None:
    for query in ("organization=nonsense", "organization=%00", "user=1", "metadata={", "scopes=x"):
        assert browser.get(f"{page(label, 'add')}?{query}").status_code == 200, query


@pytest.mark.parametrize("label", ADDED)
def test_odd_forms_are_shown_again(browser: Client, rows: dict[str, Any], label: str) -> None:
    names = ("organization", "user", "email", "role", "name", "slug", "scopes", "expires_at_0", "metadata")
    before = type(rows[label]).objects.count()
    for text in ("", "no sense", "\x00", "x" * 10_000, "{" * 10_000):
        answer = browser.post(page(label, "add"), {**dict.fromkeys(names, text), "expires_at_1": text})
        assert answer.status_code == 200, text
        assert "errornote" in answer.text, text
    assert type(rows[label]).objects.count() == before


def test_odd_questions_to_the_autocompletion_are_no_error_of_ours(browser: Client) -> None:
    for query in (
        "",
        "term=a",
        "term=a&app_label=customers&model_name=customer&field_name=organization",
        "term=%00&app_label=customers&model_name=customer&field_name=organization",
        "term=" + "a+" * 5_000 + "&app_label=customers&model_name=customer&field_name=organization",
        "term=a&page=x&app_label=customers&model_name=customer&field_name=organization",
        "term=a&app_label=organizations&model_name=accesstoken&field_name=created_by",
        "term=a&app_label=x&model_name=y&field_name=z",
    ):
        answer = browser.get(reverse("admin:autocomplete") + "?" + query)
        assert answer.status_code in (200, 403, 404), query


@pytest.mark.parametrize("label", MODELS)
def test_outsiders_see_nothing(rows: dict[str, Any], label: str) -> None:
    for outsider in (Client(), client_of(UserFactory.create())):
        for address in (page(label, "changelist"), page(label, "change", rows[label].pk), page(label, "add")):
            answer = outsider.get(address)
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("label", MODELS)
def test_a_list_costs_the_same_at_few_rows_and_at_many(
    browser: Client, rows: dict[str, Any], label: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page(label, "changelist")).status_code == 200
        return len(captured)

    few = queries()
    for number in range(20):
        organization = OrganizationFactory.create()
        make_token(organization)
        services.create_staff_user(
            email=f"person-{number}@example.org", organization=organization, role=Membership.Role.MEMBER
        )
    assert queries() == few
