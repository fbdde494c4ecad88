"""The command line: what goes to standard output is what a script reads, and a mistake is one sentence."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from django.core.management import CommandError, call_command

import manage
from organizations import tokens
from organizations.models import AccessToken, Membership, Organization, User
from organizations.scopes import ALL_SCOPES
from organizations.tests.factories import OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


def said(*command: str) -> tuple[str, str]:
    """What the command writes to standard output and to standard error."""
    output, errors = io.StringIO(), io.StringIO()
    call_command(*command, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def complaint(*command: str) -> str:
    output = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*command, stdout=output)
    assert output.getvalue() == ""
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_create_organization_prints_the_id_alone() -> None:
    output, errors = said("create_organization", "acme", "--name", "Acme Inc")
    organization = Organization.objects.get()
    assert (output, errors) == (f"{organization.id}\n", "")
    assert uuid.UUID(output.strip()).version == 7
    assert (organization.slug, organization.name) == ("acme", "Acme Inc")


@pytest.mark.parametrize(
    ("slug", "name", "words"),
    [
        ("acme", "Other", "slug: Organization with this Slug already exists."),
        ("Acme!", "Other", "slug: A slug is lower-case letters a–z, digits and inner hyphens."),
        ("", "Other", "slug: This field cannot be blank."),
        ("other", "", "name: This field cannot be blank."),
    ],
)
def test_create_organization_says_in_a_sentence_what_is_wrong(
    slug: str, name: str, words: str, acme: Organization
) -> None:
    assert complaint("create_organization", slug, "--name", name) == words
    assert Organization.objects.get() == acme


def test_create_token_prints_the_token_alone_and_it_has_every_scope(acme: Organization) -> None:
    output, errors = said("create_token", "acme")
    assert errors == ""
    assert output.endswith("\n")
    secret = output.removesuffix("\n")
    assert tokens.is_well_formed(secret)
    token = AccessToken.objects.get(token_hash=tokens.digest(secret))
    assert (token.organization, token.name, set(token.scopes)) == (acme, "Command line", set(ALL_SCOPES))
    assert token.expires_at is None


def test_create_token_takes_a_name_and_scopes(acme: Organization) -> None:
    said("create_token", "acme", "--name", "Importer", "--scope", "customers:read")
    token = AccessToken.objects.get()
    assert (token.name, token.scopes) == ("Importer", ["customers:read"])
    said("create_token", "acme", "--scope", "customers:write", "--scope", "customers:read")
    assert AccessToken.objects.exclude(id=token.id).get().scopes == ["customers:read", "customers:write"]


def test_create_token_says_in_a_sentence_what_is_wrong(acme: Organization) -> None:
    assert complaint("create_token", "acm") == "There is no organization “acm”. There are: acme."
    assert complaint("create_token", "acme", "--name", "") == "name: This field cannot be blank."
    assert "customers:red" in complaint("create_token", "acme", "--scope", "customers:red")
    assert not AccessToken.objects.exists()


def test_create_user_prints_the_one_time_password_alone(acme: Organization) -> None:
    output, errors = said("create_user", "ada@example.com", "--organization", "acme", "--role", "owner")
    assert errors == ""
    assert re.fullmatch(r"\S{12,}\n", output)
    membership = Membership.objects.get()
    assert (membership.organization, membership.role) == (acme, "owner")
    assert membership.user.check_password(output.strip())
    assert membership.user.must_change_password


def test_create_user_adds_somebody_with_a_login_and_says_so_beside_the_output(acme: Organization) -> None:
    UserFactory(email="ada@example.com")
    output, errors = said("create_user", "Ada@example.com", "--organization", "acme", "--role", "viewer")
    assert (output, errors) == ("", "ada@example.com has a login already and keeps its password.\n")
    assert Membership.objects.get().role == "viewer"


def test_create_user_says_in_a_sentence_what_is_wrong(acme: Organization) -> None:
    there = ("--organization", "acme")
    assert "nowhere" in complaint(
        "create_user", "a@example.com", "--organization", "nowhere", "--role", "owner"
    )
    assert (
        complaint("create_user", "nobody", *there, "--role", "owner") == "email: Enter a valid email address."
    )
    assert "king" in complaint("create_user", "a@example.com", *there, "--role", "king")
    assert not User.objects.exists()
    said("create_user", "a@example.com", *there, "--role", "owner")
    again = complaint("create_user", "A@example.com", *there, "--role", "viewer")
    assert again == "This person is in the organization already."


def test_without_any_organization_the_sentence_says_so() -> None:
    assert complaint("create_token", "acme") == "There is no organization “acme”. There are none yet."


def test_an_argument_that_is_not_utf8_is_refused_before_anything_starts() -> None:
    with pytest.raises(SystemExit, match="isn't UTF-8"):
        manage.main(["manage.py", "create_organization", "acme", "--name", "\udcff"])
