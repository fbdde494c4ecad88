"""What one customer used: by the names of its events, and the latest of them. Both read a bounded number of rows, along
the index of the customer's events."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from customers.models import Customer
from metrics.charts import lengths
from metrics.figures.periods import Span
from metrics.measures import Counted
from metrics.models import Event, UnmatchedID

MOST_COUNTED = 10_000
NAMES_SHOWN = 10
LATEST_SHOWN = 10

_BY_NAME = """
SELECT event_names.name, counted.events, counted.all_events, counted.all_names FROM (
  SELECT name_id, count(*) AS events, sum(count(*)) OVER () AS all_events, count(*) OVER () AS all_names FROM (
    SELECT name_id FROM events
    WHERE organization_id = %(organization)s AND customer_id = %(customer)s
      AND timestamp >= %(start)s AND timestamp < %(end)s
    ORDER BY timestamp DESC LIMIT %(most)s
  ) AS latest GROUP BY name_id
) AS counted JOIN event_names ON event_names.id = counted.name_id
ORDER BY counted.events DESC, event_names.name COLLATE "C" LIMIT %(names)s
"""


@dataclass(frozen=True, slots=True)
class NamedUsage:
    name: str
    count: str
    length: str


@dataclass(frozen=True, slots=True)
class UsageByName:
    """The names that most events have. `counted` is how many events were looked at: the latest ones, where `is_capped`
    says that there may be more. `others` is how many names there are beside these."""

    names: list[NamedUsage]
    counted: str
    others: int
    is_capped: bool


def usage_by_name(customer: Customer, span: Span) -> UsageByName:
    """By the names of the customer's events in the range: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_NAME,
            {
                "organization": customer.organization_id,
                "customer": customer.id,
                "start": span.start,
                "end": span.end,
                "most": MOST_COUNTED,
                "names": NAMES_SHOWN,
            },
        )
        rows = cursor.fetchall()
    counted, names = (int(rows[0][2]), int(rows[0][3])) if rows else (0, 0)
    shown = [
        NamedUsage(name, Counted().text(count), length)
        for (name, count, *_), length in zip(rows, lengths([row[1] for row in rows]), strict=True)
    ]
    return UsageByName(shown, Counted().text(counted), names - len(shown), is_capped=counted >= MOST_COUNTED)


def latest_events(customer: Customer) -> list[Event]:
    """Those that happened last, of those that are bound to the customer already."""
    events = Event.objects.for_organization(customer.organization_id)
    return list(events.of(customers=[customer.id], unmatched=[]).for_list()[:LATEST_SHOWN])


def being_bound(customer: Customer) -> int:
    """How many events waited under the customer's ID, where they aren't all bound to it yet."""
    waiting = UnmatchedID.objects.for_organization(customer.organization_id).unbound()
    return sum(waiting.filter(customer=customer).values_list("count", flat=True))
