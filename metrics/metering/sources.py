# ruff: noqa: S608  (what is put into these statements is written in this app)
"""Where the events that a meter counts are found, by index: those of the organization by their name, or by time alone
where the meter counts any; those of certain customers by customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from metrics.figures.of_subjects import WAITING, Subject
from metrics.figures.sums import Params
from metrics.metering.rule import condition_of
from metrics.models import EventName, Meter
from organizations.models import Organization

_IN_RANGE = "event.timestamp >= %(start)s AND event.timestamp < %(end)s"

# `customer_id` is null, and `own_id` isn't, where nobody holds the ID.
_OF_WANTED = f"""
counted (timestamp, metadata, customer_id, own_id) AS (
  SELECT event.timestamp, event.metadata, wanted.customer_id, NULL::text FROM wanted CROSS JOIN LATERAL (
    SELECT event.timestamp, event.metadata FROM events AS event
    WHERE event.customer_id = wanted.customer_id AND {_IN_RANGE} AND {{condition}} OFFSET 0
  ) AS event
  UNION ALL
  SELECT event.timestamp, event.metadata, wanted.customer_id,
    CASE WHEN wanted.customer_id IS NULL THEN wanted.own_id END
  FROM waiting JOIN wanted ON wanted.key = waiting.key CROSS JOIN LATERAL (
    SELECT event.timestamp, event.metadata FROM events AS event
    WHERE event.unmatched_id = waiting.unmatched_id AND event.customer_id IS NULL AND {_IN_RANGE} AND {{condition}}
    OFFSET 0
  ) AS event
)
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The tables that a statement makes first, and its rows `event`."""

    tables: tuple[str, ...]
    events: str
    params: Params


def name_ids(organization: Organization, meters: Iterable[Meter]) -> dict[str, int]:
    """The numbers of the names that the meters count, as far as events have them. They are looked up first, so that the
    planner knows how many events have one."""
    names = {meter.event_name for meter in meters} - {None}
    if not names:
        return {}
    found = EventName.objects.filter(organization=organization, name__in=names)
    return dict(found.values_list("name", "id"))


def source_of(
    organization: Organization, meter: Meter, names: Mapping[str, int], subject: Subject | None = None
) -> Source | None:
    """The events that `meter` counts, from `start` to before `end`, of `subject` or of everyone; None where no event
    has the name that it counts."""
    name_id = None if meter.event_name is None else names.get(meter.event_name)
    if meter.event_name is not None and name_id is None:
        return None
    condition, params = condition_of(meter, name_id)
    params["organization"] = organization.id
    if subject is None:
        # A name is one organization's.
        whose = "TRUE" if name_id is not None else "event.organization_id = %(organization)s"
        return Source((), f"events AS event WHERE {whose} AND {_IN_RANGE} AND {condition}", params)
    wanted, own = subject.wanted()
    tables = (wanted, WAITING, _OF_WANTED.format(condition=condition))
    return Source(tables, "counted AS event", params | own)
