"""What a run measured, beside what was promised: printed at its end, and its exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass(slots=True)
class Promises:
    """Each is a ratio (or a figure with its unit) that may be at most, or has to be at least, so much."""

    _lines: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def at_most(self, name: str, measured: float, promised: float, unit: str = "") -> None:
        self._add(name, measured, f"≤ {promised:g}{unit}", unit, measured <= promised)

    def at_least(self, name: str, measured: float, promised: float, unit: str = "") -> None:
        self._add(name, measured, f"≥ {promised:g}{unit}", unit, measured >= promised)

    def conclude(self) -> None:
        """Prints all of them, and ends the program with 1 when one isn't met."""
        print(f"\n{'':<58}{'promised':>12}{'measured':>12}")
        for name, promised, measured, met in self._lines:
            print(f"{name:<58}{promised:>12}{measured:>12}   {'met' if met else 'NOT MET'}")
        sys.stdout.flush()
        if not all(met for *_, met in self._lines):
            sys.exit(1)

    def _add(self, name: str, measured: float, promised: str, unit: str, met: bool) -> None:
        digits = 2 if abs(measured) >= 1 else 4
        self._lines.append((name, promised, f"{measured:.{digits}f}{unit}", met))
