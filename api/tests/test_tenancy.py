"""Who gets what from every route. The table is the policy: read it from top to bottom."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from api.tests.conftest import Access, access_to
from api.tests.wsgi import Answer, Server
from api.viewsets import OrganizationViewSet
from checkout.models import CheckoutSession, Order, Product
from checkout.services.creation import create_session
from checkout.services.moves import begin_payment, complete_session
from checkout.services.products import create_product
from customers.models import Customer
from customers.services import create_customer
from metrics.models import Event, Meter
from metrics.new_events import NewEvent
from metrics.services.ingestion import ingest_events
from metrics.services.meters import create_meter
from organizations.models import AccessToken, Organization
from organizations.services import revoke_token

# Pages, for people with a login and not for programs with a token: what guards them instead.
ELSEWHERE = {
    "admin/": "Support alone; its own tests open every page as support and as nobody.",
    "o/": "An organization's staff, by role; the dashboard's own tests open every page.",
    "checkout.urls": "A buyer, whom the secret in the address lets in; its own tests open every page without it.",
    "organizations.urls": "Login, password and the way to an organization: they show nothing of one.",
}


@dataclass(frozen=True)
class Row:
    """One route and method. `owner`, `reader` (the same organization, scopes for reading only), `outsider` (another
    organization's token, every scope) and `nobody` (no token, or one that was revoked or has expired) get these."""

    route: str
    method: str
    owner: int
    reader: int
    outsider: int
    nobody: int
    body: Any = None
    path: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path or self.route}"

    def target(self, owned: Owned) -> str:
        return "/" + (self.path or self.route).format(
            customer_id=owned.customer.id,
            external_customer_id=owned.customer.external_customer_id,
            product_id=owned.product.id,
            checkout_session_id=owned.session.id,
            order_id=owned.order.id,
            event_id=owned.event.id,
            meter_id=owned.meter.id,
        )


@dataclass
class Owned:
    """One of everything that an organization can have."""

    customer: Customer
    product: Product
    session: CheckoutSession
    order: Order
    event: Event
    meter: Meter

    @property
    def rows(self) -> tuple[Model, ...]:
        return self.customer, self.product, self.session, self.order, self.event, self.meter

    def as_stored(self) -> list[dict[str, Any]]:
        """What the database has of it now."""
        return [type(row)._base_manager.filter(pk=row.pk).values().get() for row in self.rows]


ID = "v1/customers/<str:customer_id>"
EXTERNAL_ID = "v1/customers/external_id/<rest:external_customer_id>"
BY_ID = {"route": ID, "path": "v1/customers/{customer_id}"}
PRODUCT = {"route": "v1/products/<str:product_id>", "path": "v1/products/{product_id}"}
SESSION = {
    "route": "v1/checkout_sessions/<str:checkout_session_id>",
    "path": "v1/checkout_sessions/{checkout_session_id}",
}
EXPIRE = {name: f"{path}/expire" for name, path in SESSION.items()}
ORDER = {"route": "v1/orders/<str:order_id>", "path": "v1/orders/{order_id}"}
NEW_PRODUCT = {"name": "New", "unit_amount": 990, "currency": "usd"}
RENAMED = {"customer_name": "New"}
NEW_SESSION = {"external_customer_id": "cust_123", "items": [{"price_data": NEW_PRODUCT, "quantity": 1}]}
EVENT = {"route": "v1/events/<str:event_id>", "path": "v1/events/{event_id}"}
NEW_EVENTS = {"events": [{"name": "call", "external_customer_id": "cust_123"}]}
METER = {"route": "v1/meters/<str:meter_id>", "path": "v1/meters/{meter_id}"}
QUANTITIES = {name: f"{path}/quantities" for name, path in METER.items()}
METERED = {name: f"{path}/customers" for name, path in METER.items()}
NEW_METER = {"name": "New", "aggregation": {"function": "count"}}
BY_EXTERNAL_ID = {"route": EXTERNAL_ID, "path": "v1/customers/external_id/{external_customer_id}"}

# fmt: off
TABLE = (
    #                                     owner reader outsider nobody
    Row("healthz",              "GET",    200,  200,   200,     200),
    Row("readyz",               "GET",    200,  200,   200,     200),
    Row("metrics",              "GET",    200,  200,   200,     200),
    Row("v1/openapi.json",      "GET",    200,  200,   200,     200),
    Row("v1/docs",              "GET",    200,  200,   200,     200),
    Row("v1/customers",         "GET",    200,  200,   200,     401),
    Row("v1/customers/export",  "GET",    200,  200,   200,     401),
    Row("v1/metrics",           "GET",    200,  200,   200,     401),
    Row("v1/metrics/customers", "GET",    200,  200,   200,     401),
    Row("v1/customers",         "POST",   201,  403,   201,     401,  {"name": "New"}),
    Row(**BY_ID,          method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**BY_ID,          method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**BY_ID,          method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
    Row(**BY_EXTERNAL_ID, method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    # The outsider creates a customer of their own under the same ID.
    Row(**BY_EXTERNAL_ID, method="PUT",    owner=200, reader=403, outsider=201, nobody=401, body={"name": "New"}),
    Row(**BY_EXTERNAL_ID, method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**BY_EXTERNAL_ID, method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
    Row("v1/products",          "GET",    200,  200,   200,     401),
    Row("v1/products",          "POST",   201,  403,   201,     401,  NEW_PRODUCT),
    Row(**PRODUCT,        method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**PRODUCT,        method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**PRODUCT,        method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
    # Stripe's own signature lets in, nothing else does; this organization isn't paid by Stripe.
    Row("v1/webhooks/stripe/<str:organization_id>", "POST", 404, 404, 404, 404, {}, "v1/webhooks/stripe/nobody"),
    Row("v1/checkout_sessions", "GET",    200,  200,   200,     401),
    # The outsider sells to nobody's customer, under the same ID.
    Row("v1/checkout_sessions", "POST",   201,  403,   201,     401,  NEW_SESSION),
    Row(**SESSION,        method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**SESSION,        method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body=RENAMED),
    Row(**EXPIRE,         method="POST",   owner=200, reader=403, outsider=404, nobody=401),
    Row("v1/orders",            "GET",    200,  200,   200,     401),
    Row(**ORDER,          method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row("v1/events",            "GET",    200,  200,   200,     401),
    # That there is no such event is an answer.
    Row("v1/events/explain",    "GET",    200,  200,   200,     401,  None, "v1/events/explain?event_id={event_id}"),
    # The outsider's own event, under an ID that is nobody's there.
    Row("v1/events/ingest",     "POST",   200,  403,   200,     401,  NEW_EVENTS),
    Row("v1/events/names",      "GET",    200,  200,   200,     401),
    Row("v1/events/unmatched",  "GET",    200,  200,   200,     401),
    Row(**EVENT,          method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row("v1/meters",            "GET",    200,  200,   200,     401),
    Row("v1/meters",            "POST",   201,  403,   201,     401,  NEW_METER),
    Row(**METER,          method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**METER,          method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**METER,          method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
    Row(**QUANTITIES,     method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**METERED,        method="GET",    owner=200, reader=200, outsider=404, nobody=401),
)
# fmt: on


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route of the URLconf, whatever it is included by, but those that are guarded elsewhere."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if f"{route}/".startswith(tuple(ELSEWHERE)):
            continue
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        elif origin(pattern) not in ELSEWHERE:
            yield from routes(pattern, route)


def origin(pattern: URLResolver) -> str | None:
    """The module that the included routes stand in."""
    return getattr(pattern.urlconf_name, "__name__", None)


def methods(callback: Any) -> set[str]:
    """What a view answers; a function that doesn't say is taken to be for reading."""
    if actions := getattr(callback, "actions", None):
        return {method.upper() for method in actions} - {"HEAD"}
    if view := getattr(callback, "cls", None) or getattr(callback, "view_class", None):
        return {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"OPTIONS", "HEAD"}
    return {"GET"}


def test_every_route_and_method_stands_in_the_table() -> None:
    served = {(route, method) for route, callback in routes() for method in methods(callback)}
    assert served == {(row.route, row.method) for row in TABLE}


def test_what_is_guarded_elsewhere_is_still_there() -> None:
    included = [pattern for pattern in get_resolver().url_patterns if isinstance(pattern, URLResolver)]
    for place in ELSEWHERE:
        assert any(origin(pattern) == place or str(pattern.pattern).startswith(place) for pattern in included)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return create_customer(
        organization=organization, external_customer_id="cust_123", name="Secret Ltd", email="s@example.com"
    )


@pytest.fixture
def owned(organization: Organization, customer: Customer) -> Owned:
    secret = {"price_data": {"name": "Secret box", "unit_amount": 1500, "currency": "usd"}, "quantity": 1}

    def sold() -> CheckoutSession:
        return create_session(organization=organization, items=[secret], customer_id=customer.id)

    product = create_product(organization=organization, name="Secret plan", unit_amount=990, currency="usd")
    order = complete_session(session=begin_payment(session=sold()))
    used = NewEvent(name="Secret use", external_customer_id="cust_123")
    ingest_events(organization=organization, events=[used])
    event = Event.objects.for_organization(organization).get()
    meter = create_meter(organization=organization, name="Secret meter", function="count")
    return Owned(customer, product, sold(), order, event, meter)


def expired(organization: Organization) -> Access:
    access = access_to(organization)
    AccessToken.objects.for_organization(organization).update(
        expires_at=timezone.now() - datetime.timedelta(seconds=1)
    )
    return access


def revoked(organization: Organization) -> Access:
    access = access_to(organization)
    for token in AccessToken.objects.for_organization(organization):
        revoke_token(token=token)
    return access


def ask(row: Row, owned: Owned, access: Access | None) -> Answer:
    return Server(access.header if access else None)(row.method, row.target(owned), row.body)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_who_gets_what(
    row: Row, owned: Owned, reader: Access, outsider: Access, owner: Access, organization: Organization
) -> None:
    """All kinds of callers in one test, as what an organization owns takes long to make; the one who may change it is
    the last of those with a token that is good."""
    answer = asked_in_vain(row, owned, reader)
    assert answer.status == row.reader
    if row.reader == 403:
        assert answer.code == "missing_scope"

    answer = asked_in_vain(row, owned, outsider)
    assert answer.status == row.outsider
    assert b"Secret" not in answer.body
    for stored in owned.rows:
        assert str(stored.pk).encode() not in answer.body

    assert ask(row, owned, owner).status == row.owner

    assert_refused(row, ask(row, owned, None), "not_authenticated")
    assert_refused(row, ask(row, owned, expired(organization)), "token_expired")
    assert_refused(row, ask(row, owned, revoked(organization)), "token_revoked")


def asked_in_vain(row: Row, owned: Owned, access: Access) -> Answer:
    """The answer to somebody who changes nothing of what is owned."""
    before = owned.as_stored()
    answer = ask(row, owned, access)
    assert owned.as_stored() == before
    return answer


def assert_refused(row: Row, answer: Answer, code: str) -> None:
    assert answer.status == row.nobody
    if row.nobody == 401:
        assert answer.code == code
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert b"Secret" not in answer.body


NO_ID = "01980000-0000-7000-8000-000000000000"
NO_IDS = (NO_ID, "not-a-uuid", "0", "%F0%9F%99%82", "x" * 300)
NOT_THERE = {
    BY_ID["path"]: NO_IDS,
    BY_EXTERNAL_ID["path"]: ("nobody", "null", "", "%20cust_123", "x" * 300),
    PRODUCT["path"]: NO_IDS,
    SESSION["path"]: NO_IDS,
    EXPIRE["path"]: NO_IDS,
    ORDER["path"]: NO_IDS,
    EVENT["path"]: NO_IDS,
    METER["path"]: NO_IDS,
    QUANTITIES["path"]: NO_IDS,
    METERED["path"]: NO_IDS,
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, row.path)
        for row in TABLE
        if row.path in NOT_THERE and row.method != "PUT"
        for method in ((row.method, "HEAD") if row.method == "GET" else (row.method,))
    ],
)
def test_what_is_somebody_elses_is_to_the_byte_what_is_not_there(
    method: str, path: str, owned: Owned, outsider: Access
) -> None:
    body = {"metadata": {}} if method == "PATCH" else None
    server = Server({**outsider.header, "X-Request-ID": "the-same"})
    foreign = server(method, Row(path, method, 0, 0, 0, 0).target(owned), body)
    assert foreign.status == 404
    for name in NOT_THERE[path]:
        missing = server(method, f"/{path[: path.index('{')]}{name}{path[path.index('}') + 1 :]}", body)
        assert (missing.status, missing.body, missing.headers) == (404, foreign.body, foreign.headers)


def test_a_deleted_customer_is_to_the_byte_what_is_not_there(customer: Customer, owner: Access) -> None:
    server = Server({**owner.header, "X-Request-ID": "the-same"})
    assert server("DELETE", f"/v1/customers/{customer.id}").status == 204
    for path in (f"{customer.id}", "external_id/cust_123"):
        gone = server("GET", f"/v1/customers/{path}")
        assert (gone.status, gone.body) == (404, server("GET", f"/v1/customers/{NO_ID}").body)


def test_a_list_shows_the_callers_own_alone(customer: Customer, outsider: Access) -> None:
    mine = create_customer(organization=outsider.organization, external_customer_id="cust_123")
    server = Server(outsider.header)
    for query in ("", "?external_customer_id=cust_123", "?search=cust", "?has_external_customer_id=true"):
        (row,) = server("GET", f"/v1/customers{query}").json["results"]
        assert row["id"] == str(mine.id)
    for query in ("?search=secret", "?email=s@example.com"):
        assert server("GET", f"/v1/customers{query}").json["results"] == []


@pytest.mark.parametrize("resource", ["products", "checkout_sessions", "orders"])
def test_a_list_of_checkout_shows_the_callers_own_alone(
    resource: str, owned: Owned, outsider: Access
) -> None:
    server = Server(outsider.header)
    queries = [""]
    if resource != "products":
        queries += [f"?customer_id={owned.customer.id}", "?external_customer_id=cust_123"]
    for query in queries:
        assert server("GET", f"/v1/{resource}{query}").json["results"] == []
    mine = create_customer(organization=outsider.organization, external_customer_id="cust_123")
    assert server("GET", f"/v1/{resource}{queries[-1]}").json["results"] == []
    assert mine.external_customer_id == owned.customer.external_customer_id


def test_a_cursor_opens_no_other_organization(owner: Access, outsider: Access) -> None:
    for number in range(3):
        create_customer(organization=owner.organization, external_customer_id=f"mine-{number}")
    create_customer(organization=outsider.organization, external_customer_id="theirs", name="Secret Ltd")
    page = Server(owner.header)("GET", "/v1/customers?limit=1&ordering=external_customer_id").json
    target = page["next"].removeprefix("http://localhost")
    found = Server(outsider.header)("GET", target).json["results"]
    assert {row["external_customer_id"] for row in found} <= {"theirs"}


@pytest.mark.parametrize("name", ["get_queryset", "queryset", "initial"])
def test_a_viewset_that_replaces_the_scope_fails_at_import(name: str) -> None:
    with pytest.raises(TypeError, match=f"must not define {name}"):
        type("Careless", (OrganizationViewSet,), {name: None, "model": Customer, **SCOPES})


SCOPES = {"read_scope": "customers:read", "write_scope": "customers:write"}


@pytest.mark.parametrize("name", ["model", "read_scope", "write_scope"])
def test_a_viewset_says_its_model_and_its_scopes(name: str) -> None:
    said = {"model": Customer, **SCOPES}
    del said[name]
    with pytest.raises(TypeError, match=f"must say its {name}"):
        type("Careless", (OrganizationViewSet,), said)


def test_a_view_without_scopes_opens_to_nobody(owner: Access) -> None:
    class Careless(APIView):
        def get(self, request: Any) -> Response:
            return Response({"secret": True})

    request = APIRequestFactory().get("/", headers=owner.header)
    assert Careless.as_view()(request).status_code == 403


def test_a_scope_for_writing_is_none_for_reading(organization: Organization, customer: Customer) -> None:
    writer = access_to(organization, scopes=["customers:write"])
    answer = Server(writer.header)("GET", f"/v1/customers/{customer.id}")
    assert (answer.status, answer.code) == (403, "missing_scope")
    assert "customers:read" in answer.detail
