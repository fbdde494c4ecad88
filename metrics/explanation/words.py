"""How explanations write what they name."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from metrics.models import Difference


def quoted(own_id: str | None) -> str:
    return f"“{own_id}”" if own_id is not None else "no external ID"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def events(count: int | str) -> str:
    number = f"{count:,}" if isinstance(count, int) else count
    return f"{number} event{_s(count)}"


def _s(count: int | str) -> str:
    return "" if str(count) == "1" else "s"


def listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def differences(names: Iterable[str]) -> str:
    return listed(
        ("other " if name == Difference.METADATA else "another ") + Difference(name).label for name in names
    )


def day(date: datetime.date) -> str:
    return f"{date:%B} {date.day}, {date.year}"


def moment(at: datetime.datetime) -> str:
    at = at.astimezone(datetime.UTC)
    return f"{at:%b} {at.day}, {at.year}, {at:%H:%M} UTC"


def duration(between: datetime.timedelta) -> str:
    """About how long it was: in the largest unit of which there are two or more."""
    seconds = int(between.total_seconds())
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:,} {name}s"
    return f"{seconds} second{_s(seconds)}"
