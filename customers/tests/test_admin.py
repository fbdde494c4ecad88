"""Finding a customer in the administration: by any ID, among any number."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from customers import services
from customers.models import Customer
from customers.tests.administration import DELETION, LIST, history_of, page_of
from customers.tests.external_ids import WELL_FORMED
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.support import BoundedChangeList, BoundedPaginator
from organizations.tests.factories import OrganizationFactory


def found(browser: Client, query: str) -> list[Customer]:
    return list(browser.get(f"{LIST}?{query}").context["cl"].result_list)


def test_a_search_finds_by_any_id_and_by_name_and_address(
    browser: Client, organization: Organization
) -> None:
    ada = CustomerFactory.create(
        organization=organization,
        external_customer_id="cust_123",
        name="Ada Lovelace",
        email="ada@example.com",
    )
    CustomerFactory.create(organization=organization, external_customer_id="other")
    for text in (
        "cust_123",
        "UST_1",
        "lovelace",
        "ADA@",
        str(ada.id),
        ada.id.hex,
        f"  {ada.id} ",
        " cust_123 ",
    ):
        assert found(browser, f"q={text}") == [ada], text
    assert found(browser, "q=%25") == []


@pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
def test_every_id_is_found_and_is_text_on_every_page(
    browser: Client, organization: Organization, own_id: str
) -> None:
    customer = CustomerFactory.create(organization=organization, external_customer_id=own_id, name="Ada")
    CustomerFactory.create(organization=organization, name="Somebody else")
    answer = browser.get(LIST, {"q": own_id})
    assert list(answer.context["cl"].result_list) == [customer]
    assert f'<bdi class="external-id">{escape(own_id)}</bdi>' in answer.text
    for address in (
        page_of(customer),
        history_of(customer),
        f"{DELETION}?id={customer.id}",
    ):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert escape(own_id) in answer.text
        assert "<script>alert" not in answer.text


def test_the_uuid_of_a_row_and_an_external_id_like_it_are_both_found(
    browser: Client, organization: Organization
) -> None:
    first = CustomerFactory.create(organization=organization)
    second = CustomerFactory.create(organization=organization, external_customer_id=str(first.id))
    assert found(browser, f"q={first.id}") == [second, first]


def test_deleted_customers_are_found_and_marked(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(organization=organization, external_customer_id="cust_123")
    services.delete_customer(customer=customer)
    holder = CustomerFactory.create(organization=organization, external_customer_id="cust_123")
    answer = browser.get(LIST, {"q": "cust_123"})
    assert list(answer.context["cl"].result_list) == [holder, customer]
    assert answer.text.count('<del><bdi class="external-id">cust_123</bdi></del>') == 1
    assert answer.text.count('class="deleted-mark"') == 1


def test_the_holder_of_the_very_id_stands_first(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    holders = [
        CustomerFactory.create(organization=owner, external_customer_id="7")
        for owner in (organization, stranger)
    ]
    for number in range(60):
        CustomerFactory.create(organization=organization, external_customer_id=f"17-{number}")
    assert found(browser, "q=7")[:2] == holders[::-1]
    assert found(browser, f"q=7&organization={organization.slug}")[0] == holders[0]
    assert holders[0] not in found(browser, "q=7&deleted=true")


def test_filters_narrow_the_list(browser: Client, organization: Organization, stranger: Organization) -> None:
    holder = CustomerFactory.create(organization=organization, external_customer_id="cust_123")
    nobody = CustomerFactory.create(organization=organization)
    foreign = CustomerFactory.create(organization=stranger, external_customer_id="cust_123")
    gone = services.delete_customer(customer=CustomerFactory.create(organization=stranger))
    assert found(browser, "") == [gone, foreign, nobody, holder]
    assert found(browser, f"organization={organization.slug}") == [nobody, holder]
    assert found(browser, f"organization={organization.id}") == [nobody, holder]
    assert found(browser, "organization=nobody") == []
    assert found(browser, "has_external_customer_id=true") == [foreign, holder]
    assert found(browser, "has_external_customer_id=false") == [gone, nobody]
    assert found(browser, "deleted=true") == [gone]
    assert found(browser, "deleted=false&has_external_customer_id=false") == [nobody]
    assert found(browser, f"q=cust_123&organization={stranger.slug}") == [foreign]
    assert found(browser, "created_at__gte=2000-01-01+00:00:00%2B00:00") == [gone, foreign, nobody, holder]
    assert found(browser, "created_at__lt=2000-01-01+00:00:00%2B00:00") == []


def test_the_list_costs_the_same_at_1_row_and_at_50(browser: Client, organization: Organization) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(LIST).status_code == 200
        return [query["sql"] for query in captured]

    CustomerFactory.create(organization=organization)
    at_1 = queries()
    for _ in range(49):
        CustomerFactory.create(organization=OrganizationFactory.create())
    assert len(queries()) == len(at_1) <= 9


@pytest.mark.parametrize(
    "query",
    ["", "q=cust", "deleted=true", "has_external_customer_id=false", "_facets=True", "all=", "o=1.2.3"],
)
def test_the_list_is_bounded_whatever_is_asked(
    browser: Client, organization: Organization, query: str
) -> None:
    CustomerFactory.create(organization=organization)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(f"{LIST}?{query}").status_code == 200
    on_customers = [sql for found in captured if 'FROM "customers"' in (sql := found["sql"])]
    assert on_customers
    for sql in on_customers:
        assert " LIMIT " in sql or "COUNT" not in sql
        assert "DISTINCT" not in sql
        assert "ORDER BY" not in sql or sql.count('ORDER BY "customers"."id" DESC') == 1


def test_the_count_ends_where_the_list_does(
    browser: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        CustomerFactory.create(organization=organization)
    assert "More than" not in browser.get(LIST).text
    monkeypatch.setattr(BoundedPaginator, "most", 2)
    assert "More than 2 customers" in " ".join(browser.get(LIST).text.split())


def test_a_search_is_answered_by_the_indexes_of_both_halves(organization: Organization) -> None:
    """For the few customers of a test anything else is quicker, so what else there is goes away for a moment."""
    CustomerFactory.create(organization=organization)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'customers'"
            " AND indexname LIKE 'idx%%' AND indexname NOT LIKE '%%grams'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Customer.objects.search_with_deleted("cust_123").explain()
    assert "BitmapOr" in plan
    assert "idx_customers_grams" in plan
    assert "idx_customers_deleted_grams" in plan


def test_a_list_that_takes_too_long_is_given_up(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedChangeList, "seconds", 0.2)
    parameters: dict[str, Any] = connection.get_connection_params()
    parameters.pop("cursor_factory"), parameters.pop("context", None)
    with psycopg.connect(**parameters) as other:
        other.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        answer = browser.get(LIST)
        other.rollback()
    assert answer.status_code == 200
    assert "was given up" in answer.text
    assert browser.get(LIST).status_code == 200
