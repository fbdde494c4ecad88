"""Who gets what from every route. The table is the policy: read it from top to bottom."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from api.tests.conftest import Access, access_to
from api.tests.wsgi import Answer, Server
from api.viewsets import OrganizationViewSet
from customers.models import Customer
from customers.services import create_customer
from organizations.models import AccessToken, Organization
from organizations.services import revoke_token

# Pages, for people with a login and not for programs with a token: what guards them instead.
ELSEWHERE = {
    "admin/": "Support alone; its own tests open every page as support and as nobody.",
    "o/": "An organization's staff, by role; the dashboard's own tests open every page.",
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

    def target(self, customer: Customer) -> str:
        return "/" + (self.path or self.route).format(
            customer_id=customer.id, external_customer_id=customer.external_customer_id
        )


ID = "v1/customers/<str:customer_id>"
EXTERNAL_ID = "v1/customers/external_id/<rest:external_customer_id>"
BY_ID = {"route": ID, "path": "v1/customers/{customer_id}"}
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
    Row("v1/customers",         "POST",   201,  403,   201,     401,  {"name": "New"}),
    Row(**BY_ID,          method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    Row(**BY_ID,          method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**BY_ID,          method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
    Row(**BY_EXTERNAL_ID, method="GET",    owner=200, reader=200, outsider=404, nobody=401),
    # The outsider creates a customer of their own under the same ID.
    Row(**BY_EXTERNAL_ID, method="PUT",    owner=200, reader=403, outsider=201, nobody=401, body={"name": "New"}),
    Row(**BY_EXTERNAL_ID, method="PATCH",  owner=200, reader=403, outsider=404, nobody=401, body={"name": "New"}),
    Row(**BY_EXTERNAL_ID, method="DELETE", owner=204, reader=403, outsider=404, nobody=401),
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


def ask(row: Row, customer: Customer, access: Access | None) -> Answer:
    return Server(access.header if access else None)(row.method, row.target(customer), row.body)


@pytest.mark.parametrize("row", TABLE, ids=str)
class TestTable:
    def test_owner(self, row: Row, customer: Customer, owner: Access) -> None:
        assert ask(row, customer, owner).status == row.owner

    def test_reader(self, row: Row, customer: Customer, reader: Access) -> None:
        answer = ask(row, customer, reader)
        assert answer.status == row.reader
        if row.reader == 403:
            assert answer.code == "missing_scope"
            customer.refresh_from_db()
            assert (customer.name, customer.deleted_at) == ("Secret Ltd", None)

    def test_outsider(self, row: Row, customer: Customer, outsider: Access) -> None:
        answer = ask(row, customer, outsider)
        assert answer.status == row.outsider
        assert b"Secret" not in answer.body
        assert str(customer.id).encode() not in answer.body
        customer.refresh_from_db()
        assert (customer.name, customer.deleted_at) == ("Secret Ltd", None)

    def test_anonymous(self, row: Row, customer: Customer) -> None:
        self.refused(row, ask(row, customer, None), "not_authenticated")

    def test_revoked(self, row: Row, customer: Customer, organization: Organization) -> None:
        self.refused(row, ask(row, customer, revoked(organization)), "token_revoked")

    def test_expired(self, row: Row, customer: Customer, organization: Organization) -> None:
        self.refused(row, ask(row, customer, expired(organization)), "token_expired")

    def refused(self, row: Row, answer: Answer, code: str) -> None:
        assert answer.status == row.nobody
        if row.nobody == 401:
            assert answer.code == code
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert b"Secret" not in answer.body


NO_ID = "01980000-0000-7000-8000-000000000000"
NOT_THERE = {
    "/v1/customers/{0.id}": (NO_ID, "not-a-uuid", "0", "%F0%9F%99%82", "x" * 300),
    "/v1/customers/external_id/{0.external_customer_id}": ("nobody", "null", "", "%20cust_123", "x" * 300),
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_somebody_elses_is_to_the_byte_what_is_not_there(
    method: str, path: str, customer: Customer, outsider: Access
) -> None:
    body = {"name": "New"} if method == "PATCH" else None
    server = Server({**outsider.header, "X-Request-ID": "the-same"})
    foreign = server(method, path.format(customer), body)
    assert foreign.status == 404
    for name in NOT_THERE[path]:
        missing = server(method, f"{path[: path.index('{')]}{name}", body)
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
