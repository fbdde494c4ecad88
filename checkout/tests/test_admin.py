"""Sessions, orders and products in the administration: found by what people call them, and read, never written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from checkout.links import page_url
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.services.moves import begin_payment
from checkout.tests.factories import a_product, a_session, lapse, paid
from customers.services import delete_customer
from customers.tests.administration import page_of
from customers.tests.external_ids import WELL_FORMED
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.administration import page, superuser
from organizations.tests.people import client_of

SESSION, ORDER, PRODUCT = "checkout.checkoutsession", "checkout.order", "checkout.product"
EXPIRY = "/admin/checkout/checkoutsession/expiry/"


@pytest.fixture
def browser(db: None) -> Client:
    return client_of(superuser())


def found(browser: Client, label: str, **query: Any) -> list[Any]:
    answer = browser.get(page(label, "changelist"), query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def an_attempt(session: CheckoutSession, **fields: Any) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        organization=session.organization, session=session, processor="sandbox", **fields
    )


def test_a_session_is_found_by_everything_that_names_it(browser: Client, organization: Organization) -> None:
    customer = CustomerFactory.create(
        organization=organization, external_customer_id="cust_123", email="Ada@example.com"
    )
    session = a_session(organization, external_customer_id="cust_123")
    an_attempt(session, reference="pi_42", status="failed")
    order = paid(session)
    a_session(organization, external_customer_id="cust_124")
    a_session(organization)
    for text in (
        "cust_123",
        " cust_123 ",
        str(session.id),
        session.id.hex,
        str(customer.id),
        str(order.id),
        page_url("https://billing.example.com", session.id),
        "pi_42",
        "ada@EXAMPLE.com",
    ):
        assert found(browser, SESSION, q=text) == [session], text
    for text in ("cust_12", "CUST_123", "pi_4", "example.com", "cs_nonsense", str(organization.id), "%"):
        assert found(browser, SESSION, q=text) == [], text


def test_an_order_is_found_by_everything_that_names_it(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    first = paid(a_session(organization, external_customer_id="7", customer_email="ada@example.com"))
    order = paid(a_session(organization, external_customer_id="7"))
    foreign = paid(a_session(stranger, external_customer_id="cust_124"))
    assert found(browser, ORDER, q="7") == [order, first]
    for text in (str(order.id), str(order.checkout_session_id)):
        assert found(browser, ORDER, q=text) == [order], text
    assert found(browser, ORDER, q=str(order.customer_id)) == [order, first]
    assert found(browser, ORDER, q="ADA@example.com") == [order, first]
    assert found(browser, ORDER, q="#1") == found(browser, ORDER, q="1") == [foreign, first]
    assert found(browser, ORDER, q="1", organization=stranger.slug) == [foreign]
    for text in ("3", "9" * 40, "#", "②"):
        assert found(browser, ORDER, q=text) == [], text


def test_sessions_that_wait_under_an_id_and_those_of_earlier_holders_are_found_and_marked(
    browser: Client, organization: Organization
) -> None:
    earlier = CustomerFactory.create(
        organization=organization, external_customer_id="cust_123", email="ada@example.com"
    )
    theirs = a_session(organization, external_customer_id="cust_123")
    order = paid(a_session(organization, external_customer_id="cust_123"))
    delete_customer(customer=earlier)
    waiting = a_session(organization, external_customer_id="cust_123")
    holder = CustomerFactory.create(organization=organization, external_customer_id="cust_123")
    linked = a_session(organization, customer_id=holder.id)
    answer = browser.get(page(SESSION, "changelist"), {"q": "cust_123"})
    assert list(answer.context["cl"].result_list) == [linked, waiting, order.checkout_session, theirs]
    assert answer.text.count('class="deleted-mark"') == 2
    assert answer.text.count("nobody yet") == 1
    assert found(browser, SESSION, q="ada@example.com") == [order.checkout_session, theirs]
    assert found(browser, ORDER, q="cust_123") == [order]
    assert 'class="deleted-mark"' in browser.get(page(ORDER, "change", order.id)).text


@pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
def test_every_id_is_found_and_is_text_on_every_page(
    browser: Client, organization: Organization, own_id: str
) -> None:
    session = a_session(organization, external_customer_id=own_id)
    assert found(browser, SESSION, q=own_id) == [session]
    order = paid(session)
    assert found(browser, SESSION, q=own_id) == [session]
    assert found(browser, ORDER, q=own_id) == [order]
    for label, row in ((SESSION, session), (ORDER, order)):
        text = browser.get(page(label, "change", row.id)).text
        assert f'<bdi class="external-id">{escape(own_id)}</bdi>' in text
        assert "<script>alert" not in text


def test_filters_narrow_the_lists(
    browser: Client, organization: Organization, stranger: Organization
) -> None:
    opened, lapsed, foreign = a_session(organization), a_session(organization), a_session(stranger)
    processing = begin_payment(session=a_session(organization))
    order = paid(a_session(organization))
    lapse(lapsed)
    assert found(browser, SESSION, status="open") == [foreign, opened]
    assert found(browser, SESSION, status="open", organization=organization.slug) == [opened]
    assert found(browser, SESSION, status="processing") == [processing]
    assert found(browser, SESSION, status="complete") == [order.checkout_session]
    assert found(browser, SESSION, status="expired") == [lapsed]
    archived, sold = a_product(organization, archived=True), a_product(organization, name="Planet")
    assert found(browser, PRODUCT, archived="true") == [archived]
    assert found(browser, PRODUCT, archived="false") == [sold]
    assert found(browser, PRODUCT, q="Plan") == [sold, archived]
    assert found(browser, PRODUCT, q=str(sold.id)) == found(browser, PRODUCT, q="Plane") == [sold]


@pytest.mark.parametrize("label", [SESSION, ORDER, PRODUCT])
def test_dates_narrow_the_lists_to_their_moment(
    browser: Client, organization: Organization, label: str
) -> None:
    a_product(organization)
    rows = [paid(a_session(organization)) for _ in range(2)]
    if label == SESSION:
        rows = [order.checkout_session for order in rows]
    if label == PRODUCT:
        rows = [a_product(organization), a_product(organization)]
    since = rows[1].created_at.isoformat()
    assert found(browser, label, created_at__gte=since) == [rows[1]]
    assert rows[0] in found(browser, label, created_at__lt=since)
    assert rows[1] not in found(browser, label, created_at__lt=since)
    with CaptureQueriesContext(connection) as captured:
        found(browser, label, created_at__gte=since)
    listed = [query["sql"] for query in captured if '"created_at" >=' in query["sql"]]
    assert listed
    assert all('."id" >=' in sql for sql in listed)  # along the primary key


def test_a_session_shows_what_it_sells_to_whom_and_every_attempt(
    browser: Client, organization: Organization
) -> None:
    product = a_product(organization, name="Tea <1 kg>", unit_amount=12500, currency="kwd")
    session = a_session(
        organization,
        external_customer_id="cust_123",
        items=[{"product_id": product.id, "quantity": 2}],
        metadata={"cart": "c-1"},
        success_url="https://shop.example/thanks",
    )
    an_attempt(
        session, status="failed", failure_code="card_declined", failure_message="Your card was declined."
    )
    order = paid(session, email="ada@example.com")
    text = browser.get(page(SESSION, "change", session.id)).text
    for part in (
        "Complete",
        "12.500 KWD",
        "25.000 KWD",
        "Tea &lt;1 kg&gt;",
        "card_declined",
        "Your card was declined.",
        "ada@example.com",
        "c-1",
        "https://shop.example/thanks",
        page(PRODUCT, "change", product.id),
        page(ORDER, "change", order.id),
        page_of(order.customer),
    ):
        assert part in text, part
    assert "cs_" not in text  # the secret is the buyer's
    assert 'href="https://shop.example' not in text
    text = browser.get(page(ORDER, "change", order.id)).text
    for part in (
        "#1",
        "25.000 KWD",
        "Tea &lt;1 kg&gt;",
        page(SESSION, "change", session.id),
        page_of(order.customer),
    ):
        assert part in text, part


def test_a_session_past_its_time_is_expired_here_too(browser: Client, organization: Organization) -> None:
    session = a_session(organization)
    assert f'href="{EXPIRY}?id={session.id}"' in browser.get(page(SESSION, "change", session.id)).text
    lapse(session)
    text = browser.get(page(SESSION, "change", session.id)).text
    assert "Expired" in text
    assert EXPIRY not in text


def test_a_customers_page_leads_to_its_sessions_and_orders(
    browser: Client, organization: Organization
) -> None:
    order = paid(a_session(organization, external_customer_id="cust_123"))
    a_session(organization, external_customer_id="cust_124")
    text = browser.get(page_of(order.customer)).text
    for label, expected in ((SESSION, [order.checkout_session]), (ORDER, [order])):
        address = f"{page(label, 'changelist')}?q={order.customer_id}"
        assert f'href="{address}"' in text
        assert list(browser.get(address).context["cl"].result_list) == expected


def test_expiring_is_asked_about_first_and_told_in_the_history(
    browser: Client, organization: Organization
) -> None:
    session = a_session(organization, external_customer_id="cust_123")
    asked = browser.get(f"{EXPIRY}?id={session.id}")
    assert str(session.id) in asked.text
    session.refresh_from_db()
    assert session.status == "open"
    answer = browser.post(EXPIRY, {"id": session.id}, follow=True)
    assert "The checkout session is expired." in answer.text
    session.refresh_from_db()
    assert session.stored_status == "expired"
    assert "Expired." in browser.get(page(SESSION, "history", session.id)).text


def test_several_are_expired_by_the_lists_action_and_the_others_left(
    browser: Client, organization: Organization
) -> None:
    sessions = [a_session(organization) for _ in range(2)]
    processing = begin_payment(session=a_session(organization))
    chosen = [str(session.id) for session in (*sessions, processing)]
    browser.post(page(SESSION, "changelist"), {"action": "expiry", "_selected_action": chosen}, follow=True)
    answer = browser.post(EXPIRY, {"id": chosen}, follow=True)
    assert "2 checkout sessions are expired." in answer.text
    processing.refresh_from_db()
    assert processing.status == "processing"


def test_a_session_that_is_being_paid_at_that_moment_is_not_expired(
    browser: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [a_session(organization) for _ in range(2)]
    from checkout.admin.sessions import Expiry

    looked_at = Expiry.applies_to

    def then_paid(self: Expiry, request: Any, obj: Any) -> bool:
        applies = looked_at(self, request, obj)
        if obj == sessions[1]:
            begin_payment(session=obj)
        return applies

    monkeypatch.setattr(Expiry, "applies_to", then_paid)
    answer = browser.post(EXPIRY, {"id": [session.id for session in sessions]}, follow=True)
    assert "Nothing was done. The checkout session isn&#x27;t open (any more)." in answer.text
    assert [CheckoutSession.objects.get(id=session.id).status for session in sessions] == [
        "open",
        "processing",
    ]


@pytest.mark.parametrize("label", [SESSION, ORDER, PRODUCT])
def test_nothing_is_added_or_written(browser: Client, organization: Organization, label: str) -> None:
    a_product(organization)
    order = paid(a_session(organization))
    row = {SESSION: order.checkout_session, ORDER: order, PRODUCT: a_product(organization)}[label]
    before = type(row).objects.filter(pk=row.pk).values().get()
    assert browser.get(page(label, "add")).status_code == 403
    text = browser.get(page(label, "change", row.pk)).text
    assert '<input type="text"' not in text.split('id="content"')[1]
    assert 'name="_save"' not in text
    sent = {"amount_total": "1", "unit_amount": "1", "name": "x", "number": "9", "stored_status": "complete"}
    assert browser.post(page(label, "change", row.pk), sent).status_code == 403
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("label", [SESSION, ORDER, PRODUCT])
def test_a_list_costs_the_same_at_1_row_and_at_20(
    browser: Client, organization: Organization, label: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            found(browser, label)
        return len(captured)

    def another(number: int) -> None:
        a_product(organization)
        paid(a_session(organization, external_customer_id=f"cust_{number}"))

    another(0)
    at_1 = queries()
    for number in range(1, 20):
        another(number)
    assert queries() == at_1 <= 9


@pytest.mark.parametrize(
    "query", ["", "q=cust_1", "status=open", "status=expired", "q=7&organization=x", "all="]
)
def test_a_list_is_bounded_whatever_is_asked(browser: Client, organization: Organization, query: str) -> None:
    paid(a_session(organization, external_customer_id="cust_1"))
    for label in (SESSION, ORDER):
        table = "checkout_sessions" if label == SESSION else "orders"
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"{page(label, 'changelist')}?{query}", follow=True).status_code == 200
        statements = [sql for one in captured if f'FROM "{table}"' in (sql := one["sql"])]
        assert statements or "organization=x" in query
        for sql in statements:
            assert " LIMIT " in sql or "COUNT" not in sql
            assert "DISTINCT" not in sql


def test_the_longest_history_of_attempts_is_cut(browser: Client, organization: Organization) -> None:
    session = a_session(organization)
    for _ in range(51):
        an_attempt(session, status="failed")
    text = browser.get(page(SESSION, "change", session.id)).text
    assert text.count("<td>sandbox</td>") == 50
    assert "There are older ones." in text


def test_support_alone_sees_it(organization: Organization) -> None:
    order: Order = paid(a_session(organization))
    for address in (page(ORDER, "change", order.id), page(SESSION, "changelist"), f"{EXPIRY}?id={order.id}"):
        assert Client().get(address).status_code == 302
