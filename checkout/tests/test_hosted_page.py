"""A buyer pays on the hosted page, without a browser's help."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

import pytest
import structlog
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from api import middleware
from checkout.links import page_path
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.secrets import client_secret
from checkout.services.moves import begin_payment
from checkout.tests.factories import BOX, a_session, lapse
from customers.models import Customer
from customers.tests.dashboard import text
from customers.tests.factories import CustomerFactory
from customers.timeline import timeline
from organizations.models import Organization

pytestmark = pytest.mark.django_db

SUCCEEDS, DECLINED, NEEDS_STEP = "4242424242424242", "4000000000000002", "4000002500003155"
ADA = {"email": "ada@example.com", "name": "Ada"}
SUCCESS_URL = "https://shop.example/ok?s={CHECKOUT_SESSION_ID}"


@pytest.fixture
def session(organization: Organization) -> CheckoutSession:
    return a_session(organization, external_customer_id="cust_123", success_url=SUCCESS_URL)


def show(session: CheckoutSession, page: str = "", **options: Any) -> Any:
    return Client().get(page_path(session.id) + page, **options)


def send(session: CheckoutSession, card_number: str | None = SUCCEEDS, **fields: str) -> Any:
    form = ADA | ({"card_number": card_number} if card_number else {}) | fields
    return Client().post(f"{page_path(session.id)}/pay", form)


def decide(session: CheckoutSession, decision: str) -> Any:
    return Client().post(f"{page_path(session.id)}/step", {"decision": decision})


def stored(session: CheckoutSession) -> CheckoutSession:
    return CheckoutSession.objects.get(id=session.id)


def leads_to(answer: Any, session: CheckoutSession, page: str = "") -> bool:
    address = f"http://testserver{page_path(session.id)}{page}"
    return (answer.status_code, answer.headers.get("Location")) == (303, address)


def test_what_a_buyer_sees(organization: Organization) -> None:
    session = a_session(
        organization,
        items=[BOX, {"price_data": {"name": "Ribbon", "unit_amount": 125, "currency": "usd"}, "quantity": 1}],
        customer_email="ada@example.com",
        customer_name="Ada Lovelace",
        cancel_url="https://shop.example/cart",
    )
    page = show(session)
    said = text(page)
    assert page.status_code == 200
    for part in (organization.name, "31.25 USD", "Box", "2 × 15.00 USD", "30.00 USD", "Ribbon", "1.25 USD"):
        assert part in said
    for part in ("Test mode.", "4242424242424242", "4000000000000002", "4000002500003155"):
        assert part in said
    content = page.content.decode()
    for value in ("ada@example.com", "Ada Lovelace"):
        assert f'value="{value}"' in content
    assert 'href="https://shop.example/cart"' in content
    assert "<script" not in content
    assert "http" not in content.replace("https://shop.example/cart", "").replace("http://testserver", "")


def test_no_customer_id_is_shown(organization: Organization) -> None:
    holder = CustomerFactory.create(
        organization=organization, external_customer_id="cust_123", name="Secret Ltd", email="s@example.com"
    )
    session = a_session(organization, external_customer_id="cust_123")
    pages = [show(session), send(session, DECLINED), send(session, NEEDS_STEP)]
    pages += [show(session), show(session, "/step"), decide(session, "approve"), show(session)]
    for page in pages:
        content = page.content.decode()
        for secret in ("cust_123", "Secret Ltd", "s@example.com", str(holder.id)):
            assert secret not in content
    assert stored(session).customer == holder


def test_paying(session: CheckoutSession) -> None:
    assert leads_to(send(session), session)
    page = show(session)
    assert "Thank you, it is paid" in text(page)
    assert "order #1" in text(page)
    assert "Bought by Ada, ada@example.com" in text(page)
    assert page.headers["Refresh"] == f"5; url=https://shop.example/ok?s={session.id}"
    order = Order.objects.get()
    assert (order.external_customer_id, order.email) == ("cust_123", "ada@example.com")
    assert Customer.objects.get().name == "Ada"


def test_a_card_number_may_be_typed_in_groups(session: CheckoutSession) -> None:
    assert leads_to(send(session, "4242 4242-4242 4242"), session)
    assert stored(session).status == "complete"


def test_a_declined_card_leaves_the_session_open(session: CheckoutSession) -> None:
    assert leads_to(send(session, DECLINED), session)
    answer = show(session)
    assert "Your card was declined." in text(answer)
    content = answer.content.decode()
    assert 'value="ada@example.com"' in content
    assert 'value="Ada"' in content
    assert f'value="{DECLINED}"' not in content
    assert stored(session).status == "open"
    assert leads_to(send(session), session)
    assert stored(session).status == "complete"
    assert [attempt.status for attempt in stored(session).payment_attempts.all()] == ["succeeded", "failed"]


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_one_more_step(decision: str, session: CheckoutSession) -> None:
    assert leads_to(send(session, NEEDS_STEP), session, "/step")
    assert stored(session).status == "processing"
    page = show(session)
    assert "one more step" in text(page)
    assert page.headers["Refresh"] == f"5; url=http://testserver{page_path(session.id)}/step"
    assert "Approve" in text(show(session, "/step"))
    assert decide(session, "perhaps").status_code == 200
    assert stored(session).status == "processing"
    assert leads_to(decide(session, decision), session)
    if decision == "approve":
        assert stored(session).status == "complete"
    else:
        assert stored(session).status == "open"
        assert "not confirmed" in text(show(session))
    assert leads_to(decide(session, "approve"), session)
    assert leads_to(show(session, "/step"), session)
    assert stored(session).status == ("complete" if decision == "approve" else "open")


def test_a_buyer_who_can_not_take_the_step_pays_another_way(session: CheckoutSession) -> None:
    send(session, NEEDS_STEP)
    assert "Stop, and pay another way" in text(show(session))
    assert leads_to(show(session, "/stop"), session)
    assert stored(session).status == "processing", "a mere link stops nothing"
    stop = f"{page_path(session.id)}/stop"
    assert leads_to(Client().post(stop), session)
    assert stored(session).status == "open"
    assert "The payment was canceled." in text(show(session))
    assert leads_to(Client().post(stop), session)
    send(session)
    assert leads_to(Client().post(stop), session)
    assert stored(session).status == "complete"


@pytest.mark.parametrize("page", ["/pay", "/step", "/stop"])
def test_an_address_of_a_form_leads_to_the_page(page: str, session: CheckoutSession) -> None:
    assert leads_to(show(session, page), session)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"card_number": ""}, "Type one of the test card numbers."),
        ({"card_number": "4111111111111111"}, "This is none of the test card numbers."),
        ({"card_number": "4" * 65}, "at most 64 characters"),
        ({"card_number": "４２４２４２４２４２４２４２４２"}, "This is none of the test card numbers."),
        ({"card_number": "4242424242424242\x00"}, "Null characters are not allowed."),
        ({"email": ""}, "Type your e-mail address."),
        ({"email": "ada"}, "Enter a valid email address."),
        ({"email": f"{'a' * 250}@example.com"}, "at most 254 characters"),
        ({"name": "x" * 257}, "at most 256 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_begins(
    typed: dict[str, str], said: str, session: CheckoutSession
) -> None:
    answer = send(session, **{"card_number": SUCCEEDS, **typed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert SUCCEEDS not in answer.content.decode().partition("Test card numbers")[0]
    assert stored(session).status == "open"
    assert not PaymentAttempt.objects.exists()


def test_what_is_known_needs_no_typing_again(organization: Organization) -> None:
    session = a_session(organization, customer_email="ada@example.com")
    answer = Client().post(f"{page_path(session.id)}/pay", {"card_number": SUCCEEDS})
    assert leads_to(answer, session)
    assert stored(session).customer_email == "ada@example.com"


def test_whoever_pays_again_is_led_to_the_result(session: CheckoutSession) -> None:
    send(session)
    assert leads_to(send(session), session)
    assert leads_to(send(session, DECLINED), session)
    assert Order.objects.count() == 1


def test_paying_while_a_payment_is_under_way(session: CheckoutSession) -> None:
    begin_payment(session=session)
    assert leads_to(send(session), session)
    page = show(session)
    assert "We’re checking your payment" in text(page)
    assert page.headers["Refresh"] == "3"
    assert not PaymentAttempt.objects.exists()


def test_a_payment_that_was_interrupted_can_be_tried_again(session: CheckoutSession) -> None:
    send(session, NEEDS_STEP)
    long_ago = timezone.now() - datetime.timedelta(minutes=2)
    PaymentAttempt.objects.update(status="pending", created_at=long_ago, modified_at=long_ago)
    assert "interrupted" in text(show(session))
    assert stored(session).status == "open"


def test_an_expired_session_takes_no_payment(session: CheckoutSession) -> None:
    lapse(session)
    assert leads_to(send(session), session)
    page = show(session)
    assert "This page has expired" in text(page)
    assert "Nothing was charged" in text(page)
    assert not PaymentAttempt.objects.exists()


def test_without_an_address_to_go_to_the_page_stays(organization: Organization) -> None:
    session = a_session(organization)
    send(session)
    page = show(session)
    assert "Refresh" not in page.headers
    assert "You may close this page." in text(page)


def test_what_a_processor_appends_to_the_address_is_dropped(session: CheckoutSession) -> None:
    assert leads_to(show(session, "?payment_intent=pi_1&payment_intent_client_secret=x"), session)


@pytest.mark.parametrize("page", ["", "/pay", "/step", "/stop"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_secret_of_no_session_opens_a_page_that_says_nothing(
    method: str, page: str, session: CheckoutSession, stranger: Organization
) -> None:
    genuine = client_secret(session.id)
    for secret in ("x", str(session.id), genuine[:-1], f"{genuine}x", genuine.replace("cs_", "")[::-1]):
        answer = getattr(Client(), method)(f"/checkout/{secret}{page}")
        if (method, page) == ("post", ""):
            assert answer.status_code == 405
            continue
        assert answer.status_code == 404
        assert session.organization.name not in answer.content.decode()
        assert answer.headers["Cache-Control"] == "no-store"


def test_pages_are_kept_nowhere_and_tell_nobody_their_address(session: CheckoutSession) -> None:
    for page in (show(session), send(session, DECLINED), send(session), show(session)):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Set-Cookie" not in page.headers


def test_the_history_says_that_a_buyer_made_the_customer(session: CheckoutSession) -> None:
    send(session)
    customer = Customer.objects.get(external_customer_id="cust_123")
    (change, *_) = timeline(customer, limit=1).changes
    assert change.who == "a buyer at the checkout"
    assert change.request_id


def test_tries_are_limited(session: CheckoutSession, settings: Settings) -> None:
    settings.RATE_LIMITS = True
    for _ in range(10):
        assert leads_to(send(session, DECLINED), session)
    answer = send(session)
    assert answer.status_code == 429
    assert 540 < int(answer.headers["Retry-After"]) <= 600
    assert "Too many attempts. Try again in 10 minutes." in text(answer)
    assert stored(session).status == "open"
    PaymentAttempt.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=11))
    assert leads_to(send(session), session)


def test_no_log_holds_the_secret(session: CheckoutSession, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    config = structlog.get_config()
    logger = structlog.wrap_logger(
        structlog.BytesLogger(written), processors=config["processors"], wrapper_class=config["wrapper_class"]
    )
    monkeypatch.setattr(middleware, "log", logger)
    secret = client_secret(session.id)
    show(session)
    send(session)
    for path in (f"/checkout/{secret[:-1]}", f"/checkout/{secret}/nowhere", f"/elsewhere/{secret}"):
        Client().get(path)
    logger.error(f"Internal Server Error: /checkout/{secret}")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line.get("path") for line in lines] == [
        "/checkout/…",
        "/checkout/…/pay",
        "/checkout/…",
        "/checkout/…/nowhere",
        "/elsewhere/cs_…",
        None,
    ]
    assert lines[0]["route"] == "checkout/<str:client_secret>"
    assert lines[0]["checkout_session_id"] == str(session.id)
    assert lines[0]["external_customer_id"] == "cust_123"
    assert lines[1]["customer_id"] == str(stored(session).customer_id), "who came to be by paying"
    assert secret[10:40].encode() not in written.getvalue()
