"""Which events a meter counts, as SQL: the one place that says it.

A statement names its event `event`. For one meter, whose values are constants, `condition_of` leaves out what doesn't
narrow anything, so that an index can be enough; `CONDITION` says the same of any row `meter` beside any `event` and
its name `event_name`.

Metadata is compared as values with their types, as JSON has them: 1 and 1.0 are the same number, "1" is no number,
and true is none either.
"""

from __future__ import annotations

import json

from metrics.figures.sums import Params
from metrics.meter_rules import Function
from metrics.models import Meter

_SAYS = "event.metadata @> {metadata}::jsonb"
_NUMBER = "jsonb_typeof(event.metadata -> {property}) = 'number'"

# Whether there is anything in the event for the function to take.
_TAKES = {
    Function.COUNT: "TRUE",
    Function.SUM: _NUMBER,
    Function.MIN: _NUMBER,
    Function.MAX: _NUMBER,
    Function.AVG: _NUMBER,
    Function.UNIQUE: "event.metadata -> {property} IS NOT NULL",
}


def _condition() -> str:
    columns = {"metadata": "meter.event_metadata", "property": "meter.property_name"}
    cases = " ".join(f"WHEN '{function}' THEN {takes}" for function, takes in _TAKES.items())
    return (
        f"(meter.event_name IS NULL OR meter.event_name = event_name.name) AND {_SAYS} "
        f"AND CASE meter.function {cases} END"
    ).format(**columns)


CONDITION = _condition()


def condition_of(meter: Meter, name_id: int | None) -> tuple[str, Params]:
    """Whether `meter` counts an `event` of its organization, and the parameters of that. `name_id` is the number of the
    name that it counts, if it counts one name only."""
    conditions = []
    params: Params = {}
    if meter.event_name is not None:
        conditions.append("event.name_id = %(name_id)s")
        params["name_id"] = name_id
    if meter.event_metadata:
        conditions.append(_SAYS.format(metadata="%(metadata)s"))
        params["metadata"] = json.dumps(meter.event_metadata)
    if meter.property_name is not None:
        conditions.append(_TAKES[Function(meter.function)].format(property="%(property)s"))
        params["property"] = meter.property_name
    return " AND ".join(conditions) or "TRUE", params
