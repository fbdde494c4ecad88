"""Meters in words: what one counts, and how its quantities are written on pages."""

from __future__ import annotations

import json
from dataclasses import dataclass

from metrics.charts import Kind
from metrics.measures import Counted, Measure
from metrics.meter_rules import Function
from metrics.metering.amounts import Number
from metrics.models import Meter

_MADE = {
    Function.COUNT: "Number of events",
    Function.SUM: "Sum of",
    Function.MIN: "Smallest",
    Function.MAX: "Largest",
    Function.AVG: "Average of",
    Function.UNIQUE: "Different values of",
}
_AVERAGE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Definition:
    """What templates/metrics/_definition.html puts together: what is `made` of which `property`, of events of which
    name, and what their metadata `says`, each key with its value as JSON has it."""

    made: str
    property: str | None
    event_name: str | None
    says: list[tuple[str, str]]


def definition_of(meter: Meter) -> Definition:
    return Definition(
        _MADE[Function(meter.function)],
        meter.property_name,
        meter.event_name,
        [(key, json.dumps(value, ensure_ascii=False)) for key, value in meter.event_metadata.items()],
    )


def measure_of(meter: Meter) -> Measure:
    whole = meter.function in (Function.COUNT, Function.UNIQUE)
    return Counted(is_whole=whole)


def kind_of(meter: Meter) -> Kind:
    """What isn't more the longer a period is, is a level."""
    return Kind.LINE if meter.function in (Function.MIN, Function.MAX, Function.AVG) else Kind.BARS


def shown(meter: Meter, quantity: Number | None) -> Number | None:
    """The quantity as a page has it: averages with a few decimals."""
    if quantity is None or meter.function != Function.AVG:
        return quantity
    return round(quantity, _AVERAGE_DECIMALS)


def text_of(meter: Meter, quantity: Number | None) -> str:
    return "—" if quantity is None else measure_of(meter).text(shown(meter, quantity))
