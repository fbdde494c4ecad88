"""Tokens that open nothing, scopes, and how many requests a token may make."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from api.tests.conftest import access_to
from api.tests.wsgi import Server
from api.throttling import _limiter
from organizations import tokens
from organizations.models import Organization

URL = "/v1/customers"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_without_a_token(method: str, server: Server) -> None:
    answer = server(method, URL, {} if method != "GET" else None)
    assert (answer.status, answer.json["type"], answer.code) == (401, "client_error", "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


BASIC = "Basic " + base64.b64encode(b"user:password").decode()


@pytest.mark.parametrize(
    "header", ["", " ", "pct_x", BASIC, "Token pct_x", "Bearerpct_x", "Bearer\tpct_x", "\x00", "\xff"]
)
def test_a_header_of_another_kind(header: str, server: Server) -> None:
    answer = server("GET", URL, headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "invalid_authorization_header")
    assert "WWW-Authenticate" in answer.headers


def mistyped(secret: str) -> str:
    return secret[:10] + ("a" if secret[10] != "a" else "b") + secret[11:]


@pytest.mark.parametrize(
    "made",
    [
        lambda secret: "",
        lambda secret: " ",
        lambda secret: "x",
        mistyped,
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret.upper(),
        lambda secret: secret + "\x00",
        lambda secret: "\x00" * len(secret),
        lambda secret: "\xff" + secret[1:],
        lambda secret: "pct_" + "é" * 38,
        lambda secret: secret + " " + secret,
        lambda secret: secret + "," + secret,
        lambda secret: "x" * 100_000,
        lambda secret: tokens.generate(),
        lambda secret: str(uuid.UUID(int=0)),
        lambda secret: "' OR 1=1 --",
    ],
)
def test_a_token_that_is_none_of_ours(made: Any, api: Server, server: Server) -> None:
    secret = api.headers["Authorization"].removeprefix("Bearer ")
    answer = server("GET", URL, headers={"Authorization": f"Bearer {made(secret)}"})
    assert (answer.status, answer.code) == (401, "invalid_token")
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("written", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {}", "Bearer {} "])
def test_how_the_header_may_be_written(written: str, api: Server, server: Server) -> None:
    secret = api.headers["Authorization"].removeprefix("Bearer ")
    assert server("GET", URL, headers={"Authorization": written.format(secret)}).status == 200


def test_a_token_counts_in_the_header_alone(api: Server, server: Server) -> None:
    secret = api.headers["Authorization"].removeprefix("Bearer ")
    assert server("GET", f"{URL}?access_token={secret}").status == 401
    assert server("GET", URL, headers={"X-Api-Key": secret, "Cookie": f"token={secret}"}).status == 401
    assert server("POST", URL, {"access_token": secret}).status == 401


def test_a_refused_caller_learns_nothing_about_the_request(
    server: Server, organization: Organization
) -> None:
    """Neither a wrong body nor a wrong parameter is told to somebody who may not ask."""
    assert server("POST", f"{URL}?x=1", b"{").code == "not_authenticated"
    reader = Server(access_to(organization, scopes=["customers:read"]).header)
    assert reader("POST", f"{URL}?x=1", b"{").code == "missing_scope"
    assert reader("DELETE", f"{URL}/external_id/nobody").code == "missing_scope"


@pytest.fixture
def a_minute(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """The clock stands still at 20 seconds past a minute; two processes share six requests a minute."""
    settings.RATE_LIMITS = True
    settings.RATE_LIMIT_PER_MINUTE = 6
    settings.WEB_WORKERS = 2
    now = 1_800_000_000.0 // 60 * 60 + 20
    monkeypatch.setattr("time.time", lambda: now)
    _limiter.storage.reset()
    yield lambda seconds: monkeypatch.setattr("time.time", lambda: now + seconds)
    _limiter.storage.reset()


def test_a_token_has_its_share_of_requests_a_minute(a_minute: Any, api: Server) -> None:
    assert [api("GET", URL).status for _ in range(4)] == [200, 200, 200, 429]
    answer = api("POST", URL, {})
    assert (answer.status, answer.json["type"], answer.code) == (429, "client_error", "throttled")
    assert answer.headers["Retry-After"].isdigit()
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    a_minute(int(answer.headers["Retry-After"]))
    assert api("GET", URL).status == 200


def test_each_token_has_its_own_share(a_minute: Any, api: Server, organization: Organization) -> None:
    other = Server(access_to(organization).header)
    assert [api("GET", URL).status for _ in range(4)][-1] == 429
    assert other("GET", URL).status == 200


def test_probes_are_not_limited(a_minute: Any, api: Server) -> None:
    assert {api("GET", "/healthz").status for _ in range(10)} == {200}


def test_a_small_limit_leaves_every_process_one_request(a_minute: Any, api: Server, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    settings.WEB_WORKERS = 8
    assert [api("GET", URL).status for _ in range(2)] == [200, 429]


def test_limits_can_be_switched_off(a_minute: Any, api: Server, settings: Any) -> None:
    settings.RATE_LIMITS = False
    assert {api("GET", URL).status for _ in range(10)} == {200}
