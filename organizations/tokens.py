"""The access token's format.

`pct_` + 32 random base-62 characters (190 bits) + 6 characters of base-62 CRC-32 over what comes before, so that a
secret scanner recognises a leaked token, and a mistyped one is refused, without asking a database. The format is the
one GitHub describes for its own tokens. Only the SHA-256 of a token is stored: it is random, so a slow hash would add
nothing but time to each request.
"""

import hashlib
import secrets
import string
import zlib

PREFIX = "pct_"
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + RANDOM_LENGTH + CHECKSUM_LENGTH
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def generate() -> str:
    """A new token. It can't be read again once the caller has let go of it."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(token: str) -> bool:
    """Whether `token` could have come from `generate`: prefix, length and checksum are right."""
    return (
        len(token) == LENGTH
        and token.startswith(PREFIX)
        and token.isascii()
        and secrets.compare_digest(_checksum(token[:-CHECKSUM_LENGTH]), token[-CHECKSUM_LENGTH:])
    )


def digest(token: str) -> bytes:
    """The 32 bytes that are stored and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
