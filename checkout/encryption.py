"""Keeps secrets unreadable in the database: a copy of it alone gives none of them away.

AES-256-GCM under a key derived from SECRET_KEY. What a secret is about is bound into it, so that it can't be moved to
another row or column.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.crypto import salted_hmac

_SALT = "checkout.encryption"
_NONCE_BYTES = 12


class Undecipherable(Exception):
    """It was encrypted under another SECRET_KEY, or about something else, or changed since."""


def encrypt(secret: str, *, about: str) -> bytes:
    """`secret`, unreadable without SECRET_KEY."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, secret.encode(), about.encode())


def decrypt(encrypted: bytes | memoryview, *, about: str) -> str:
    """What was given to `encrypt` with the same `about`. Raises Undecipherable."""
    content = bytes(encrypted)
    try:
        return _cipher().decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], about.encode()).decode()
    except (InvalidTag, ValueError):
        raise Undecipherable from None


def _cipher() -> AESGCM:
    return AESGCM(salted_hmac(_SALT, "key", algorithm="sha256").digest())
