# ruff: noqa: S608  (what is put into these statements is written in this app)
"""The quantities of several meters over one range, in one statement."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Sequence

from metrics.figures.sums import Params
from metrics.meter_rules import Function
from metrics.metering.amounts import MAKINGS, Number, quantity_of
from metrics.metering.limits import bounded
from metrics.metering.sources import name_ids, source_of
from metrics.models import Meter
from organizations.models import Organization

_PARAMETER = re.compile(r"%\((\w+)\)s")


def read_totals(
    *,
    organization: Organization,
    meters: Sequence[Meter],
    start: datetime.datetime,
    end: datetime.datetime,
) -> dict[uuid.UUID, Number | None]:
    """The quantity of each of these meters of the organization, of everyone's events. Raises TakesTooLong."""
    functions = [Function(meter.function) for meter in meters]
    names = name_ids(organization, meters)
    branches = []
    params: Params = {}
    for number, (meter, function) in enumerate(zip(meters, functions, strict=True)):
        source = source_of(organization, meter, names)
        if source is None:
            continue
        making = MAKINGS[function]
        groups = " GROUP BY 1" if making.group_by_value else ""
        found = f"SELECT {making.columns} FROM {source.events}{groups}"
        branch = f"SELECT {number}, {making.together} FROM ({found}) AS found"
        branches.append(_PARAMETER.sub(rf"%(of_{number}_\1)s", branch))
        own = source.params | {"start": start, "end": end}
        params |= {f"of_{number}_{name}": value for name, value in own.items()}
    told = {}
    if branches:
        with bounded() as cursor:
            cursor.execute(" UNION ALL ".join(f"({branch})" for branch in branches), params)
            told = {number: (amount, counted) for number, amount, counted in cursor}
    return {
        meter.id: quantity_of(function, *told.get(number, (None, None)))
        for number, (meter, function) in enumerate(zip(meters, functions, strict=True))
    }
