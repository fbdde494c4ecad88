"""A link leads to the very customer, whatever the ID is made of."""

from __future__ import annotations

import shlex
import subprocess
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import RequestFactory
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from customers.external_ids import is_external_customer_id
from customers.links import api_filter_url, api_path, api_url, api_url_by_id, base_of, curl

BASE = "https://billing.example.com"
NASTY_IDS = [
    "cust_123",
    "a/b",
    "/",
    "a//b/",
    "a/../../b",
    "a.json",
    "user@x.com",
    "a?b#c",
    "100%",
    "%2F",
    "%252F",
    "+1 555",
    "a b",
    "客户-1",
    "🦊",
    "שלום",
    "it's",
    '"quoted"',
    "$(reboot)",
    "`id`",
    "$HOME",
    "!!",
    "a\\b",
    "a;b&c|d",
    "{a,b}[1-3]",
    "<script>alert(1)</script>",
    "-H",
    "é" * 255,
]


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_the_path_resolves_to_the_id_itself(own_id: str) -> None:
    path = api_path(own_id)
    assert path.isascii()
    assert resolve(unquote(path)).kwargs == {"external_customer_id": own_id}


@given(st.text(min_size=1, max_size=255).filter(is_external_customer_id))
def test_any_well_formed_id_comes_back_from_its_path(own_id: str) -> None:
    path = api_path(own_id)
    assert path.count("/") == api_path("x").count("/")
    assert unquote(path.rpartition("/")[2]) == own_id


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_a_url_has_nothing_but_its_path(own_id: str) -> None:
    parts = urlsplit(api_url(f"{BASE}/", own_id))
    assert (parts.scheme, parts.netloc) == ("https", "billing.example.com")
    assert (parts.path, parts.query, parts.fragment) == (api_path(own_id), "", "")


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_the_filter_names_the_id_itself(own_id: str) -> None:
    parts = urlsplit(api_filter_url(BASE, own_id))
    assert parts.path == "/v1/customers"
    assert parse_qs(parts.query, strict_parsing=True) == {"external_customer_id": [own_id]}


def test_a_customer_without_an_external_id_is_reached_by_the_internal_one() -> None:
    customer_id = uuid.UUID(int=7)
    url = api_url_by_id(BASE, customer_id)
    assert url == f"{BASE}/v1/customers/{customer_id}"


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_a_shell_hands_the_command_over_as_written(own_id: str) -> None:
    command = curl(api_url(BASE, own_id))
    said = subprocess.run(
        ["sh", "-c", command.replace("curl", "printf '%s\\n'", 1)],
        env={"TOKEN": "pct_secret"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == ["-H", "Authorization: Bearer pct_secret", api_url(BASE, own_id)]


def test_what_a_host_might_smuggle_stays_one_word() -> None:
    url = "http://x/$(reboot)'; id"
    assert shlex.split(curl(url))[-1] == url


@pytest.mark.parametrize(
    ("public_url", "base"), [("", "http://testserver"), ("https://billing.example.com", BASE)]
)
def test_links_lead_to_where_the_product_is_reached_from_outside(
    settings: Any, rf: RequestFactory, public_url: str, base: str
) -> None:
    settings.PUBLIC_URL = public_url
    settings.ALLOWED_HOSTS = ["testserver"]
    assert base_of(rf.get("/o/acme/customers?search=x")) == base
