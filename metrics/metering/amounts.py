"""What a meter makes of the events that it counts: as SQL, and as the number that is told.

Of a group of events two columns are read: `amount`, and for an average `number`, how many they are. Groups are put
together from these. For different values each of them is a row of its own instead, with the column `value`, since who
is in two groups counts once in both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from metrics.meter_rules import Function

Number = int | float

_TAKEN = "(event.metadata -> %(property)s::text)"
_TAKEN_NUMBER = f"{_TAKEN}::numeric"


@dataclass(frozen=True, slots=True)
class Making:
    """`columns` of a group of events, and `together` of several of their groups. `group_by_value` is whether the events
    are grouped by the second column too."""

    columns: str
    together: str
    group_by_value: bool = False


def _making(amount: str, together: str, number: str = "0") -> Making:
    return Making(
        f"{amount} AS amount, {number} AS number", f"{together}(amount) AS amount, sum(number) AS number"
    )


MAKINGS = {
    Function.COUNT: _making("count(*)", "sum"),
    Function.SUM: _making(f"sum({_TAKEN_NUMBER})", "sum"),
    Function.MIN: _making(f"min({_TAKEN_NUMBER})", "min"),
    Function.MAX: _making(f"max({_TAKEN_NUMBER})", "max"),
    Function.AVG: _making(f"sum({_TAKEN_NUMBER})", "sum", "count(*)"),
    Function.UNIQUE: Making(f"{_TAKEN} AS value", "count(DISTINCT value) AS amount, 0 AS number", True),
}


def quantity_of(
    function: Function, amount: Decimal | int | None, number: Decimal | int | None
) -> Number | None:
    """The number that is told of a group, or of nothing (None and None), which is 0 altogether and has no smallest,
    largest or average. A whole number has all its digits; any other is the double that is nearest to the exact one."""
    if function in (Function.COUNT, Function.SUM, Function.UNIQUE):
        return _told(amount or 0)
    if amount is None:
        return None
    return _told(Fraction(amount) / Fraction(number or 1) if function == Function.AVG else amount)


def _told(exact: Fraction | Decimal | int) -> Number:
    return int(exact) if exact == int(exact) else float(exact)
