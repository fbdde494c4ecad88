"""What happened under an external customer ID: who holds it and held it, what came under it, and what came under nearly
the same one."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import connection

from api.counting import CAP, Count
from customers.external_ids import check_external_customer_id
from customers.models import Customer, CustomerChange  # type: ignore[attr-defined]
from metrics.explanation import words
from metrics.explanation.told import (
    Code,
    EarlierHolder,
    Explanation,
    NearWaiting,
    Reason,
    Status,
    in_order,
)
from metrics.models import Duplicates, Event, UnmatchedID
from metrics.services.near_ids import NearMatch, customers_near, variants
from metrics.services.subjects import of_customer
from metrics.services.unmatched import AboutUnmatched, about_unmatched
from organizations.models import Organization

MOST_EVENTS = 5
MOST_EARLIER = 5
MOST_SENT_AGAIN = 5
_IN_WORDS = 3

_EARLIER = """
SELECT earlier.id, earlier.deleted_at,
  (SELECT count(*) FROM (SELECT FROM events WHERE customer_id = earlier.id LIMIT %s) AS theirs)
FROM (
  SELECT id, deleted_at FROM customers
  WHERE organization_id = %s AND external_customer_id = %s AND deleted_at IS NOT NULL ORDER BY id DESC LIMIT %s
) AS earlier ORDER BY earlier.deleted_at DESC
"""


def explain_external_customer_id(organization: Organization, own_id: str) -> Explanation:
    """Of any text that should be an external customer ID: the same number of queries, however much there is."""
    near = customers_near(organization, own_id)
    try:
        check_external_customer_id(own_id)
    except ValidationError as error:
        reasons = [Reason(Code.ILL_FORMED, f"{error.message} A call with such an event is refused.")]
        return Explanation(
            about="external_customer_id",
            status=Status.ILL_FORMED,
            reasons=[*reasons, *map(_near_reason, near[:_IN_WORDS])],
            external_customer_id=own_id,
            problem=error.code,
            near_matches=near,
        )
    holder = Customer.objects.for_organization(organization).holding(own_id).first()
    earlier = _earlier_holders(organization, own_id)
    unmatched = _unmatched(organization, own_id)
    waiting_nearby = _waiting_nearby(organization, own_id)
    sent_again = _sent_again(organization, own_id)
    last_events = _last_events(organization, own_id, holder)
    status = Status.HELD if holder else Status.WAITING if unmatched else Status.UNHELD
    reasons = [
        *_whose(organization, holder),
        *map(_earlier_reason, earlier),
        *_of_unmatched(unmatched),
        *_of_last(holder, earlier, last_events),
        *map(_sent_again_reason, sent_again[:_IN_WORDS]),
        *map(_waiting_reason, waiting_nearby[:_IN_WORDS]),
        *map(_near_reason, near[:_IN_WORDS]),
    ]
    return Explanation(
        about="external_customer_id",
        status=status,
        reasons=in_order(reasons),
        external_customer_id=own_id,
        customer=holder,
        unmatched=unmatched,
        near_matches=near,
        near_waiting=waiting_nearby,
        earlier_holders=earlier,
        last_events=last_events,
        sent_again=sent_again,
    )


def _earlier_holders(organization: Organization, own_id: str) -> list[EarlierHolder]:
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [CAP + 1, organization.id, own_id, MOST_EARLIER])
        return [
            EarlierHolder(identity, deleted_at, Count(min(events, CAP), is_capped=events > CAP))
            for identity, deleted_at, events in cursor.fetchall()
        ]


def _unmatched(organization: Organization, own_id: str) -> AboutUnmatched | None:
    rows = UnmatchedID.objects.for_organization(organization).open().for_list()
    told = about_unmatched(organization, list(rows.filter(external_customer_id=own_id)))
    return told[0] if told else None


def _waiting_nearby(organization: Organization, own_id: str) -> list[NearWaiting]:
    rows = UnmatchedID.objects.for_organization(organization).open().filter(count__gt=0)
    found = rows.filter(external_customer_id__in=variants(own_id)).order_by("external_customer_id")
    return [NearWaiting(row.external_customer_id, row.count, row.last_seen) for row in found]


def _sent_again(organization: Organization, own_id: str) -> list[Duplicates]:
    """Events that are another's, and were sent again under this ID."""
    found = Duplicates.objects.filter(organization=organization, external_customer_id=own_id)
    rows = found.select_related("event__name", "event__customer", "event__unmatched")
    return [
        row
        for row in rows.order_by("-differed_at")[:MOST_SENT_AGAIN]
        if row.event.external_customer_id != own_id  # its customer may have got this one since
    ]


def _last_events(organization: Organization, own_id: str, holder: Customer | None) -> list[Event]:
    events = Event.objects.for_organization(organization).for_list()
    if holder is not None:
        subjects = of_customer(organization, holder.id)
        events = events.of(customers=subjects.customers, unmatched=subjects.unmatched)
    else:
        open_ids = UnmatchedID.objects.for_organization(organization).open()
        events = events.of(
            customers=(),
            unmatched=list(open_ids.filter(external_customer_id=own_id).values_list("id", flat=True)),
        )
    return list(events.order_by("-timestamp", "-id")[:MOST_EVENTS])


def _whose(organization: Organization, holder: Customer | None) -> Iterator[Reason]:
    if holder is None:
        yield Reason(Code.UNHELD, "No customer holds this ID now. What arrives under it waits for one.")
        return
    changes = CustomerChange.objects.filter(organization_id=organization.id, pgh_obj_id=holder.id)
    with_id = changes.filter(external_customer_id__isnull=False).order_by("pgh_id")
    since: datetime.datetime | None = with_id.values_list("pgh_created_at", flat=True).first()
    yield Reason(
        Code.HELD,
        "A customer got this ID and holds it now. What arrives under it is theirs at once.",
        since or holder.created_at,
    )


def _earlier_reason(earlier: EarlierHolder) -> Reason:
    events = words.events(str(earlier.events))
    return Reason(
        Code.EARLIER_HOLDER,
        f"A customer who held this ID was deleted. {events} stay with them, and nobody who gets the ID later inherits "
        "any; ask for them by the customer’s internal ID."
        if earlier.events
        else "A customer who held this ID was deleted. No event had come for them.",
        earlier.deleted_at,
    )


def _of_unmatched(unmatched: AboutUnmatched | None) -> Iterator[Reason]:
    if unmatched is not None:
        verb = "waits" if unmatched.count == 1 else "wait"
        names = words.listed(f"“{name}”" for name in unmatched.names[:_IN_WORDS])
        yield Reason(
            Code.EVENTS_WAIT,
            f"{words.events(unmatched.count)} {verb} under this ID, of {names}. The earliest happened on "
            f"{words.moment(unmatched.first_seen)}. They become the customer’s who gets it first.",
            unmatched.last_seen,
        )


def _of_last(holder: Customer | None, earlier: list[EarlierHolder], events: list[Event]) -> Iterator[Reason]:
    if events:
        last = events[0]
        yield Reason(
            Code.LAST_EVENT,
            f"The latest event under this ID, “{last.name.name}”, happened then. It arrived on "
            f"{words.moment(last.received_at)}.",
            last.timestamp,
        )
    elif holder is not None:
        yield Reason(Code.NO_EVENTS, "No event of this customer has come.")
    else:
        since = " since its last customer was deleted" if earlier else ""
        yield Reason(Code.NO_EVENTS, f"No event has come under this ID{since}.")


def _sent_again_reason(duplicates: Duplicates) -> Reason:
    event = duplicates.event
    whose = event.external_customer_id
    return Reason(
        Code.SENT_AGAIN_UNDER,
        f"The event {words.quoted(event.external_id)} was sent again under this ID, but it had come first under "
        f"{words.quoted(whose)} and stays there. To count it here as well, send it with an own ID of its own.",
        duplicates.differed_at,
    )


def _waiting_reason(waiting: NearWaiting) -> Reason:
    verb = "waits" if waiting.count == 1 else "wait"
    return Reason(
        Code.WAITING_NEARBY,
        f"{words.events(waiting.count)} {verb} under {words.quoted(waiting.external_customer_id)}, which is another "
        "ID. If this one was meant, correct the sender and send them again with other own IDs.",
        waiting.last_seen,
    )


def _near_reason(match: NearMatch) -> Reason:
    return Reason(
        Code.NEAR_MATCH, f"A customer holds {words.quoted(match.external_customer_id)}, {match.in_words}."
    )
