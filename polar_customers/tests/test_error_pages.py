from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, RequestFactory

from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import VIEWER, client_of, person
from polar_customers import views


def request_for(path: str) -> HttpRequest:
    return RequestFactory().get(path)


HANDLERS = {
    400: lambda request: views.bad_request(request, SuspiciousOperation("secret")),
    403: lambda request: views.forbidden(request, PermissionDenied("secret")),
    404: lambda request: views.not_found(request, Exception("secret")),
    500: views.server_error,
}


@pytest.mark.parametrize("status", HANDLERS)
def test_people_get_a_page_and_programs_the_envelope_without_touching_the_database(status: int) -> None:
    page = HANDLERS[status](request_for("/o/acme/"))
    assert page.status_code == status
    assert views.HEADINGS[status] in page.content.decode()
    assert "secret" not in page.content.decode()
    answer = HANDLERS[status](request_for("/v1/customers"))
    assert answer.status_code == status
    assert json.loads(answer.content)["errors"]
    assert b"secret" not in answer.content


def test_an_error_has_the_number_that_support_can_look_up(client: Client) -> None:
    answer = client.get("/nowhere", headers={"X-Request-ID": "abc-123"})
    assert answer.status_code == 404
    assert "abc-123" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/<script>alert(1)</script>", "/%22onload=%22", "/o/acme/%00", "/o/%F0%9F%A6%8A/", "/login/x"]
)
def test_no_address_comes_back_as_markup(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "alert(1)" not in answer.content.decode()


@pytest.mark.django_db
def test_inside_an_organization_an_error_keeps_the_way_on() -> None:
    organization = OrganizationFactory.create(slug="acme")
    answer = client_of(person(VIEWER, organization)).get("/o/acme/developers/tokens/new")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert 'aria-label="Main"' in page
    assert "An owner can do this." in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login", "/nowhere", "/o/acme/", "/o/acme/developers", "/password"])
def test_a_page_allows_no_script_or_style_within_itself(path: str) -> None:
    organization = OrganizationFactory.create(slug="acme")
    answer = client_of(person(VIEWER, organization) if path != "/login" else None).get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = answer.content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=")
