"""Made-up businesses for tests of the figures, and the figures counted one row at a time, in Python."""

from __future__ import annotations

import datetime
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from checkout.models import CheckoutSession, Order
from customers.models import Customer
from customers.services import create_customer, delete_customer, update_customer
from metrics.models import Event, UnmatchedID
from metrics.services import binding, folding, tallies
from metrics.tests.sending import event, send
from organizations.models import Organization

MINUTE = datetime.timedelta(minutes=1)
QUARTER = datetime.timedelta(minutes=15)
OWN_IDS = ("a", "b", "c", "A")


class World:
    """A business in which everything happens at `moments`, and things happen in any order."""

    def __init__(self, organization: Organization, moments: list[datetime.datetime], seed: int) -> None:
        self.organization = organization
        self.moments = moments
        self.random = random.Random(seed)
        self.numbers = iter(range(1, 10_000))

    def live_for(self, steps: int) -> None:
        for _ in range(steps):
            self.random.choice(
                [
                    *[self.use] * 5,
                    *[self.buy] * 2,
                    *[self.begin] * 2,
                    *[self.appear] * 2,
                    *[self.fold] * 2,
                    *[self.add_marks] * 2,
                    self.succeed,
                    self.bind_some,
                    self.bind_all,
                    self.leave,
                ]
            )()

    def moment(self) -> datetime.datetime:
        return self.random.choice(self.moments)

    def customers(self) -> list[Customer]:
        return list(Customer.objects.for_organization(self.organization).live().order_by("id"))

    def use(self) -> None:
        """Events of one call: late ones, some of the same own ID, some by our ID of the customer."""
        sent: list[dict[str, Any]] = []
        for _ in range(self.random.randint(1, 8)):
            named: dict[str, Any] = {"timestamp": self.moment().isoformat(), **self.said()}
            if self.random.random() < 0.4:
                named["external_id"] = f"e{self.random.randint(1, 12)}"
            known = self.customers()
            if known and self.random.random() < 0.2:
                chosen = self.random.choice(known)
                sent.append(event(None, customer_id=str(chosen.id), **named))
            else:
                sent.append(event(self.random.choice(OWN_IDS), **named))
        send(self.organization, *sent)

    def said(self) -> dict[str, Any]:
        """What an event says beside when it happened and whose it is."""
        return {}

    def appear(self) -> None:
        """A customer comes, with an ID, without, or gets one later."""
        held = {customer.external_customer_id for customer in self.customers()}
        free = [own_id for own_id in OWN_IDS if own_id not in held]
        nameless = [customer for customer in self.customers() if customer.external_customer_id is None]
        if free and nameless and self.random.random() < 0.5:
            update_customer(customer=nameless[0], external_customer_id=self.random.choice(free))
            return
        own_id = self.random.choice([*free, None]) if free else None
        customer = create_customer(organization=self.organization, external_customer_id=own_id)
        Customer.objects.filter(id=customer.id).update(created_at=self.moment())

    def leave(self) -> None:
        if known := self.customers():
            delete_customer(customer=self.random.choice(known))

    def begin(self, customer: Customer | None = None, status: str | None = None) -> CheckoutSession:
        """A session; of a customer, of an ID whose customer may never come, or of neither."""
        at = self.moment()
        known = self.customers()
        if customer is None and known and self.random.random() < 0.5:
            customer = self.random.choice(known)
        own_id = customer.external_customer_id if customer else self.random.choice([*OWN_IDS, None])
        return CheckoutSession.objects.create(
            organization=self.organization,
            customer=customer,
            external_customer_id=own_id,
            stored_status=status or self.random.choice(["open", "processing", "expired"]),
            completed_at=at if status == "complete" else None,
            currency="usd",
            amount_total=1,
            expires_at=at + datetime.timedelta(hours=1),
            created_at=at,
        )

    def buy(self) -> None:
        if not (known := self.customers()):
            return
        customer = self.random.choice(known)
        session = self.begin(customer, "complete")
        Order.objects.create(
            organization=self.organization,
            number=next(self.numbers),
            checkout_session=session,
            customer=customer,
            external_customer_id=customer.external_customer_id,
            currency=self.random.choice(["usd", "eur"]),
            amount_total=self.random.choice([1, 2, 1501, 999]),
            created_at=self.random.choice([session.created_at, self.moment()]),
        )

    def succeed(self) -> None:
        """A session that was under way is complete, whenever it began."""
        under_way = CheckoutSession.objects.for_organization(self.organization).filter(
            stored_status="processing", customer__isnull=False
        )
        for session in under_way.order_by("id")[:1]:
            CheckoutSession.objects.filter(id=session.id).update(
                stored_status="complete", completed_at=self.moment()
            )

    def fold(self) -> None:
        folding.fold(self.organization.id)

    def add_marks(self) -> None:
        tallies.add_marks(self.organization.id)

    def bind_some(self) -> None:
        for unmatched in UnmatchedID.objects.for_organization(self.organization).unbound()[:1]:
            binding.bind_chunk(unmatched.id)

    def bind_all(self) -> None:
        binding.bind_events(organization_id=self.organization.id)


@dataclass(frozen=True)
class Row:
    """Something that counts: of what kind, when, whose (a customer, or an ID that nobody holds), and how much; and the
    event, if it is one."""

    kind: str
    at: datetime.datetime
    customer_id: uuid.UUID | None
    own_id: str | None = None
    currency: str = ""
    amount: int = 0
    event: Event | None = None


def rows_of(organization: Organization) -> Iterator[Row]:
    for found in Event.objects.for_organization(organization).select_related("name", "unmatched"):
        unmatched = found.unmatched
        owner = found.customer_id or (unmatched and unmatched.customer_id)
        own_id = unmatched.external_customer_id if not owner else None
        yield Row("event", found.timestamp, owner, own_id, event=found)
    for order in Order.objects.for_organization(organization):
        yield Row("order", order.created_at, order.customer_id, None, order.currency, order.amount_total)
    for session in CheckoutSession.objects.for_organization(organization):
        own_id = None if session.customer_id else session.external_customer_id
        done = session.stored_status == "complete"
        yield Row("checkout", session.created_at, session.customer_id, own_id, amount=int(done))
    for customer in Customer.objects.for_organization(organization):
        yield Row("customer", customer.created_at, customer.id)


def of_subject(
    organization: Organization, rows: Iterable[Row], own_ids: Iterable[str], customer_id: uuid.UUID | None
) -> list[Row]:
    """Those of the current holders of the IDs and those under the IDs that nobody holds, or of the one customer."""
    live = Customer.objects.for_organization(organization).live()
    holders = set(live.filter(external_customer_id__in=own_ids).values_list("id", flat=True))
    if own_ids and customer_id:
        return [row for row in rows if row.customer_id == customer_id and customer_id in holders]
    if customer_id:
        return [row for row in rows if row.customer_id == customer_id]
    return [row for row in rows if row.customer_id in holders or (row.own_id and row.own_id in own_ids)]


def counted(rows: Iterable[Row], currencies: Iterable[str]) -> dict[str, Any]:
    """The figures, by the words of docs/metrics.md."""
    rows = list(rows)

    def of(kind: str) -> list[Row]:
        return [row for row in rows if row.kind == kind]

    revenue = {
        currency: sum(row.amount for row in of("order") if row.currency == currency)
        for currency in currencies
    }
    averages = {}
    for currency, amount in revenue.items():
        number = sum(row.currency == currency for row in of("order"))
        averages[currency] = int(amount / number + 0.5) if number else None
    succeeded = sum(row.amount for row in of("checkout"))
    return {
        "orders": len(of("order")),
        "revenue": revenue,
        "average_order_value": averages,
        "checkouts": len(of("checkout")),
        "succeeded_checkouts": succeeded,
        "checkout_conversion": succeeded / len(of("checkout")) if of("checkout") else None,
        "new_customers": len(of("customer")),
        "active_customers": len({row.customer_id for row in of("order") + of("event")} - {None}),
        "events": len(of("event")),
    }


def clock_period(at: datetime.datetime, interval: str, zone: ZoneInfo) -> Any:
    """What the zone's clock and calendar show, down to `interval`."""
    local = at.astimezone(zone)
    if interval == "hour":
        return (local.date(), local.hour, local.utcoffset())
    if interval == "week":
        return local.date() - datetime.timedelta(days=local.weekday())
    return local.date().replace(**{"day": {}, "month": {"day": 1}, "year": {"month": 1, "day": 1}}[interval])


def by_period(
    rows: Iterable[Row], start: datetime.datetime, end: datetime.datetime, interval: str, zone: ZoneInfo
) -> list[list[Row]]:
    """The rows of each period that there is a moment of from `start` to before `end`, in order."""
    periods: dict[Any, list[Row]] = defaultdict(list)
    begins: dict[Any, datetime.datetime] = {}

    def period(at: datetime.datetime) -> list[Row]:
        key = clock_period(at, interval, zone)
        begins[key] = min(at, begins.get(key, at))
        return periods[key]

    # Where clocks are set back a minute after midnight, there is an hour of one minute.
    step = (
        MINUTE
        if interval == "hour"
        else QUARTER
        if end - start < datetime.timedelta(days=40)
        else QUARTER * 24
    )
    at = start
    while at < end:
        period(at)
        at += step
    period(end - datetime.timedelta(microseconds=1))
    for row in rows:
        if start <= row.at < end:
            period(row.at).append(row)
    # A range that begins where clocks are set back over midnight may show a day before the rest of the one before it.
    in_order = sorted(begins, key=begins.__getitem__) if interval == "hour" else sorted(begins)
    return [periods[key] for key in in_order]


def by_customer(organization: Organization, rows: Iterable[Row], *, deleted: bool) -> dict[Any, list[Row]]:
    """The rows of each customer (without the deleted, unless told), and of each ID that nobody holds, by that ID. What
    nobody holds under an ID that somebody does is theirs."""
    everyone = {found.id: found for found in Customer.objects.for_organization(organization)}
    holders = {
        customer.external_customer_id: customer.id
        for customer in everyone.values()
        if customer.deleted_at is None
    }
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        owner = row.customer_id or (holders.get(row.own_id) if row.own_id else None)
        if owner and (deleted or everyone[owner].deleted_at is None):
            found[owner].append(row)
        elif not owner and row.own_id:
            found[row.own_id].append(row)
    return found
