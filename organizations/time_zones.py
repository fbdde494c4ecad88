"""Time zones, by their names in IANA's database."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

MAX_LENGTH = 64
DEFAULT = "UTC"


@cache
def names() -> frozenset[str]:
    """All that there are, the same on every machine."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless `name` is one of them, in its letter case."""
    if name in names():
        return
    folded = {known.lower(): known for known in names()}
    near = difflib.get_close_matches(name[:MAX_LENGTH].lower(), folded, n=1)
    hint = f"Did you mean “{folded[near[0]]}”?" if near else "Send one such as Europe/Berlin, or UTC."
    raise ValidationError(f"There is no such time zone in IANA's database. {hint}", code="unknown_time_zone")


@cache
def time_zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises ValidationError as `check_time_zone` does."""
    check_time_zone(name)
    return ZoneInfo(name)
