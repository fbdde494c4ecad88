"""Access tokens in the administration: made and revoked, and their secrets shown once."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from organizations import services, tokens
from organizations.models import AccessToken, Organization, User
from organizations.tests.administration import page
from organizations.tests.factories import OrganizationFactory, make_token


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory.create()


def typed_token(organization: Organization, **more: Any) -> dict[str, Any]:
    return {"organization": str(organization.id), "name": "Web shop", "scopes": ["customers:read"], **more}


def test_a_tokens_secret_is_shown_once_and_works(
    browser: Client, root: User, organization: Organization
) -> None:
    address = page("organizations.accesstoken", "add")
    answer = browser.post(address, typed_token(organization))
    assert answer.status_code == 200
    secret = answer.context["secret"]
    assert tokens.is_well_formed(secret)
    assert answer.text.count(secret) == 1
    assert "no-store" in answer.headers["Cache-Control"]
    token = AccessToken.objects.get()
    assert bytes(token.token_hash) == tokens.digest(secret)
    assert (token.organization, token.created_by, token.scopes) == (organization, root, ["customers:read"])
    api = Client(headers={"Authorization": f"Bearer {secret}"})
    assert api.get("/v1/customers").status_code == 200


def test_no_page_has_a_tokens_secret_or_its_hash(browser: Client, organization: Organization) -> None:
    secret = browser.post(page("organizations.accesstoken", "add"), typed_token(organization)).context[
        "secret"
    ]
    token = AccessToken.objects.get()
    digest = tokens.digest(secret)
    for address in (
        page("organizations.accesstoken", "changelist"),
        page("organizations.accesstoken", "change", token.pk),
        page("organizations.accesstoken", "history", token.pk),
        page("organizations.accesstoken", "revocation") + f"?id={token.pk}",
        "/admin/",
    ):
        text = browser.get(address).text
        assert secret not in text
        assert secret[4:-4] not in text
        assert digest.hex() not in text
        assert repr(digest) not in text


def test_what_the_service_refuses_is_said_and_what_was_typed_is_kept(
    browser: Client, organization: Organization
) -> None:
    """The form finds a past date right; that it is past is the service's word."""
    typed = typed_token(organization, expires_at_0="2020-01-01", expires_at_1="00:00:00")
    answer = browser.post(page("organizations.accesstoken", "add"), typed)
    assert answer.status_code == 200
    assert "The expiry must be in the future." in answer.text
    assert answer.context["adminform"].form["name"].value() == "Web shop"
    assert not AccessToken.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_token_is_not_changed(browser: Client, organization: Organization) -> None:
    token, _ = make_token(organization)
    address = page("organizations.accesstoken", "change", token.pk)
    assert 'name="_save"' not in browser.get(address).text
    assert browser.post(address, typed_token(organization, name="Other")).status_code == 403
    token.refresh_from_db()
    assert token.name == "Test"


def test_a_token_is_revoked_after_a_question(browser: Client, organization: Organization) -> None:
    token, secret = make_token(organization)
    question = page("organizations.accesstoken", "revocation")
    assert (
        f"{question}?id={token.pk}" in browser.get(page("organizations.accesstoken", "change", token.pk)).text
    )
    assert str(token) in browser.get(f"{question}?id={token.pk}").text
    token.refresh_from_db()
    assert not token.is_revoked
    browser.post(question, {"id": token.pk})
    token.refresh_from_db()
    assert token.is_revoked
    api = Client(headers={"Authorization": f"Bearer {secret}"})
    assert api.get("/v1/customers").status_code == 401
    assert "There is nothing here" in browser.post(question, {"id": token.pk}, follow=True).text
    assert LogEntry.objects.get().change_message == "Revoked."


def test_tokens_are_filtered_by_state(browser: Client, organization: Organization) -> None:
    usable, _ = make_token(organization)
    revoked = services.revoke_token(token=make_token(organization)[0])
    expired, _ = make_token(organization)
    AccessToken.objects.filter(id=expired.id).update(expires_at=timezone.now() - datetime.timedelta(days=1))
    for state, token in (("usable", usable), ("revoked", revoked), ("expired", expired)):
        found = browser.get(page("organizations.accesstoken", "changelist"), {"state": state})
        assert list(found.context["cl"].result_list) == [token]
