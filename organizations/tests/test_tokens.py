"""Access tokens: what they look like, what is kept of them, what they open, and from when to when."""

from __future__ import annotations

import datetime
import hashlib
import re
import string
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.tests.wsgi import Answer, Server
from organizations import tokens
from organizations.models import AccessToken, Organization
from organizations.scopes import ALL_SCOPES
from organizations.services import create_token, revoke_token
from organizations.tests.factories import OrganizationFactory, UserFactory, make_token

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
SECOND, MINUTE = datetime.timedelta(seconds=1), datetime.timedelta(minutes=1)
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
CUSTOMERS = "/v1/customers"


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory.create()


@contextmanager
def at(moment: datetime.datetime) -> Iterator[None]:
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield


def answer_to(secret: str, method: str = "GET", path: str = CUSTOMERS, body: Any = None) -> Answer:
    return Server({"Authorization": f"Bearer {secret}"})(method, path, body)


# The format


def test_a_token_can_be_recognised_by_anyone_and_checked_without_a_database() -> None:
    secret = tokens.generate()
    assert re.fullmatch(r"pct_[0-9A-Za-z]{38}", secret)
    body, checksum = secret[:-6], secret[-6:]
    number = 0
    for digit in checksum:
        number = number * 62 + ALPHABET.index(digit)
    assert number == zlib.crc32(body.encode())
    assert tokens.is_well_formed(secret)


def test_the_format_never_changes_under_tokens_that_are_out_there() -> None:
    assert tokens.is_well_formed("pct_" + "0" * 32 + "1sSdUK")
    assert tokens.digest("pct_x") == hashlib.sha256(b"pct_x").digest()


def test_no_two_tokens_are_the_same() -> None:
    assert len({tokens.generate() for _ in range(2000)}) == 2000


def test_one_mistyped_character_anywhere_is_noticed() -> None:
    secret = tokens.generate()
    for place, character in enumerate(secret):
        for other in {ALPHABET[(ALPHABET.find(character) + 1) % 62], "é", " "} - {character}:
            assert not tokens.is_well_formed(secret[:place] + other + secret[place + 1 :])


@pytest.mark.parametrize(
    "wrong", ["", "pct_", "x" * 42, "ghp_" + "0" * 38, "pct_" + "\ud800" * 38], ids=ascii
)
def test_what_is_no_token_is_no_token(wrong: str) -> None:
    assert not tokens.is_well_formed(wrong)


# What is kept


def test_the_secret_itself_is_stored_nowhere(organization: Organization) -> None:
    token, secret = create_token(organization=organization, name="Backend")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_tokens::text, token_hash FROM access_tokens WHERE id = %s", [token.id])
        row, digest = cursor.fetchone()
    assert bytes(digest) == hashlib.sha256(secret.encode()).digest()
    assert secret not in row
    assert token.hint == f"pct_…{secret[-4:]}"
    assert secret[len("pct_") : -6] not in f"{row}{token}{token!r}"


def test_a_token_has_all_scopes_unless_told_and_each_once(organization: Organization) -> None:
    token, _ = make_token(organization)
    assert set(token.scopes) == set(ALL_SCOPES)
    token, _ = make_token(organization, scopes=["customers:write", "customers:read", "customers:write"])
    assert token.scopes == ["customers:read", "customers:write"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scopes": ["customers:delete"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"expires_at": timezone.now() - SECOND}, "expires_at"),
    ],
)
def test_a_token_that_would_be_wrong_is_not_made(
    options: dict[str, Any], field: str, organization: Organization
) -> None:
    with pytest.raises(ValidationError) as caught:
        create_token(organization=organization, **{"name": "Test", **options})
    assert set(caught.value.error_dict) == {field}
    assert not AccessToken.objects.exists()


# What it opens


def test_a_token_opens_its_organization_in_any_case_of_the_scheme(organization: Organization) -> None:
    _, secret = make_token(organization)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert Server({"Authorization": f"{scheme} {secret}"})("GET", CUSTOMERS).status == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("", "invalid_authorization_header"),
        ("Basic dXNlcjpwYXNz", "invalid_authorization_header"),
        ("Bearer", "invalid_token"),
        ("Bearer ", "invalid_token"),
        ("Bearer pct_0000", "invalid_token"),
        ("Bearer a b", "invalid_token"),
        ("Bearer \xff\x00", "invalid_token"),
        (f"Bearer {'x' * 10_000}", "invalid_token"),
    ],
)
def test_without_a_token_nothing_opens_and_no_database_is_asked(
    header: str | None, code: str, organization: Organization
) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = Server({} if header is None else {"Authorization": header})("GET", CUSTOMERS)
    assert (answer.status, answer.code) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert len(queries) == 0


def test_a_well_formed_token_that_nobody_made_is_refused(organization: Organization) -> None:
    assert answer_to(tokens.generate()).code == "invalid_token"


def test_reading_and_writing_are_scopes_of_their_own(organization: Organization) -> None:
    _, reads = make_token(organization, scopes=["customers:read"])
    _, writes = make_token(organization, scopes=["customers:write"])
    assert answer_to(reads).status == 200
    assert answer_to(writes, "POST", body={}).status == 201
    for refused in (answer_to(reads, "POST", body={}), answer_to(writes)):
        assert (refused.status, refused.code) == (403, "missing_scope")
    assert "customers:write" in answer_to(reads, "POST", body={}).detail


def test_a_token_opens_until_the_moment_it_expires(organization: Organization) -> None:
    with at(NOW):
        token, secret = make_token(organization, expires_at=NOW + MINUTE)
    with at(NOW + MINUTE - SECOND):
        assert answer_to(secret).status == 200
        assert token.is_usable
        assert AccessToken.objects.usable().get() == token
    with at(NOW + MINUTE):
        answer = answer_to(secret)
        assert (answer.status, answer.code) == (401, "token_expired")
        assert not token.is_usable
        assert not AccessToken.objects.usable().exists()


def test_a_revoked_token_opens_nothing_from_the_next_request_on(organization: Organization) -> None:
    token, secret = make_token(organization)
    _, other = make_token(organization)
    assert answer_to(secret).status == 200
    revoked_at = revoke_token(token=token).revoked_at
    answer = answer_to(secret)
    assert (answer.status, answer.code) == (401, "token_revoked")
    assert not AccessToken.objects.get(id=token.id).is_usable
    assert revoke_token(token=AccessToken.objects.get(id=token.id)).revoked_at == revoked_at
    assert answer_to(other).status == 200


def test_use_is_noted_at_most_once_a_minute(organization: Organization) -> None:
    token, secret = make_token(organization)

    def used_at(moment: datetime.datetime) -> tuple[datetime.datetime | None, int]:
        with at(moment), CaptureQueriesContext(connection) as queries:
            assert answer_to(secret).status == 200
        updates = [query for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
        token.refresh_from_db()
        return token.last_used_at, len(updates)

    assert token.last_used_at is None
    assert used_at(NOW) == (NOW, 1)
    assert used_at(NOW + SECOND) == (NOW, 0)
    assert used_at(NOW + MINUTE - SECOND) == (NOW, 0)
    assert used_at(NOW + MINUTE) == (NOW + MINUTE, 1)
    assert used_at(NOW + MINUTE + SECOND) == (NOW + MINUTE, 0)


def test_two_requests_in_the_same_minute_note_the_use_once(organization: Organization) -> None:
    token, _ = make_token(organization)
    for _ in range(2):
        AccessToken.objects.touch(token.id, at=NOW, at_most_every=MINUTE)
    AccessToken.objects.touch(token.id, at=NOW + SECOND, at_most_every=MINUTE)
    token.refresh_from_db()
    assert token.last_used_at == NOW


def test_a_refused_token_is_not_noted_as_used(organization: Organization) -> None:
    token, secret = make_token(organization)
    revoke_token(token=token)
    answer_to(secret)
    assert AccessToken.objects.get(id=token.id).last_used_at is None


def test_a_login_beside_the_token_changes_nothing(organization: Organization) -> None:
    _, secret = make_token(organization)
    browser = Client()
    browser.force_login(UserFactory(), "django.contrib.auth.backends.ModelBackend")
    header = {"Authorization": f"Bearer {secret}"}
    assert browser.get(CUSTOMERS, headers=header).status_code == 200
    assert browser.get(CUSTOMERS).status_code == 401
