"""Where a buyer is sent is a web address that hides nothing."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from checkout.return_addresses import check_return_address, filled_in


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example.com",
        "http://localhost:3000/thanks",
        "https://shop.example.com/thanks?session={CHECKOUT_SESSION_ID}&x=a@b",
        "https://shop.example.com/{CHECKOUT_SESSION_ID}/done#top",
        "https://xn--bcher-kva.example/%C3%BC",
        "https://[2001:db8::1]:8443/",
    ],
)
def test_web_addresses_are_taken(address: str) -> None:
    check_return_address(address)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("javascript:alert(1)", "invalid_url"),
        ("data:text/html,hi", "invalid_url"),
        ("ftp://example.com/", "invalid_url"),
        ("//example.com/path", "invalid_url"),
        ("/thanks", "invalid_url"),
        ("https://", "invalid_url"),
        ("https:///path", "invalid_url"),
        ("https://exa mple.com/", "invalid_url"),
        ("https://example.com/\nSet-Cookie: a", "invalid_url"),
        ("https://example.com\\@evil.example/", "invalid_url"),
        ("https://example.com:99999/", "invalid_url"),
        ("https://[::1", "invalid_url"),
        ("https://{CHECKOUT_SESSION_ID}.example.com/", "invalid_url"),
        ("https://{CHECKOUT_SESSION_ID}", "invalid_url"),
        ("https://user:secret@example.com/", "url_with_credentials"),
        ("https://user@example.com/", "url_with_credentials"),
        ("https://example.com/\x00", "forbidden_character"),
        ("https://example.com/\ud800", "forbidden_character"),
    ],
)
def test_anything_else_is_refused(address: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check_return_address(address)
    assert refusal.value.code == code


def test_the_session_is_filled_in_wherever_it_is_asked_for() -> None:
    session_id = uuid.UUID(int=7)
    address = "https://a.example/{CHECKOUT_SESSION_ID}?s={CHECKOUT_SESSION_ID}"
    assert filled_in(address, session_id) == f"https://a.example/{session_id}?s={session_id}"
