"""Paths and queries are UTF-8, percent-encoded; whatever else arrives is refused before anything reads it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from api.tests.wsgi import Server
from customers.services import create_customer
from organizations.models import Organization

IDS = (
    "客户-1",
    "café",
    "🙂",
    "a/b",
    "a%2Fb",
    "100%",
    "a?b#c",
    "+1 555",
    "user@x.com",
    "a.json",
    "a//b/",
    "%FF",
    "a;b=c",
)


@pytest.mark.parametrize("own_id", IDS)
def test_any_id_is_found_by_path_and_by_query(own_id: str, api: Server, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id=own_id)
    for target in (
        f"/v1/customers/external_id/{quote(own_id, safe='')}",
        f"/v1/customers/external_id/{quote(own_id)}",
    ):
        assert api("GET", target).json["external_customer_id"] == own_id
    (found,) = api("GET", f"/v1/customers?external_customer_id={quote(own_id, safe='')}").json["results"]
    assert found["external_customer_id"] == own_id


@pytest.mark.parametrize("bytes_", ["%FF", "%C3", "%ED%A0%80", "%F8%88%80%80%80", "%C0%AF", "caf%E9"])
@pytest.mark.parametrize(
    "target",
    [
        "/v1/customers/external_id/{}",
        "/v1/customers/{}",
        "/v1/{}",
        "/{}",
        "/v1/customers?external_customer_id={}",
        "/v1/customers?{}=1",
        "/healthz?{}",
    ],
)
def test_what_is_not_utf8_is_refused(target: str, bytes_: str, api: Server) -> None:
    answer = api("GET", target.format(bytes_))
    assert (answer.status, answer.code) == (400, "invalid_utf8")
    assert answer.headers["X-Request-ID"]


def test_the_bodys_charset_says_nothing_about_the_query(api: Server, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="客户")
    answer = api(
        "GET",
        f"/v1/customers?external_customer_id={quote('客户')}",
        headers={"Content-Type": "text/plain; charset=utf-16"},
    )
    assert len(answer.json["results"]) == 1
