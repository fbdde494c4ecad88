"""Where a buyer goes after paying, or instead: addresses that the integrator gives."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from api.text import check_characters

MAX_ADDRESS_LENGTH = 2048
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def check_return_address(value: str) -> None:
    """Raises ValidationError unless `value` is an absolute http or https URL of a host, without a user or password in
    it and without characters that a URL must escape."""
    if not isinstance(value, str):
        raise ValidationError("This must be a URL.", code="invalid")
    check_characters(value)
    if any(character <= " " or character in '\\"<>^`|\x7f' for character in value):
        raise ValidationError(
            "A URL holds no white space, backslashes or quotes. Escape them.", code="invalid_url"
        )
    try:
        parts = urlsplit(value.replace(PLACEHOLDER, "0"))
        _ = parts.port
    except ValueError:
        raise ValidationError("This is no URL that can be read.", code="invalid_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError(
            "This must be a whole URL that starts with https:// or http://.", code="invalid_url"
        )
    if "@" in parts.netloc:
        raise ValidationError("Leave the user and the password out of the URL.", code="url_with_credentials")
    if PLACEHOLDER in value.split("/", 3)[2] if value.count("/") > 2 else PLACEHOLDER in value:
        raise ValidationError(
            f"{PLACEHOLDER} belongs into the path or the query, not into the host.", code="invalid_url"
        )


def filled_in(address: str, session_id: uuid.UUID) -> str:
    """`address` with the session's ID where it asks for it."""
    return address.replace(PLACEHOLDER, str(session_id))
