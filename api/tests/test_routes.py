"""Addresses and methods: what is served where, and that everything else is answered in the same envelope."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from api.tests.wsgi import Server
from customers.services import create_customer
from organizations.models import Organization

URL = "/v1/customers"
ID = "01980000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nope",
        "/v1/customers/a/b",
        "/v1//customers",
        "/v1/customers//",
        f"/v1/customers/{ID}/x",
        "/v1/../v1/customers",
        "/v1/./customers",
        "/v1/customers.json",
        "/v1/Customers",
        "/v1/%63ustomers%00",
        "/v2",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "FOO"])
def test_what_is_nowhere(method: str, path: str, api: Server) -> None:
    answer = api(method, path, {} if method == "POST" else None)
    assert answer.status == 404
    if path.startswith("/v1"):
        assert (answer.headers["Content-Type"], answer.code) == ("application/json", "not_found")
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "name", ["not-a-uuid", "0", "%F0%9F%99%82", "x" * 5000, "%00", "a%2Fb", "..", "external_id"]
)
def test_what_is_no_uuid_names_nothing(name: str, api: Server) -> None:
    answer = api("GET", f"{URL}/{name}")
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_trailing_slash_changes_nothing(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_123")
    assert api("GET", f"{URL}/").json == api("GET", URL).json
    assert api("GET", f"{URL}/{customer.id}/").json["id"] == str(customer.id)
    assert api("POST", f"{URL}/", {"name": "New"}).status == 201
    assert api("DELETE", f"{URL}/{customer.id}/").status == 204


AWKWARD = (
    "a/",
    "a",
    "/a",
    "//",
    "a//b",
    "a.json",
    "../x",
    "x/..",
    "x/../y",
    "a/b/c/",
    "%2F",
    "%",
    "a%2fb",
    "a?b",
    "a#b",
    "+",
)


def test_behind_external_id_everything_is_the_id(api: Server) -> None:
    for own_id in AWKWARD:
        created = api("PUT", f"{URL}/external_id/{quote(own_id, safe='')}", {"name": own_id})
        assert (created.status, created.json["external_customer_id"]) == (201, own_id)
    for own_id in AWKWARD:
        for path in {quote(own_id, safe=""), quote(own_id)}:
            assert api("GET", f"{URL}/external_id/{path}").json["name"] == own_id


def test_ids_in_a_path_are_decoded_once(api: Server) -> None:
    api("PUT", f"{URL}/external_id/a%252Fb", {})
    assert api("GET", f"{URL}/external_id/a%252Fb").json["external_customer_id"] == "a%2Fb"
    assert api("GET", f"{URL}/external_id/a%2Fb").status == 404
    assert api("GET", f"{URL}/external_id/a+b").status == 404


@pytest.mark.parametrize(
    "own_id", ["", "%00", "a%00b", ".", "..", "null", "NULL", "%20a", "e%CC%81", "%E2%80%AE", "x" * 256]
)
def test_an_ill_formed_id_in_a_path_names_nobody_and_makes_nobody(own_id: str, api: Server) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = api(method, f"{URL}/external_id/{own_id}", {} if method == "PATCH" else None)
        assert (answer.status, answer.code) == (404, "not_found")
    answer = api("PUT", f"{URL}/external_id/{own_id}", {})
    assert (answer.status, answer.json["type"], answer.attr) == (
        400,
        "validation_error",
        "external_customer_id",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", URL),
        ("PATCH", URL),
        ("DELETE", URL),
        ("OPTIONS", URL),
        ("TRACE", URL),
        ("FOO", URL),
        ("PUT", f"{URL}/{ID}"),
        ("POST", f"{URL}/{ID}"),
        ("OPTIONS", f"{URL}/{ID}"),
        ("POST", f"{URL}/external_id/x"),
        ("POST", f"{URL}/export"),
        *[
            (method, path)
            for method in ("POST", "PUT", "DELETE", "OPTIONS")
            for path in ("/healthz", "/readyz", "/metrics")
        ],
        ("POST", "/v1/openapi.json"),
    ],
)
def test_a_method_that_is_not_served(method: str, path: str, api: Server) -> None:
    answer = api(method, path, {} if method in ("PUT", "PATCH", "POST") else None)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
    assert method not in answer.headers["Allow"].split(", ")


def test_a_method_override_is_ignored(api: Server, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="x")
    answer = api("GET", f"{URL}/external_id/x", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status == 200
    assert api("GET", f"{URL}/external_id/x").status == 200


def test_head_is_get_without_its_body(api: Server, organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="x")
    for path in (URL, f"{URL}/{customer.id}", f"{URL}/external_id/x", "/healthz", "/v1/openapi.json"):
        assert api("HEAD", path).status == 200
    assert api("HEAD", f"{URL}/external_id/y").status == 404


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "*/*;q=0", "nonsense", "application/json;version=9"]
)
def test_answers_are_json_whatever_is_accepted(accept: str, api: Server) -> None:
    answer = api("GET", URL, headers={"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_created_customers_location_is_where_it_is(api: Server) -> None:
    answer = api("POST", URL, {})
    location = answer.headers["Location"]
    assert location == f"http://localhost/v1/customers/{answer.json['id']}"
    assert api("GET", location.removeprefix("http://localhost")).json == answer.json
    put = api("PUT", f"{URL}/external_id/a%2Fb", {})
    assert put.headers["Location"] == f"http://localhost/v1/customers/{put.json['id']}"
    assert "Location" not in api("PUT", f"{URL}/external_id/a%2Fb", {}).headers


BAD_HOSTS = ["evil.example", "", "localhost:x", "a b", "localhost/evil", "[::1", "localhost\x00", "xn--\xff"]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_that_is_not_ours_changes_nothing(host: str, api: Server) -> None:
    for method, path, body in (("POST", URL, {}), ("GET", URL, None), ("PUT", f"{URL}/external_id/x", {})):
        answer = api(method, path, body, headers={"Host": host})
        assert (answer.status, answer.code) == (400, "invalid_host")
    assert api("GET", URL).json["results"] == []


def test_probes_may_come_by_any_name(server: Server) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert server("GET", path, headers={"Host": "10.0.0.7:8000"}).status == 200
