"""Making and changing customers in the administration, under the rules of every way in."""

from __future__ import annotations

import json
import threading
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from customers import services
from customers.models import Customer, CustomerChange
from customers.tests.administration import ADD, page_of
from customers.tests.external_ids import ILL_FORMED_TEXT
from customers.tests.factories import CustomerFactory
from organizations.models import Organization, User
from organizations.tests.administration import filled_in
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import PASSWORD, client_of


def test_a_new_customer_is_as_typed(browser: Client, support: User, organization: Organization) -> None:
    typed = {
        "organization": str(organization.id),
        "external_customer_id": "a/b ?#%",
        "name": " Ada ",
        "email": "ada@example.com",
        "tax_id": "DE 1",
        "line1": "1 Main St",
        "country": "DE",
        "metadata": '{"plan": "pro", "seats": 5}',
    }
    answer = browser.post(ADD, filled_in(browser, ADD, **typed), headers={"X-Request-ID": "req-1"})
    assert answer.status_code == 302, answer.context["errors"]
    customer = Customer.objects.get()
    assert (customer.external_customer_id, customer.name, customer.tax_id) == ("a/b ?#%", " Ada ", "DE 1")
    assert customer.billing_address is not None
    assert customer.billing_address["line1"] == "1 Main St"
    assert customer.billing_address["city"] is None
    assert customer.metadata == {"plan": "pro", "seats": 5}
    change = CustomerChange.objects.get()
    assert change.pgh_context["user"] == str(support.id)
    assert change.pgh_context["request_id"] == "req-1"


def test_an_empty_form_makes_a_customer_without_anything(browser: Client, organization: Organization) -> None:
    browser.post(ADD, filled_in(browser, ADD, organization=str(organization.id)))
    customer = Customer.objects.get()
    assert (customer.external_customer_id, customer.name, customer.email) == (None, None, None)
    assert (customer.billing_address, customer.metadata) == (None, {})


@pytest.mark.parametrize(
    "own_id", [value for value, _ in ILL_FORMED_TEXT.values()], ids=list(ILL_FORMED_TEXT)
)
def test_an_ill_formed_id_is_refused_and_never_repaired(
    browser: Client, organization: Organization, own_id: str
) -> None:
    answer = browser.post(ADD, {"organization": str(organization.id), "external_customer_id": own_id})
    assert answer.status_code == 200
    assert "external_customer_id" in answer.context["adminform"].form.errors
    assert not Customer.objects.exists()


def test_a_taken_id_is_refused_with_a_link_to_the_holder(browser: Client, organization: Organization) -> None:
    holder = CustomerFactory.create(organization=organization, external_customer_id="cust_123")
    customer = CustomerFactory.create(organization=organization, name="Ada")
    typed = {"external_customer_id": "cust_123", "name": "Grace", "metadata": '{"a":   1}'}
    for address, more in ((ADD, {"organization": str(organization.id)}), (page_of(customer), {})):
        answer = browser.post(address, {**filled_in(browser, address), **typed, **more})
        assert answer.status_code == 200
        form = answer.context["adminform"].form
        assert list(form.errors) == ["external_customer_id"]
        assert f'<a href="{page_of(holder)}">Open the customer who holds it</a>' in answer.text
        assert {name: form[name].value() for name in typed} == typed
    assert Customer.objects.count() == 2
    customer.refresh_from_db()
    assert customer.name == "Ada"


def test_another_organizations_id_is_free(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    CustomerFactory.create(organization=stranger, external_customer_id="cust_123")
    browser.post(ADD, {"organization": str(organization.id), "external_customer_id": "cust_123"})
    assert Customer.objects.filter(external_customer_id="cust_123").count() == 2


@pytest.mark.django_db(transaction=True)
def test_losing_a_race_for_an_id_is_said_on_the_field() -> None:
    """The form finds the ID free; the database, once the other writer commits, doesn't."""
    organization = OrganizationFactory.create()
    browser = client_of(User.objects.create_superuser("root@example.com", PASSWORD))
    typed = filled_in(
        browser, ADD, organization=str(organization.id), external_customer_id="cust_123", name="Slow"
    )
    inserted, over = threading.Event(), threading.Event()

    def insert_and_commit_once_somebody_waits() -> None:
        parameters: dict[str, Any] = connection.get_connection_params()
        parameters.pop("cursor_factory"), parameters.pop("context", None)
        with psycopg.connect(**parameters) as other:
            other.execute(
                "INSERT INTO customers (id, organization_id, external_customer_id, metadata, created_at, modified_at)"
                " VALUES (gen_random_uuid(), %s, 'cust_123', '{}', now(), now())",
                [organization.id],
            )
            inserted.set()
            while not over.is_set():
                waiting = other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
                if waiting and waiting[0]:
                    break
        # leaving the block commits

    faster = threading.Thread(target=insert_and_commit_once_somebody_waits)
    faster.start()
    assert inserted.wait(30)
    answer = browser.post(ADD, typed)
    over.set()
    faster.join()
    holder = Customer.objects.get()
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert list(form.errors) == ["external_customer_id"]
    assert f'<a href="{page_of(holder)}">' in answer.text
    assert form["name"].value() == "Slow"


def test_the_id_can_be_set_while_there_is_none_and_not_changed_after_that(
    browser: Client, organization: Organization
) -> None:
    customer = CustomerFactory.create(organization=organization, name="Ada")
    address = page_of(customer)
    answer = browser.get(address)
    assert "It can be set once and never changes after that." in answer.text
    assert 'name="external_customer_id"' in answer.text
    browser.post(address, filled_in(browser, address, external_customer_id="cust_123"))
    customer.refresh_from_db()
    assert customer.external_customer_id == "cust_123"
    assert 'name="external_customer_id"' not in browser.get(address).text
    for other in ("cust_456", "", "CUST_123"):
        answer = browser.post(address, filled_in(browser, address, external_customer_id=other, name="Eve"))
        assert list(answer.context["adminform"].form.errors) == ["external_customer_id"]
    customer.refresh_from_db()
    assert (customer.external_customer_id, customer.name) == ("cust_123", "Ada")
    browser.post(address, filled_in(browser, address, external_customer_id="cust_123", name="Grace"))
    customer.refresh_from_db()
    assert customer.name == "Grace"


def test_the_organization_is_for_good(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    customer = CustomerFactory.create(organization=organization)
    address = page_of(customer)
    assert 'name="organization"' not in browser.get(address).text
    browser.post(address, filled_in(browser, address, organization=str(stranger.id), name="Ada"))
    customer.refresh_from_db()
    assert (customer.organization, customer.name) == (organization, "Ada")


def test_what_is_not_touched_is_not_written(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(
        organization=organization, name=" Ada ", metadata={"rate": 1.0, "vip": True}, email="ada@example.com"
    )
    address = page_of(customer)
    browser.post(address, filled_in(browser, address))
    assert CustomerChange.objects.count() == 1
    browser.post(address, filled_in(browser, address, tax_id="DE 1"))
    customer.refresh_from_db()
    assert (customer.name, customer.metadata, customer.tax_id) == (
        " Ada ",
        {"rate": 1.0, "vip": True},
        "DE 1",
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '"text"',
        '{"a": null}',
        '{"a": {"b": 1}}',
        '{"a": NaN}',
        '{"a": 1e400}',
        '{"a": 9007199254740993}',
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": 1, "a": 2}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        "[" * 100_000,
        json.dumps({"a": "x" * 501}),
        json.dumps({"x" * 41: 1}),
        json.dumps({str(number): 1 for number in range(51)}),
    ],
)
def test_metadata_that_breaks_the_rule_is_refused_and_kept_as_typed(
    browser: Client, organization: Organization, text: str
) -> None:
    customer = CustomerFactory.create(organization=organization, metadata={"plan": "pro"})
    address = page_of(customer)
    answer = browser.post(address, filled_in(browser, address, metadata=text, name="Eve"))
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert list(form.errors) == ["metadata"]
    assert form["metadata"].value() == text
    customer.refresh_from_db()
    assert (customer.metadata, customer.name) == ({"plan": "pro"}, None)


def test_metadata_is_replaced_by_what_the_page_shows(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization, metadata={"plan": "pro", "old": True})
    address = page_of(customer)
    browser.post(address, filled_in(browser, address, metadata='{"plan": "free"}'))
    customer.refresh_from_db()
    assert customer.metadata == {"plan": "free"}
    browser.post(address, filled_in(browser, address, metadata=""))
    customer.refresh_from_db()
    assert customer.metadata == {}


def test_a_wrong_part_of_an_address_is_named(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization)
    address = page_of(customer)
    answer = browser.post(address, filled_in(browser, address, country="Germany", city="Berlin"))
    assert list(answer.context["adminform"].form.errors) == ["country"]
    browser.post(address, filled_in(browser, address, country="DE", city="Berlin"))
    customer.refresh_from_db()
    assert customer.billing_address is not None
    assert customer.billing_address["city"] == "Berlin"
    browser.post(address, filled_in(browser, address, country="", city=""))
    customer.refresh_from_db()
    assert customer.billing_address is None


def test_of_two_who_edit_at_once_the_second_is_told(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization, name="Ada", email="ada@example.com")
    address = page_of(customer)
    opened = filled_in(browser, address, name="Grace")
    services.update_customer(customer=customer, name="Joan")
    answer = browser.post(address, opened)
    assert answer.status_code == 200
    assert "Somebody has changed this customer" in answer.text
    assert answer.context["adminform"].form["name"].value() == "Grace"
    customer.refresh_from_db()
    assert customer.name == "Joan"
    again = {bound.name: bound.value() or "" for bound in answer.context["adminform"].form}
    browser.post(address, again)
    customer.refresh_from_db()
    assert customer.name == "Grace"
