"""What a number on a page measures, and so how it is written: exactly, and short beside an axis."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from checkout import money

Number = int | float | Decimal

NO_VALUE = "no value"

_SHORT = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"))
_THOUSANDS_FROM = Decimal(10) ** 4
_POWERS_FROM = Decimal(10) ** 18


class Measure(Protocol):
    """`unit` is the number that is one of what people read: 100 (cents) of dollars, 0.01 of percents. `is_whole` says
    that nothing between two whole numbers can be."""

    @property
    def unit(self) -> Decimal: ...

    @property
    def is_whole(self) -> bool: ...

    def text(self, value: Number | None) -> str:
        """All of it, with its unit."""

    def short(self, value: Number, most: Number) -> str:
        """As it stands beside an axis that goes up to `most`: in thousands, millions and so on if that has many."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of something: `1 event`, `1,204 events`; without names the number alone. What isn't whole, such as the
    quantity of a meter, is written with all its decimals."""

    one: str = ""
    many: str = ""
    is_whole: bool = True

    @property
    def unit(self) -> Decimal:
        return Decimal(1)

    def text(self, value: Number | None) -> str:
        if value is None:
            return NO_VALUE
        name = self.one if value == 1 else self.many
        return f"{_written(exactly(value))} {name}".rstrip()

    def short(self, value: Number, most: Number) -> str:
        return _short(exactly(value), exactly(most))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit: `15.00 USD`, `1,500 JPY`."""

    currency: str

    @property
    def unit(self) -> Decimal:
        return Decimal(10) ** money.exponent_of(self.currency)

    @property
    def is_whole(self) -> bool:
        return True

    def text(self, value: Number | None) -> str:
        return NO_VALUE if value is None else money.as_text(int(value), self.currency)

    def short(self, value: Number, most: Number) -> str:
        return f"{_short(exactly(value) / self.unit, exactly(most) / self.unit)} {self.currency.upper()}"


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the whole, from 0 to 1: `66.7%`."""

    @property
    def unit(self) -> Decimal:
        return Decimal("0.01")

    @property
    def is_whole(self) -> bool:
        return False

    def text(self, value: Number | None) -> str:
        return NO_VALUE if value is None else f"{100 * exactly(value):,.1f}%"

    def short(self, value: Number, most: Number) -> str:
        return f"{_short(100 * exactly(value), 100 * exactly(most))}%"


def exactly(value: Number) -> Decimal:
    """A float as the shortest number that it stands for."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _written(value: Decimal) -> str:
    """With all its digits, and none that say nothing."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(value: Decimal, most: Decimal) -> str:
    if most >= _POWERS_FROM:
        return f"{value.normalize():.3g}".replace("e+", "e")
    thousands = (Decimal(10) ** 3, "K") if most >= _THOUSANDS_FROM else (Decimal(1), "")
    size, suffix = next((one for one in _SHORT if most >= one[0]), thousands)
    return f"{_written(round(value / size, 6))}{suffix if value else ''}"
