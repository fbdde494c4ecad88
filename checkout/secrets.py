"""The secret that opens a session's page. It is derived and stored nowhere: a copy of the database opens no page.

`cs_` and, in URL-safe Base64, the session's ID and the first 24 bytes of its HMAC-SHA256 under a key of SECRET_KEY.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid

from django.utils.crypto import salted_hmac

PREFIX = "cs_"
_SALT = "checkout.session"
_MAC_BYTES = 24


def client_secret(session_id: uuid.UUID) -> str:
    """The secret of the session with this ID."""
    written = base64.urlsafe_b64encode(session_id.bytes + _mac(session_id)).decode("ascii")
    return f"{PREFIX}{written.rstrip('=')}"


def session_id_in(secret: str) -> uuid.UUID | None:
    """The ID of the session whose secret this is; None when it is none of ours."""
    try:
        content = base64.urlsafe_b64decode(f"{secret.removeprefix(PREFIX)}==")
        session_id = uuid.UUID(bytes=content[:16])
    except (ValueError, binascii.Error):
        return None
    genuine = client_secret(session_id)
    return session_id if secrets.compare_digest(secret.encode(), genuine.encode()) else None


def _mac(session_id: uuid.UUID) -> bytes:
    return salted_hmac(_SALT, session_id.bytes, algorithm="sha256").digest()[:_MAC_BYTES]
