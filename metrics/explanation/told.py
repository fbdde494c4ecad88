"""What an explanation consists of."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.db import models

from api.counting import Count
from customers.models import Customer
from metrics.models import Duplicates, Event, Meter
from metrics.services.near_ids import NearMatch
from metrics.services.unmatched import AboutUnmatched


class Status(models.TextChoices):
    """How it stands: of an event the first four, of an external customer ID the others."""

    COUNTED = "counted", "Its customer’s"
    BEING_BOUND = "being_bound", "Being bound"
    WAITING = "waiting", "Waits for a customer"
    UNKNOWN = "unknown", "Not here"
    HELD = "held", "A customer’s"
    UNHELD = "unheld", "Nobody’s"
    ILL_FORMED = "ill_formed", "Not well formed"


class Code(models.TextChoices):
    """What a reason is about, for programs; for people, in a few words."""

    HAPPENED = "happened", "Happened"
    ARRIVED = "arrived", "Arrived"
    SENT_AGAIN = "sent_again", "Sent again"
    SAID_OTHERWISE = "said_otherwise", "Sent again, and said otherwise"
    NAMED_BY_CUSTOMER_ID = "named_by_customer_id", "Its customer was named"
    HELD_ON_ARRIVAL = "held_on_arrival", "Its customer had the ID"
    WAITED = "waited", "Waited"
    GOT_THE_ID = "got_the_id", "A customer got the ID"
    BOUND = "bound", "Bound"
    BEING_BOUND = "being_bound", "Being bound"
    STILL_WAITS = "still_waits", "Still waits"
    CUSTOMER_DELETED = "customer_deleted", "Its customer was deleted"
    EARLIER_HOLDER = "earlier_holder", "An earlier customer was deleted"
    HELD_BY_ANOTHER = "held_by_another", "Another customer has the ID now"
    COUNTED_BY_METER = "counted_by_meter", "Counted"
    COUNTED_BY_NO_METER = "counted_by_no_meter", "Counted by no meter"
    NEVER_STORED = "never_stored", "Never stored"
    NEAR_EVENT = "near_event", "Nearly the same ID"
    ILL_FORMED = "ill_formed", "Not well formed"
    HELD = "held", "A customer has it"
    UNHELD = "unheld", "Nobody has it"
    EVENTS_WAIT = "events_wait", "Events wait"
    NO_EVENTS = "no_events", "No events"
    LAST_EVENT = "last_event", "The last event"
    NEAR_MATCH = "near_match", "Nearly the same ID"
    WAITING_NEARBY = "waiting_nearby", "Events wait under nearly the same ID"
    SENT_AGAIN_UNDER = "sent_again_under", "Sent again under this ID"


_TONES = {
    **dict.fromkeys((Code.HELD_ON_ARRIVAL, Code.NAMED_BY_CUSTOMER_ID, Code.BOUND, Code.HELD), "success"),
    **dict.fromkeys(
        (
            Code.WAITED,
            Code.STILL_WAITS,
            Code.SAID_OTHERWISE,
            Code.NEAR_MATCH,
            Code.NEAR_EVENT,
            Code.WAITING_NEARBY,
            Code.SENT_AGAIN_UNDER,
            Code.EVENTS_WAIT,
            Code.UNHELD,
        ),
        "warning",
    ),
    **dict.fromkeys(
        (Code.ILL_FORMED, Code.NEVER_STORED, Code.CUSTOMER_DELETED, Code.EARLIER_HOLDER), "danger"
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that happened, or holds: a sentence or two, and when where there is a moment."""

    code: Code
    detail: str
    at: datetime.datetime | None = None

    @property
    def tone(self) -> str:
        """How it stands out on a page: success, warning, danger or not at all."""
        return _TONES.get(self.code, "")


@dataclass(frozen=True, slots=True)
class EarlierHolder:
    """A deleted customer who held the ID, and how many events are theirs for good, counted to a limit."""

    customer_id: uuid.UUID
    deleted_at: datetime.datetime
    events: Count


@dataclass(frozen=True, slots=True)
class NearWaiting:
    """Events that wait under an external customer ID which is nearly the one in question."""

    external_customer_id: str
    count: int
    last_seen: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer, as facts and as sentences in the order of what happened; what has no moment comes last."""

    about: str  # "event" or "external_customer_id"
    status: Status
    reasons: list[Reason]
    external_customer_id: str | None = None
    problem: str | None = None  # the code of what an ill-formed ID is refused for
    customer: Customer | None = None
    event: Event | None = None
    day: datetime.date | None = None  # in which the event counts, in the organization's time zone
    duplicates: Duplicates | None = None
    meters: list[Meter] = field(default_factory=list)
    unmatched: AboutUnmatched | None = None
    near_matches: list[NearMatch] = field(default_factory=list)
    near_waiting: list[NearWaiting] = field(default_factory=list)
    near_event_ids: list[str] = field(default_factory=list)
    earlier_holders: list[EarlierHolder] = field(default_factory=list)
    last_events: list[Event] = field(default_factory=list)
    sent_again: list[Duplicates] = field(default_factory=list)


def in_order(reasons: list[Reason]) -> list[Reason]:
    """As things happened. Those of one moment stay as they are."""
    return sorted(
        reasons, key=lambda reason: (reason.at is None, reason.at.timestamp() if reason.at else 0.0)
    )
