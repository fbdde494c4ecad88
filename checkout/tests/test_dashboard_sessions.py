"""Checkouts as staff see them: whose they are, what happened, and what they may do about it."""

from __future__ import annotations

import datetime
import html
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.listing import PAGE_SIZE
from checkout.models import CheckoutSession, PaymentAttempt
from checkout.secrets import client_secret
from checkout.services.moves import begin_payment, complete_session, expire_session, reopen_session
from checkout.tests.factories import BOX, a_product, a_session, lapse, paid
from customers import services
from customers.models import Customer
from customers.tests.dashboard import Dashboard, text
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import MEMBER, OWNER, VIEWER

pytestmark = pytest.mark.django_db

NASTY = ["<b>&\"'</b>", "a/b?c#d", "שלום", "🦊", "x" * 255, "{{ 7|add:7 }}"]


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    return CustomerFactory(organization=organization, external_customer_id="cust_1", name="Ada")


def shown(answer: Any) -> list[Any]:
    return [row.id for row in answer.context["rows"]]


def address(session: CheckoutSession, page: str = "") -> str:
    return f"/checkouts/{session.id}{page and '/'}{page}"


def attempt(session: CheckoutSession, status: str, **fields: Any) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        organization=session.organization, session=session, processor="sandbox", status=status, **fields
    )


class TestList:
    def test_it_shows_ones_own_the_newest_first(
        self, viewer: Dashboard, organization: Organization, stranger: Organization
    ) -> None:
        a_session(stranger)
        made = [a_session(organization).id for _ in range(3)]
        assert shown(viewer.get("/checkouts")) == made[::-1]

    def test_a_status_is_what_it_is_for_everyone(self, viewer: Dashboard, organization: Organization) -> None:
        late, opened = a_session(organization), a_session(organization)
        lapse(late)
        assert shown(viewer.get("/checkouts", {"status": "expired"})) == [late.id]
        assert shown(viewer.get("/checkouts", {"status": "open"})) == [opened.id]
        rows = viewer.get("/checkouts").content.decode().split("<tbody>")[1]
        assert ('"badge ">Expired<' in rows, rows.count(">Open<")) == (
            True,
            2,
        )  # once for the wide, once for the narrow

    def test_an_external_id_is_the_current_holders(
        self, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        theirs = a_session(organization, external_customer_id="cust_1")
        services.delete_customer(customer=ada)
        unlinked = a_session(organization, external_customer_id="cust_1")
        a_session(organization, external_customer_id="CUST_1")
        assert shown(viewer.get("/checkouts", {"external_customer_id": "cust_1"})) == [unlinked.id]
        assert theirs.id in shown(viewer.get("/checkouts"))

    def test_days_are_whole_days_in_utc(self, viewer: Dashboard, organization: Organization) -> None:
        session = a_session(organization)
        today = f"{session.created_at:%Y-%m-%d}"
        tomorrow = f"{session.created_at + datetime.timedelta(days=1):%Y-%m-%d}"
        assert shown(viewer.get("/checkouts", {"created_from": today, "created_to": today})) == [session.id]
        assert shown(viewer.get("/checkouts", {"created_from": tomorrow})) == []

    @pytest.mark.parametrize(
        "query",
        ["status=paid", "external_customer_id=+x", "bogus=1", "ordering=amount_total", "customer_id=x"],
    )
    def test_nonsense_is_left_out_and_said(
        self, viewer: Dashboard, organization: Organization, query: str
    ) -> None:
        session = a_session(organization)
        page = viewer.client.get(f"{viewer.root}/checkouts?{query}")
        assert (page.status_code, shown(page)) == (200, [session.id])
        assert "Part of this address was left out" in text(page)

    def test_its_pages_have_everything_once(self, viewer: Dashboard, organization: Organization) -> None:
        made = {a_session(organization).id for _ in range(PAGE_SIZE + 3)}
        first = viewer.get("/checkouts")
        second = viewer.client.get(first.context["next_url"])
        assert set(shown(first) + shown(second)) == made

    @pytest.mark.parametrize("own_id", NASTY)
    def test_whatever_an_id_is_made_of_it_shows_as_text(
        self, viewer: Dashboard, organization: Organization, own_id: str
    ) -> None:
        session = a_session(organization, external_customer_id=own_id)
        order = paid(a_session(organization, external_customer_id=own_id))
        for page in ("/checkouts", address(session), "/orders", f"/orders/{order.id}"):
            content = viewer.get(page).content.decode()
            assert own_id in html.unescape(content), page
            assert "<b>&" not in content

    def test_the_deleted_are_marked_and_lead_only_owners_to_their_page(
        self, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        session = a_session(organization, customer_id=ada.id)
        order = paid(session)
        services.delete_customer(customer=ada)
        page = f"/customers/{ada.id}"
        for where in ("/checkouts", address(session), "/orders", f"/orders/{order.id}"):
            content = viewer.get(where).content.decode()
            assert content.count(">Deleted</span>") == 1, where
            assert page not in content
        assert page in Dashboard(organization, OWNER).get(address(session)).content.decode()

    def test_an_empty_list_says_how_to_begin(self, viewer: Dashboard, member: Dashboard) -> None:
        assert "Create payment link" not in text(viewer.get("/checkouts"))
        assert "Create payment link" in text(member.get("/checkouts"))
        assert "No checkout matches" in text(member.get("/checkouts", {"status": "open"}))
        assert "No orders yet" in text(viewer.get("/orders"))


@pytest.mark.parametrize("where", ["/checkouts", "/orders", "checkouts of one", "orders of one"])
def test_a_list_costs_the_same_queries_at_one_row_and_at_fifty(
    viewer: Dashboard, organization: Organization, ada: Customer, where: str
) -> None:
    page = where if where.startswith("/") else f"/customers/{ada.id}/{where.split()[0]}"
    product = a_product(organization)
    items = [{"product_id": product.id, "quantity": 1}, BOX, BOX]

    def sell(times: int) -> None:
        for _ in range(times):
            paid(a_session(organization, external_customer_id="cust_1", items=items))

    sell(1)
    viewer.get(page)  # whatever is made once
    with CaptureQueriesContext(connection) as one:
        viewer.get(page)
    sell(PAGE_SIZE)
    with CaptureQueriesContext(connection) as fifty:
        assert len(shown(viewer.get(page))) >= PAGE_SIZE / 2
    assert len(one) == len(fifty) <= 8


def test_a_page_costs_the_same_queries_however_much_happened(
    viewer: Dashboard, organization: Organization, ada: Customer
) -> None:
    few = a_session(organization, customer_id=ada.id)
    many = a_session(organization, customer_id=ada.id, items=[BOX] * 100)
    for _ in range(60):
        attempt(many, "failed", failure_code="card_declined")
    viewer.get(address(few))
    counts = []
    for session in (few, many):
        with CaptureQueriesContext(connection) as queries:
            viewer.get(address(session))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


class TestPage:
    def test_it_says_what_happened_the_latest_first(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        session = a_session(organization, external_customer_id="new")
        begin_payment(session=session, email="ada@example.com", name="Ada")
        attempt(
            session,
            "failed",
            reference="ref_1",
            failure_code="card_declined",
            failure_message="The card was declined.",
        )
        reopen_session(session=session)
        begin_payment(session=session)
        attempt(session, "succeeded", reference="ref_2")
        order = complete_session(session=session)
        answer = viewer.get(address(session))
        assert [moment.what for moment in answer.context["moments"]] == [
            "Completed",
            "Payment succeeded",
            "Payment begun",
            "Payment failed",
            "Payment begun",
            "Created",
        ]
        page = text(answer)
        for said in ("The card was declined.", "Reason card_declined", "Reference ref_2", "ada@example.com"):
            assert said in page
        assert f'href="{viewer.root}/orders/{order.id}"' in answer.content.decode()
        assert f'href="{viewer.root}/customers/{order.customer_id}"' in answer.content.decode()

    def test_a_payment_in_vain_says_that_it_is_to_be_refunded(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        session = a_session(organization)
        expire_session(session=session)
        attempt(
            session,
            "succeeded",
            failure_code="session_expired",
            failure_message="Refund it at the processor.",
        )
        page = text(viewer.get(address(session)))
        assert "Paid in vain" in page
        assert "Refund it at the processor." in page

    def test_it_has_the_link_as_long_as_somebody_can_pay(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        session = a_session(organization)
        link = f"http://testserver/checkout/{client_secret(session.id)}"
        assert f"<code>{link}</code>" in viewer.get(address(session)).content.decode()
        assert viewer.client.get(link).status_code == 200
        lapse(session)
        answer = viewer.get(address(session))
        assert client_secret(session.id) not in answer.content.decode()
        assert answer.context["moments"][0].what == "Expired"

    def test_it_says_who_will_have_bought(self, viewer: Dashboard, organization: Organization) -> None:
        unknown = a_session(organization, external_customer_id="new")
        assert "creates the customer under it" in text(viewer.get(address(unknown)))
        assert "a customer without an external ID" in text(viewer.get(address(a_session(organization))))

    def test_an_id_that_came_later_is_shown(self, viewer: Dashboard, organization: Organization) -> None:
        customer = CustomerFactory(organization=organization, name="Bare")
        session = a_session(organization, customer_id=customer.id)
        services.update_customer(customer=customer, external_customer_id="late")
        assert 'data-copy="late"' in viewer.get(address(session)).content.decode()
        assert 'data-copy="late"' in viewer.get("/checkouts").content.decode()

    def test_money_is_shown_as_its_currency_writes_it(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        price = {"name": "Tee", "unit_amount": 1500, "currency": "jpy"}
        session = a_session(organization, items=[{"price_data": price, "quantity": 2}])
        page = text(viewer.get(address(session)))
        assert "Tee 2 × 1,500 JPY 1,500 JPY 2 3,000 JPY Total 3,000 JPY" in page

    def test_the_commands_read_these(self, viewer: Dashboard, organization: Organization, api: Any) -> None:
        session = a_session(organization)
        order = paid(a_session(organization))
        for page, path in (
            (address(session), f"/v1/checkout_sessions/{session.id}"),
            (f"/orders/{order.id}", f"/v1/orders/{order.id}"),
        ):
            assert viewer.get(page).context["command"].endswith(path)
            assert api("GET", path).status == 200


class TestExpired:
    def test_another_link_is_made_for_the_same_buyer(
        self, member: Dashboard, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        gone = CustomerFactory(organization=organization)
        sessions = {
            a_session(organization, customer_id=ada.id): f"/customers/{ada.id}/payment_link",
            a_session(
                organization, external_customer_id="a/b&c"
            ): "/checkouts/new?external_customer_id=a%2Fb%26c",
            a_session(organization): "/checkouts/new?external_customer_id=",
            a_session(organization, customer_id=gone.id): "",
        }
        services.delete_customer(customer=gone)
        for session, again in sessions.items():
            assert member.get(address(session)).context["again_url"] == ""
            lapse(session)
            expected = again and f"{member.root}{again}"
            assert member.get(address(session)).context["again_url"] == expected
            assert viewer.get(address(session)).context["again_url"] == ""


class TestExpiring:
    def test_it_asks_first(self, member: Dashboard, organization: Organization) -> None:
        session = a_session(organization)
        assert "This can’t be undone" in text(member.get(address(session, "expire")))
        assert CheckoutSession.objects.get().status == "open"
        answer = member.post(address(session, "expire"), {})
        assert answer.url == f"{member.root}{address(session)}"
        assert CheckoutSession.objects.get().status == "expired"
        assert "Before its time: it was closed." in text(member.get(address(session)))

    def test_what_is_not_open_stays_as_it_is(self, member: Dashboard, organization: Organization) -> None:
        session = a_session(organization)
        begin_payment(session=session)
        for ask in (member.client.get, member.client.post):
            answer = ask(f"{member.root}{address(session, 'expire')}", follow=True)
            assert "isn’t open any more" in text(answer)
        assert CheckoutSession.objects.get().status == "processing"

    def test_a_viewer_is_not_offered_to(self, viewer: Dashboard, organization: Organization) -> None:
        session = a_session(organization)
        assert address(session, "expire") not in viewer.get(address(session)).content.decode()


class TestOfACustomer:
    def test_the_tabs_have_theirs_alone(
        self, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        other = CustomerFactory(organization=organization, external_customer_id="cust_2")
        paid(a_session(organization, customer_id=other.id))
        session = a_session(organization, external_customer_id="cust_1")
        order = paid(session)
        assert shown(viewer.get(f"/customers/{ada.id}/checkouts")) == [session.id]
        assert shown(viewer.get(f"/customers/{ada.id}/orders")) == [order.id]

    def test_what_waits_under_their_id_is_among_them(
        self, viewer: Dashboard, organization: Organization
    ) -> None:
        waiting = a_session(organization, external_customer_id="new")
        customer = CustomerFactory(organization=organization, external_customer_id="new")
        assert shown(viewer.get(f"/customers/{customer.id}/checkouts")) == [waiting.id]

    def test_a_deleted_customers_are_the_owners_to_see(
        self, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        session = a_session(organization, customer_id=ada.id)
        services.delete_customer(customer=ada)
        CustomerFactory(organization=organization, external_customer_id="cust_1")
        a_session(organization, external_customer_id="cust_1")
        for tab in ("checkouts", "orders"):
            assert viewer.get(f"/customers/{ada.id}/{tab}").status_code == 404
        owner = Dashboard(organization, OWNER)
        page = owner.get(f"/customers/{ada.id}/checkouts")
        assert shown(page) == [session.id]
        assert "payment_link" not in page.content.decode()

    def test_their_pages_are_walked(
        self, viewer: Dashboard, organization: Organization, ada: Customer
    ) -> None:
        made = {a_session(organization, customer_id=ada.id).id for _ in range(30)}
        first = viewer.get(f"/customers/{ada.id}/checkouts")
        second = viewer.client.get(first.context["next_url"])
        assert set(shown(first) + shown(second)) == made
        assert shown(viewer.get(f"/customers/{ada.id}/checkouts", {"cursor": "x"})) == shown(first)
