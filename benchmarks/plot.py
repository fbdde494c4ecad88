"""How far each figure of a run is from its promise, as bars of text."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 24  # of a promise that is met exactly
MOST = 2.0  # times the promise; a bar that would be longer ends in an arrow


def bars(figures: Sequence[tuple[str, float, float, bool]]) -> str:
    """A line for each (name, measured, promised, whether more is better): the longer the better; `|` is the promise."""
    lines = [f"{'':<44}{'':{WIDTH}}| promised"]
    for name, measured, promised, more_is_better in figures:
        times = measured / promised if more_is_better else promised / measured
        length = round(WIDTH * min(times, MOST))
        bar = ("█" * length).ljust(WIDTH)
        end = "▶" if times > MOST else ""
        lines.append(f"{name:<44}{bar[:WIDTH]}|{bar[WIDTH:]}{end} {times:.2f}×")
    return "\n".join(lines)
