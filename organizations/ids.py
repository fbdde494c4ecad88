"""Internal IDs: UUIDv7 (RFC 9562), so that they sort by the time they were made."""

import datetime
import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A new UUIDv7. Migrations refer to it by this path."""
    return uuid7()


def consecutive_ids(count: int) -> int:
    """The first, as an integer, of `count` UUIDv7s of which each is one more than the one before. No other ID that is
    made lies between them."""
    if not 1 <= count <= 0x10000:
        raise ValueError("At most 65,536 IDs can follow each other.")
    return new_id().int & ~0xFFFF


def id_at(moment: datetime.datetime, randomness: int) -> uuid.UUID:
    """The UUIDv7 that `moment` gives with these 74 random bits, for rows that are made as if at another time."""
    milliseconds = int(moment.timestamp() * 1000)
    high, low = randomness >> 62 & 0xFFF, randomness & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def parse_id(text: str) -> uuid.UUID | None:
    """The internal ID that `text` spells, with or without hyphens; None for anything else."""
    try:
        return uuid.UUID(text) if len(text) in (32, 36) else None
    except ValueError:
        return None
