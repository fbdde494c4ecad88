"""Each request has an ID and one line in the log, which says who asked about whom, and nothing secret."""

from __future__ import annotations

import io
import json
import logging
import uuid
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.test import Client

from api import middleware
from api.tests.conftest import Access
from api.tests.wsgi import Server
from checkout.tests.factories import a_session, paid
from customers.models import Customer
from customers.services import create_customer
from organizations.models import Organization
from organizations.tests.factories import MembershipFactory, UserFactory

URL = "/v1/customers"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What has been logged about requests, as JSON, by the processors that the settings name."""
    written = io.BytesIO()
    logger = structlog.wrap_logger(
        structlog.BytesLogger(written),
        processors=structlog.get_config()["processors"],
        wrapper_class=structlog.get_config()["wrapper_class"],
    )
    monkeypatch.setattr(middleware, "log", logger)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


GOOD_IDS = ("a", "req-1", "A.b_c:d/e+f=g@h", "x" * 128, str(uuid.UUID(int=7)))


@pytest.mark.parametrize("request_id", GOOD_IDS)
def test_the_callers_own_id_is_kept(request_id: str, api: Server, lines: Any) -> None:
    answer = api("GET", URL, headers={"X-Request-ID": request_id})
    assert answer.headers["X-Request-ID"] == request_id
    assert [line["request_id"] for line in lines()] == [request_id]
    missing = api("GET", f"{URL}/x", headers={"X-Request-ID": request_id})
    assert missing.json["request_id"] == missing.headers["X-Request-ID"] == request_id


@pytest.mark.parametrize(
    "request_id",
    ["", " ", "a b", "x" * 129, "a\nb", "a\r\nSet-Cookie: x=y", "\x00", "é", '"', "{}", "%0a", "a\n"],
)
def test_an_ill_formed_id_is_replaced(request_id: str, api: Server, lines: Any) -> None:
    answer = api("GET", URL, headers={"X-Request-ID": request_id})
    made = answer.headers["X-Request-ID"]
    assert uuid.UUID(made).version == 7
    assert [line["request_id"] for line in lines()] == [made]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/v1/nope", {}),
        ("GET", "/nope", {}),
        ("GET", f"{URL}/%FF", {}),
        ("GET", URL, {"Host": "evil.example"}),
        ("FOO", URL, {}),
        ("GET", URL, {"Authorization": "x"}),
        ("DELETE", "/metrics", {}),
        ("GET", "/static/nope.css", {}),
        ("GET", "/v1/docs", {}),
    ],
)
def test_every_answer_has_an_id_and_a_line(
    method: str, path: str, headers: Any, api: Server, lines: Any
) -> None:
    answer = api(method, path, headers={"X-Request-ID": "the-id", **headers})
    assert answer.headers["X-Request-ID"] == "the-id"
    (line,) = lines()
    assert (line["request_id"], line["method"], line["status"]) == ("the-id", method, answer.status)


def test_a_probe_has_a_line_when_its_answer_is_bad(server: Server, lines: Any, nowhere: None) -> None:
    assert server("GET", "/healthz").status == 200
    assert lines() == []
    assert server("GET", "/readyz").status == 503
    assert [line["path"] for line in lines()] == ["/readyz"]


def test_a_line_says_who_asked_about_whom(owner: Access, lines: Any) -> None:
    api = Server(owner.header)
    created = api("POST", URL, {"external_customer_id": "客户-1"}).json
    api("GET", f"{URL}/{created['id']}")
    api("PUT", f"{URL}/external_id/%E5%AE%A2%E6%88%B7-1", {})
    api("PATCH", f"{URL}/{created['id']}", {"name": "New"})
    api("POST", URL, {"external_customer_id": "客户-1"})
    api("PATCH", f"{URL}/{created['id']}", {"external_customer_id": "other"})
    api("DELETE", f"{URL}/external_id/%E5%AE%A2%E6%88%B7-1")
    assert [line["status"] for line in lines()] == [201, 200, 200, 200, 409, 409, 204]
    for line in lines():
        assert line["organization"] == str(owner.organization.id)
        assert line["customer_id"] == created["id"]
        assert line["external_customer_id"] == "客户-1"
        assert line["level"] == "info"
        assert line["duration_ms"] > 0
        assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "path",
    [
        *("customers", "customers/export", "checkout_sessions", "orders"),
        *("events", "metrics", "metrics/customers"),
    ],
)
def test_a_line_says_whom_a_list_or_a_report_was_asked_for(path: str, api: Server, lines: Any) -> None:
    customer_id = str(uuid.uuid4())
    assert api("GET", f"/v1/{path}?external_customer_id=cust_1").status == 200
    if path.startswith("customers"):
        assert api("GET", f"/v1/{path}?external_customer_id=cust_1&external_customer_id=cust_2").status == 200
        assert lines()[1]["external_customer_ids"] == ["cust_1", "cust_2"]
    else:
        assert api("GET", f"/v1/{path}?customer_id={customer_id}").status == 200
        assert lines()[1]["customer_id"] == customer_id
    assert lines()[0]["external_customer_id"] == "cust_1"


def test_a_line_says_whose_events_came_and_were_read(
    api: Server, lines: Any, organization: Organization
) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")

    def send(*whose: dict[str, Any]) -> Any:
        assert (
            api("POST", "/v1/events/ingest", {"events": [{"name": "call", **of} for of in whose]}).status
            == 200
        )
        return lines()[-1]

    line = send({"external_customer_id": "cust_1"}, {"external_customer_id": "cust_1"})
    assert line["external_customer_id"] == "cust_1"
    assert send({"customer_id": str(customer.id)})["customer_id"] == str(customer.id)
    several = send({"external_customer_id": "cust_1"}, {"external_customer_id": "cust_2"})
    assert not {"customer_id", "external_customer_id"} & set(several)
    event = api("GET", "/v1/events?external_customer_id=cust_1").json["results"][0]
    api("GET", f"/v1/events/{event['id']}")
    assert (lines()[-1]["customer_id"], lines()[-1]["external_customer_id"]) == (str(customer.id), "cust_1")


def test_a_line_says_who_was_asked_for_and_is_not_there(api: Server, lines: Any) -> None:
    assert api("GET", f"{URL}/external_id/a%2Fb").status == 404
    assert lines()[0]["external_customer_id"] == "a/b"


@pytest.mark.parametrize("is_support", [True, False])
def test_a_pages_line_says_who_looked_at_whom(
    is_support: bool, lines: Any, organization: Organization
) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    person = MembershipFactory(organization=organization, user=UserFactory(is_staff=is_support)).user
    session = a_session(organization, external_customer_id="cust_1")
    order = paid(a_session(organization, external_customer_id="cust_1"))
    browser = Client()
    browser.force_login(person, django_settings.AUTHENTICATION_BACKENDS[-1])
    if is_support:
        pages = [
            f"/admin/customers/customer/{customer.id}/change/",
            f"/admin/customers/customer/deletion/?id={customer.id}",
            f"/admin/checkout/checkoutsession/{session.id}/change/",
            f"/admin/checkout/order/{order.id}/change/",
        ]
    else:
        root = f"/o/{organization.slug}"
        pages = [
            f"{root}/customers/{customer.id}",
            f"{root}/checkouts/{session.id}",
            f"{root}/orders/{order.id}",
        ]
    for page in pages:
        assert browser.get(page).status_code == 200, page
        line = lines()[-1]
        assert line["organization"] == str(organization.id)
        assert (line["customer_id"], line["external_customer_id"]) == (str(customer.id), "cust_1")
        assert line["user"] == str(person.id)


def test_a_line_names_the_route_and_the_path(api: Server, lines: Any, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="a/b")
    api("GET", f"{URL}/external_id/a%2Fb?")
    (line,) = lines()
    assert line["route"] == "v1/customers/external_id/<rest:external_customer_id>"
    assert line["path"] == f"{URL}/external_id/a/b"


def test_what_one_request_is_about_is_not_said_of_the_next(api: Server, server: Server, lines: Any) -> None:
    api("POST", URL, {"external_customer_id": "cust_123"})
    server("GET", URL)
    first, second = lines()
    assert first["external_customer_id"] == "cust_123"
    assert not {"organization", "token", "customer_id", "external_customer_id"} & set(second)


def test_queries_bodies_and_secrets_are_never_in_it(owner: Access, lines: Any) -> None:
    api = Server(owner.header)
    api(
        "GET",
        f"{URL}?search=hush&email=hush@example.com",
        headers={"Cookie": "sessionid=hush", "Referer": "hush"},
    )
    api("POST", URL, {"name": "hush", "tax_id": "hush", "metadata": {"hush": "hush"}})
    api("POST", f"{URL}?hush=1", {"hush": 1})
    api("GET", URL, headers={"Authorization": f"Bearer {owner.secret}hush"})
    assert len(lines()) == 4
    text = json.dumps(lines())
    assert "hush" not in text
    assert owner.secret not in text


def test_a_browsers_login_is_nothing_to_the_api(api: Server, server: Server) -> None:
    cookie = {"Cookie": "sessionid=x; csrftoken=y", "X-CSRFToken": "z"}
    assert api("POST", URL, {}, headers=cookie).status == 201
    assert server("GET", URL, headers=cookie).status == 401


@pytest.mark.django_db
def test_what_the_database_refuses_is_logged_without_the_row(organization: Organization) -> None:
    create_customer(organization=organization, name="Hush\n\nHushed")
    written = io.StringIO()
    config = structlog.get_config()
    ours = structlog.wrap_logger(
        structlog.BytesLogger(collected := io.BytesIO()),
        processors=config["processors"],
        wrapper_class=config["wrapper_class"],
    )
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    theirs = logging.Logger("theirs")
    theirs.addHandler(handler)
    with pytest.raises(IntegrityError, match="Hush") as refusal, transaction.atomic():
        Customer.objects.update(external_customer_id="")
    for log in (ours, theirs):
        log.error("failed", exc_info=refusal.value)
    for text in (collected.getvalue().decode(), written.getvalue()):
        assert "customers_external_customer_id_not_empty" in text
        assert "hush" not in text.lower()
        assert "The above exception was the direct cause" in text


def test_what_fails_is_logged_with_its_cause(
    api: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("the cause")

    monkeypatch.setattr("customers.services.create_customer", fail)
    answer = api.unchecked("POST", URL, {"name": "hush"})
    assert (answer.status, answer.json["type"], answer.code) == (500, "server_error", "error")
    assert b"cause" not in answer.body
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the cause"
    assert not any(record.levelname == "WARNING" for record in caplog.records)
