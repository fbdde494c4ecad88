"""How a figure changed since the range before, in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from metrics.measures import Measure, Number, Share, exactly


@dataclass(frozen=True, slots=True)
class Change:
    """`direction` is "up", "down" or "" and `text` says it too. `tone` is what it means: "success", "danger" or "";
    a color may show it beside the words."""

    direction: str
    text: str
    tone: str = ""


def change_of(
    now: Number | None, before: Number | None, measure: Measure, *, is_gain: bool = False
) -> Change:
    """From `before` to `now`. With `is_gain` more is good news, and less is bad; without it neither is either."""
    if now is None or before is None:
        if now == before:
            return Change("", "No value before either")
        return Change("", "No value before" if before is None else f"{measure.text(before)} before")
    if now == before:
        return Change("", "Same as before")
    difference = exactly(now) - exactly(before)
    direction = "up" if difference > 0 else "down"
    tone = "" if not is_gain else "success" if difference > 0 else "danger"
    return Change(
        direction, f"{direction.title()}{_by(difference, before, measure)} from {measure.text(before)}", tone
    )


def _by(difference: Decimal, before: Number, measure: Measure) -> str:
    if isinstance(measure, Share):
        return f" {abs(difference) * 100:.1f} points"
    if not before:
        return ""
    percent = abs(difference) / exactly(before) * 100
    return f" {percent:,.1f}%" if percent < 10 else f" {percent:,.0f}%"
