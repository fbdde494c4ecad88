"""Only this installation can make the secret that opens a session's page."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from checkout.secrets import client_secret, session_id_in


@given(st.uuids())
def test_a_secret_leads_to_its_session(session_id: uuid.UUID) -> None:
    secret = client_secret(session_id)
    assert session_id_in(secret) == session_id
    assert len(secret) == 57
    assert secret.removeprefix("cs_").replace("-", "a").replace("_", "a").isalnum()


@given(st.uuids(), st.integers(0, 53), st.sampled_from("Aa0-_"))
def test_a_changed_secret_leads_nowhere(session_id: uuid.UUID, place: int, character: str) -> None:
    secret = client_secret(session_id)
    changed = secret[: 3 + place] + character + secret[4 + place :]
    assert changed == secret or session_id_in(changed) is None


@pytest.mark.parametrize(
    "text", ["", "cs_", "cs_é", "x" * 57, "cs_" + "A" * 54, "cs_" + "\U0001f600" * 20, "cs_" + "=" * 54]
)
def test_what_is_no_secret_leads_nowhere(text: str) -> None:
    assert session_id_in(text) is None


def test_the_prefix_and_the_spelling_belong_to_it() -> None:
    secret = client_secret(uuid.UUID(int=1))
    for text in (secret.removeprefix("cs_"), f"{secret}=", f"{secret}\n", f" {secret}"):
        assert session_id_in(text) is None


def test_another_installation_has_other_secrets(settings: Settings) -> None:
    secret = client_secret(uuid.UUID(int=1))
    settings.SECRET_KEY = "another"
    assert session_id_in(secret) is None
