"""Internal IDs: UUIDv7 (RFC 9562), so that they sort by the time they were made."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A new UUIDv7. Migrations refer to it by this path."""
    return uuid7()
