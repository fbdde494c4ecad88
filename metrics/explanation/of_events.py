"""What happened to an event: when it came, whose it became and why, and what it counts for."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator

from customers.external_ids import is_external_customer_id
from customers.models import Customer
from customers.services import stand_in_for
from metrics.explanation import words
from metrics.explanation.told import Code, Explanation, Reason, Status, in_order
from metrics.models import Duplicates, Event, Meter
from metrics.querysets import EventQuerySet
from metrics.services.meters import meters_counting
from metrics.services.near_ids import NearMatch, customers_near, variants
from organizations.models import Organization
from organizations.time_zones import time_zone

# Events that were on their way for less than this arrived when they happened, as far as anyone cares.
_AT_ONCE = datetime.timedelta(minutes=2)
_NEAR_IN_WORDS = 3
_METERS_IN_WORDS = 5


def explain_event_id(organization: Organization, event_id: uuid.UUID) -> Explanation:
    """Of the event with this ID of ours. That there is none is an answer too, the same for another organization's."""
    event = _events(organization).filter(id=event_id).first()
    if event is not None:
        return explain_event(organization, event)
    return _unknown("No event of this organization has this ID.")


def explain_own_event_id(organization: Organization, external_id: str) -> Explanation:
    """Of the event with this own ID, the organization's; or what may have been meant when there is none."""
    if is_external_customer_id(external_id):
        event = _events(organization).filter(external_id=external_id).first()
        if event is not None:
            return explain_event(organization, event)
        said = (
            f"No event with the own ID {words.quoted(external_id)} is stored. It was never sent to this "
            "organization, or the call that it came in was refused: a call is stored whole or not at all."
        )
    else:
        said = (
            "No event can have this own ID: it isn’t well formed, and a call with such an event is refused."
        )
    near = _events(organization).filter(external_id__in=variants(external_id)).order_by("external_id")
    return _unknown(said, [event.external_id or "" for event in near])


def explain_event(organization: Organization, event: Event) -> Explanation:
    """Of an event of the organization: four queries at most, beside that for the event itself."""
    duplicates = Duplicates.objects.filter(event=event).first()
    owner = _owner(event)
    near = [] if owner or event.external_customer_id is None else _near(organization, event)
    zone = time_zone(organization.time_zone)
    day = event.timestamp.astimezone(zone).date()
    meters = meters_counting(organization, event)
    reasons = [
        _happened(event, day, zone.key),
        Reason(Code.ARRIVED, _arrived(event), event.received_at),
        *_whose(event, owner),
        *_since(organization, event, owner),
        *(_near_reason(match) for match in near[:_NEAR_IN_WORDS]),
        *_again(duplicates),
        _counted(meters, day),
    ]
    return Explanation(
        about="event",
        status=_status(event, owner),
        reasons=in_order(reasons),
        external_customer_id=event.external_customer_id,
        customer=owner,
        event=event,
        day=day,
        duplicates=duplicates,
        meters=meters,
        near_matches=near,
    )


def _events(organization: Organization) -> EventQuerySet:
    return Event.objects.for_organization(organization).select_related(
        "name", "customer", "unmatched__customer"
    )


def _owner(event: Event) -> Customer | None:
    return event.customer or (event.unmatched.customer if event.unmatched else None)


def _status(event: Event, owner: Customer | None) -> Status:
    if owner is None:
        return Status.WAITING
    return Status.COUNTED if event.customer_id else Status.BEING_BOUND


def _happened(event: Event, day: datetime.date, zone: str) -> Reason:
    late = event.received_at - event.timestamp
    came = (
        f" It arrived {words.duration(late)} later, and counts when it happened:" if late > _AT_ONCE else ""
    )
    counts = f"{came} on" if came else "It counts on"
    return Reason(
        Code.HAPPENED, f"{counts} {words.day(day)} in the time zone {zone}.".strip(), event.timestamp
    )


def _arrived(event: Event) -> str:
    if event.named_customer:
        return "It was stored. It named its customer by our ID."
    own_id = event.external_customer_id
    if _is_erased(event):
        return "It was stored. Which external ID it came under has been erased with its customer."
    return f"It was stored. It came under the external ID {words.quoted(own_id)}."


def _is_erased(event: Event) -> bool:
    owner = _owner(event)
    return owner is not None and owner.external_customer_id == stand_in_for(owner.id)


def _whose(event: Event, owner: Customer | None) -> Iterator[Reason]:
    """Why it is whose it is."""
    own_id = words.quoted(event.external_customer_id)
    if event.named_customer:
        yield Reason(
            Code.NAMED_BY_CUSTOMER_ID, "It is this customer’s, since it named them.", event.received_at
        )
    elif event.unmatched is None:
        yield Reason(
            Code.HELD_ON_ARRIVAL,
            "It is the customer’s who held this ID at that moment, and stays theirs.",
            event.received_at,
        )
    else:
        yield Reason(
            Code.WAITED,
            "Nobody held this ID at that moment, so it waited for the first customer to get it.",
            event.received_at,
        )
        if owner is None:
            yield Reason(
                Code.STILL_WAITS,
                f"Nobody has got {own_id} since. It becomes the customer’s who gets this ID first.",
            )
            return
        yield Reason(
            Code.GOT_THE_ID,
            "A customer got this ID, and with it everything that waited under it.",
            event.unmatched.claimed_at,
        )
        if event.customer_id is None:
            yield Reason(
                Code.BEING_BOUND, "It is being bound to this customer now; it counts as theirs already."
            )
        elif event.unmatched.bound_at is not None:
            yield Reason(Code.BOUND, "All that had waited was bound by then.", event.unmatched.bound_at)
        else:
            yield Reason(Code.BOUND, "It is bound. Others that waited with it are still being bound.")


def _since(organization: Organization, event: Event, owner: Customer | None) -> Iterator[Reason]:
    """What became of those who hold its ID, or held it."""
    own_id = event.external_customer_id
    customers = Customer.objects.for_organization(organization)
    if owner is None:
        earlier = customers.deleted().filter(external_customer_id=own_id, deleted_at__lte=event.received_at)
        for deleted_at in earlier.order_by("-id").values_list("deleted_at", flat=True)[:1]:
            yield Reason(
                Code.EARLIER_HOLDER,
                "The customer who held this ID was deleted before the event arrived, which freed the ID. What arrives "
                "under a freed ID waits for its next holder.",
                deleted_at,
            )
    elif owner.is_deleted:
        heir = None if own_id is None else customers.holding(own_id).first()
        yield Reason(
            Code.CUSTOMER_DELETED,
            "Its customer was deleted. The event stays theirs, and in the organization’s figures.",
            owner.deleted_at,
        )
        if heir is not None:
            yield Reason(
                Code.HELD_BY_ANOTHER,
                f"Another customer holds {words.quoted(own_id)} now, and inherits nothing of an earlier one.",
                heir.created_at,
            )


def _counted(meters: list[Meter], day: datetime.date) -> Reason:
    if not meters:
        return Reason(Code.COUNTED_BY_NO_METER, "No meter counts it: there is none whose rule it fits.")
    names = [words.quoted(meter.name) for meter in meters[:_METERS_IN_WORDS]]
    if others := len(meters) - len(names):
        names.append(f"{others:,} more")
    named = words.listed(names)
    which = "The meter" if len(meters) == 1 else "The meters"
    verb = "counts" if len(meters) == 1 else "count"
    return Reason(Code.COUNTED_BY_METER, f"{which} {named} {verb} it, in the period of {words.day(day)}.")


def _near(organization: Organization, event: Event) -> list[NearMatch]:
    return customers_near(organization, event.external_customer_id or "")


def _near_reason(match: NearMatch) -> Reason:
    return Reason(
        Code.NEAR_MATCH,
        f"A customer holds {words.quoted(match.external_customer_id)}, {match.in_words}. If they were meant, correct "
        "the sender and send the event again with another own ID.",
    )


def _again(duplicates: Duplicates | None) -> Iterator[Reason]:
    if duplicates is None:
        return
    last = "" if duplicates.count == 1 else ", for the last time then"
    yield Reason(
        Code.SENT_AGAIN,
        f"It was sent again {words.times(duplicates.count)}{last}. An event of the same own ID is a duplicate: the "
        "first one stays as it is.",
        duplicates.last_at,
    )
    if duplicates.differed_at is not None:
        other = duplicates.external_customer_id
        under = f" (as the event of {words.quoted(other)})" if other is not None else ""
        yield Reason(
            Code.SAID_OTHERWISE,
            f"Sent again, it had {words.differences(duplicates.differences)}{under}. That was left out, since the "
            "first one stays.",
            duplicates.differed_at,
        )


def _unknown(said: str, near: list[str] | None = None) -> Explanation:
    found = near or []
    reasons = [Reason(Code.NEVER_STORED, said)]
    reasons += [
        Reason(Code.NEAR_EVENT, f"There is an event {words.quoted(external_id)}, which is nearly the same.")
        for external_id in found[:_NEAR_IN_WORDS]
    ]
    return Explanation(about="event", status=Status.UNKNOWN, reasons=reasons, near_event_ids=found)
