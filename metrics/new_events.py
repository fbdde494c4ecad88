"""Events as they arrive: what a call's JSON is decoded into."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

MAX_EVENTS = 1000
MAX_BODY_BYTES = 10 * 1024 * 1024

Scalar = str | int | float | bool
OptionalText = str | None | UnsetType


class NewEvent(Struct, forbid_unknown_fields=True):
    """One event, of the right types and not checked yet. What wasn't sent is UNSET, and None means the same."""

    name: str
    external_customer_id: OptionalText = UNSET
    customer_id: OptionalText = UNSET
    timestamp: OptionalText = UNSET
    external_id: OptionalText = UNSET
    metadata: dict[str, Scalar] | UnsetType = UNSET


class NewEvents(Struct, forbid_unknown_fields=True):
    """The body of a call."""

    events: list[NewEvent]
