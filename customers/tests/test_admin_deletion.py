"""Deleting customers in the administration, and the history that it shows of them."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from customers import services
from customers.models import Customer, CustomerChange
from customers.tests.administration import ADD, DELETION, LIST, history_of, page_of
from customers.tests.factories import CustomerFactory
from organizations.models import Organization, User
from organizations.tests.administration import filled_in
from organizations.tests.factories import make_token


def test_a_deletion_is_asked_about_first(browser: Client, support: User, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization, external_customer_id="cust_123", name="Ada")
    assert f'href="{DELETION}?id={customer.id}"' in browser.get(page_of(customer)).text
    asked = browser.get(f"{DELETION}?id={customer.id}")
    assert "cust_123" in asked.text
    customer.refresh_from_db()
    assert not customer.is_deleted
    answer = browser.post(DELETION, {"id": customer.id}, headers={"X-Request-ID": "req-2"}, follow=True)
    assert "The customer is deleted." in answer.text
    customer.refresh_from_db()
    assert customer.is_deleted
    assert (customer.external_customer_id, customer.name) == ("cust_123", "Ada")
    change = CustomerChange.objects.first()
    assert change is not None
    assert (change.pgh_context["user"], change.pgh_context["request_id"]) == (str(support.id), "req-2")


def test_several_are_deleted_by_the_lists_action(browser: Client, organization: Organization) -> None:
    customers = [CustomerFactory.create(organization=organization) for _ in range(3)]
    chosen = [str(customer.id) for customer in customers[:2]]
    answer = browser.post(LIST, {"action": "deletion", "_selected_action": chosen}, follow=True)
    assert answer.redirect_chain[0][0].startswith(DELETION)
    assert not Customer.objects.filter(deleted_at__isnull=False).exists()
    browser.post(DELETION, {"id": chosen})
    assert set(Customer.objects.live()) == {customers[2]}


def test_no_more_than_a_hundred_are_chosen_at_once(browser: Client, organization: Organization) -> None:
    customers = [CustomerFactory.create(organization=organization) for _ in range(101)]
    answer = browser.post(
        LIST,
        {"action": "deletion", "_selected_action": [customers[0].id], "select_across": "1"},
        follow=True,
    )
    assert "Choose at most 100 at a time." in answer.text


def test_personal_data_is_erased_on_demand_also_of_the_deleted(
    browser: Client, organization: Organization
) -> None:
    customer = CustomerFactory.create(
        organization=organization, external_customer_id="ada@example.com", name="Ada Lovelace"
    )
    services.delete_customer(customer=customer)
    assert "Erase personal data…" in browser.get(page_of(customer)).text
    assert "checked" in browser.get(f"{DELETION}?id={customer.id}").text
    browser.post(DELETION, {"id": customer.id, "anonymize": "on"})
    customer.refresh_from_db()
    assert (customer.external_customer_id, customer.name) == (f"deleted-{customer.id}", None)
    for address in (LIST, page_of(customer), history_of(customer), "/admin/"):
        text = browser.get(address).text
        assert "ada@example.com" not in text
        assert "Lovelace" not in text


def test_a_deleted_customer_can_be_read_and_not_written(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(
        organization=organization, name="Ada", billing_address={"city": "Berlin"}
    )
    address = page_of(customer)
    typed = filled_in(browser, address, name="Eve")
    services.delete_customer(customer=customer)
    text = browser.get(address).text
    assert "This customer was deleted on" in text
    assert "Berlin" in text
    assert 'name="_save"' not in text
    answer = browser.post(address, typed, follow=True)
    assert "deleted in the meantime" in answer.text
    customer.refresh_from_db()
    assert customer.name == "Ada"


@pytest.mark.parametrize("query", ["", "id=nonsense", "id=%00", "id=" + "0" * 32, "&".join(["id=1"] * 500)])
def test_a_deletion_of_nobody_says_so(browser: Client, query: str) -> None:
    assert "There is nothing here" in browser.get(f"{DELETION}?{query}", follow=True).text


def test_the_page_shows_who_changed_what(browser: Client, support: User, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization, name="Ada", metadata={"plan": "free"})
    address = page_of(customer)
    browser.post(
        address, filled_in(browser, address, name="Grace"), headers={"X-Request-ID": "req-of-the-admin"}
    )
    token, secret = make_token(organization)
    Client().patch(
        f"/v1/customers/{customer.id}",
        {"metadata": {"plan": "pro"}},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "X-Request-ID": "req-of-the-api"},
    )
    text = " ".join(browser.get(address).text.split())
    history = text[text.index('id="history"') :]
    for part in (
        support.email,
        "req-of-the-admin",
        '<bdi class="gone">Ada</bdi> → <bdi>Grace</bdi>',
        f"token {escape(token)}",
        "req-of-the-api",
        '<strong><bdi>metadata.plan</bdi></strong>: <bdi class="gone">free</bdi> → <bdi>pro</bdi>',
        "command line or database",
    ):
        assert part in history, part


def test_the_history_is_paged(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization)
    for number in range(60):
        services.update_customer(customer=customer, name=f"Name {number}")
    text = browser.get(page_of(customer)).text
    assert "Name 59" in text
    assert "Name 40" not in text
    older = browser.get(page_of(customer)).context["timeline"].older
    history = history_of(customer)
    first = browser.get(f"{history}?before={older}")
    assert f"?before={first.context['timeline'].older}" in first.text
    second = browser.get(f"{history}?before={first.context['timeline'].older}")
    assert second.context["timeline"].older is None
    assert second.context["timeline"].changes[-1].what == "created"
    for odd in ("nonsense", "-1", "0", "9" * 30, "%00", "²"):
        assert browser.get(f"{history}?before={odd}").status_code == 200


def test_a_customers_page_costs_the_same_however_long_its_history(
    browser: Client, organization: Organization
) -> None:
    def queries(customer: Customer) -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(page_of(customer))
        return len(captured)

    customer = CustomerFactory.create(organization=organization)
    address = page_of(customer)
    browser.post(address, filled_in(browser, address, name="Ada"))
    few = queries(customer)
    for number in range(30):
        services.update_customer(customer=customer, name=f"Name {number}")
    assert queries(customer) <= few


def test_djangos_own_log_has_nothing_of_a_customer(browser: Client, organization: Organization) -> None:
    browser.post(ADD, {"organization": str(organization.id), "external_customer_id": "cust_123"})
    address = page_of(Customer.objects.get())
    browser.post(address, filled_in(browser, address, name="Ada"))
    assert not LogEntry.objects.exists()
