from __future__ import annotations

import datetime
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from organizations import services, tokens
from organizations.models import AccessToken, Organization
from organizations.tests.factories import OrganizationFactory, make_token
from organizations.tests.people import MEMBER, OWNER, VIEWER, client_of, person

pytestmark = pytest.mark.django_db

SECRET = re.compile(rf"{tokens.PREFIX}[0-9A-Za-z]{{20,}}")
FIELDS = {"name": "Web shop", "scopes": ["customers:read"], "lifetime": "30", "form_id": "a"}


@pytest.fixture
def organization() -> Organization:
    return OrganizationFactory.create(slug="acme")


@pytest.fixture
def owner(organization: Organization) -> Client:
    return client_of(person(OWNER, organization, email="owner@example.com"))


def create(client: Client, **fields: object) -> HttpResponse:
    return client.post("/o/acme/developers/tokens/new", {**FIELDS, **fields})


def test_a_secret_is_shown_by_the_answer_to_the_form_and_never_again(owner: Client) -> None:
    answer = create(owner)
    found = set(SECRET.findall(answer.content.decode()))
    assert len(found) == 1
    secret = found.pop()
    assert tokens.is_well_formed(secret)
    assert AccessToken.objects.get().token_hash == tokens.digest(secret)
    assert "no-store" in answer.headers["Cache-Control"]
    for page in ("/o/acme/developers", "/o/acme/developers/tokens/new", "/o/acme/"):
        assert secret not in owner.get(page).content.decode()
    assert secret not in str(dict(owner.session))


def test_reloading_the_answer_makes_no_second_token(owner: Client) -> None:
    create(owner)
    again = create(owner)
    assert again.url == "/o/acme/developers"
    page = owner.get(again.url).content.decode()
    assert "This token was created already." in page
    assert not SECRET.search(page)
    assert AccessToken.objects.count() == 1


def test_each_form_makes_a_token_of_its_own(owner: Client) -> None:
    pages = [owner.get("/o/acme/developers/tokens/new").content.decode() for _ in range(2)]
    for page in pages:
        create(owner, form_id=re.search(r'name="form_id" value="([^"]+)"', page)[1])
    assert AccessToken.objects.count() == 2


def test_a_token_is_what_the_form_says(owner: Client) -> None:
    create(owner, name="  Web shop  ")
    token = AccessToken.objects.get()
    assert (token.name, token.scopes, token.created_by.email) == (
        "Web shop",
        ["customers:read"],
        "owner@example.com",
    )
    assert abs(token.expires_at - timezone.now() - datetime.timedelta(days=30)) < datetime.timedelta(
        minutes=1
    )


def test_a_token_can_be_made_for_ever(owner: Client) -> None:
    create(owner, lifetime="never")
    assert AccessToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 129}, "at most 128 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed."),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["everything"]}, "Select a valid choice."),
        ({"lifetime": "31"}, "Select a valid choice."),
        ({"lifetime": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_with_a_form_is_said_at_its_field(
    owner: Client, fields: dict[str, object], complaint: str
) -> None:
    answer = create(owner, **fields)
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert not AccessToken.objects.exists()


def test_a_refused_form_keeps_what_was_typed_and_can_be_sent_again(owner: Client) -> None:
    refused = create(owner, name='"><script>', scopes=[]).content.decode()
    assert "&quot;&gt;&lt;script&gt;" in refused
    assert 'name="form_id" value="a"' in refused
    assert SECRET.search(create(owner).content.decode())


def test_a_list_tells_what_a_token_is_and_not_its_secret(owner: Client, organization: Organization) -> None:
    token, secret = make_token(organization)
    page = owner.get("/o/acme/developers").content.decode()
    assert token.hint in page
    assert secret not in page
    assert "customers:write" in page


def test_those_that_open_nothing_stand_apart(owner: Client, organization: Organization) -> None:
    revoked, _ = make_token(organization)
    services.revoke_token(token=revoked)
    expired, _ = make_token(organization)
    AccessToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    page = owner.get("/o/acme/developers").content.decode()
    assert "No access token yet" in page
    assert "Revoked" in page
    assert "Expired" in page
    assert "/revoke" not in page


def test_the_list_takes_as_many_queries_for_many_tokens_as_for_one(
    owner: Client, organization: Organization, django_assert_num_queries: object
) -> None:
    owner.get("/o/acme/developers")
    for count in (1, 20):
        for _ in range(count):
            make_token(organization)
        with django_assert_num_queries(5):
            owner.get("/o/acme/developers")


def test_a_token_is_revoked_once_that_was_confirmed(owner: Client, organization: Organization) -> None:
    token, _ = make_token(organization)
    address = f"/o/acme/developers/tokens/{token.pk}/revoke"
    assert "can’t be undone" in owner.get(address).content.decode()
    token.refresh_from_db()
    assert token.is_usable
    answer = owner.post(address, follow=True)
    assert "The token “Test” is revoked." in answer.content.decode()
    token.refresh_from_db()
    assert token.is_revoked


def test_another_organizations_token_is_not_there(owner: Client) -> None:
    foreign, _ = make_token(OrganizationFactory.create())
    assert owner.post(f"/o/acme/developers/tokens/{foreign.pk}/revoke").status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_usable


@pytest.mark.parametrize("role", [MEMBER, VIEWER])
def test_only_owners_are_offered_what_only_owners_can_do(role: str, organization: Organization) -> None:
    make_token(organization)
    page = client_of(person(role, organization)).get("/o/acme/developers").content.decode()
    assert "/revoke" not in page
    assert "/tokens/new" not in page
