"""Made-up sessions of the past three months, and how their buyers paid, or didn't."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from api.metadata import Metadata
from checkout.demo.catalog import CURRENCIES, DEFAULT_CURRENCY, Catalog
from organizations.ids import id_at

PERIOD = datetime.timedelta(days=90)
LEAST, MOST = 40, 50_000

_DAY = datetime.timedelta(days=1)
_HOUR = datetime.timedelta(hours=1)
_MINUTE = datetime.timedelta(minutes=1)
_LATELY = 6 * _HOUR  # when what isn't over yet began
_SHOWCASE = 16  # the first customers, whom a newcomer looks at first
_OF_THE_FIRST = 3  # how many sessions are surely the very first customer's
_TRIES = 20

_COMPLETE, _EXPIRED, _OPEN, _PROCESSING = "complete", "expired", "open", "processing"
# How many of two hundred sessions are in each status. The first ones are of every kind, also in the smallest demo.
_STATUSES = (*[_COMPLETE] * 133, *[_EXPIRED] * 60, *[_OPEN] * 6, *[_PROCESSING] * 1)
_FIRST = (_COMPLETE, _OPEN, _EXPIRED, _PROCESSING, _OPEN)

_DECLINED = ("card_declined", "Your card was declined.")
_UNCONFIRMED = (
    "authentication_failed",
    "The payment was not confirmed. Try again, or use another card.",
)
_CAMPAIGNS = ("spring-mailing", "trade-fair", "renewal", "partner")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer, as far as a purchase needs to know."""

    id: uuid.UUID
    external_customer_id: str | None
    name: str | None
    email: str | None
    country: str | None
    created_at: datetime.datetime
    modified_at: datetime.datetime
    deleted_at: datetime.datetime | None

    @property
    def since(self) -> datetime.datetime:
        """Since when everything about the customer is as it is now; before that it may have had no external ID."""
        return self.created_at if self.deleted_at is not None else self.modified_at


@dataclass(frozen=True, slots=True)
class DemoProduct:
    id: uuid.UUID
    name: str
    description: str | None
    unit_amount: int
    currency: str
    created_at: datetime.datetime
    archived_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class DemoItem:
    product_id: uuid.UUID | None
    name: str
    unit_amount: int
    quantity: int


@dataclass(frozen=True, slots=True)
class DemoAttempt:
    id: uuid.UUID
    status: str
    created_at: datetime.datetime
    modified_at: datetime.datetime
    failure: tuple[str, str] | None = None


@dataclass(slots=True)
class DemoSession:
    """A session's row but for its organization, with what belongs to it; `order_id` is that of the order it became."""

    id: uuid.UUID
    status: str
    buyer: Buyer | None
    external_customer_id: str | None
    email: str | None
    name: str | None
    currency: str
    items: tuple[DemoItem, ...]
    metadata: Metadata
    created_at: datetime.datetime
    expires_at: datetime.datetime
    modified_at: datetime.datetime
    completed_at: datetime.datetime | None = None
    order_id: uuid.UUID | None = None
    attempts: list[DemoAttempt] = field(default_factory=list)

    @property
    def amount_total(self) -> int:
        return sum(item.unit_amount * item.quantity for item in self.items)


def number_of_sessions(customers: int) -> int:
    """As many as there are customers, within bounds; none where nobody could have bought anything."""
    return min(max(customers, LEAST), MOST) if customers else 0


def demo_products(
    *, seed: int, at: datetime.datetime, organization: str, catalog: Catalog
) -> list[DemoProduct]:
    """The organization's (its slug's) products, made before the first of its sessions."""
    random = Random(f"{seed}/{organization}/products")  # noqa: S311
    products = []
    for article in catalog.articles:
        for currency, amount in article.prices.items():
            created_at = at - PERIOD - 200 * _DAY * (1 - random.random() / 2)
            products.append(
                DemoProduct(
                    id=id_at(created_at, random.getrandbits(74)),
                    name=article.name,
                    description=article.description,
                    unit_amount=amount,
                    currency=currency,
                    created_at=created_at,
                    archived_at=at - PERIOD / 2 if article.is_archived else None,
                )
            )
    return sorted(products, key=lambda product: product.id)


def demo_sessions(
    *,
    seed: int,
    at: datetime.datetime,
    organization: str,
    count: int,
    buyers: Sequence[Buyer],
    products: Sequence[DemoProduct],
    catalog: Catalog,
) -> list[DemoSession]:
    """`count` sessions of the 90 days before `at`, in the order of making, for `buyers` and for people who are no
    customers yet. The same arguments give the same sessions (as customers.demo.rows says of its own)."""
    maker = _Maker(seed, at, organization, buyers, products, catalog)
    statuses = (*_FIRST, *(_pick(maker.random, _STATUSES) for _ in range(count - len(_FIRST))))
    sessions = [maker.session(status, count, number) for number, status in enumerate(statuses[:count])]
    return sorted(sessions, key=lambda session: session.id)


class _Maker:
    def __init__(
        self,
        seed: int,
        at: datetime.datetime,
        organization: str,
        buyers: Sequence[Buyer],
        products: Sequence[DemoProduct],
        catalog: Catalog,
    ) -> None:
        self.random = Random(f"{seed}/{organization}/sessions")  # noqa: S311
        self.at = at
        self.buyers = buyers
        self.catalog = catalog
        self.by_currency: dict[str, list[DemoProduct]] = {}
        for product in products:
            self.by_currency.setdefault(product.currency, []).append(product)
        self.founded: set[uuid.UUID] = set()

    def session(self, status: str, count: int, number: int) -> DemoSession:
        buyer = self._buyer(status, number)
        if buyer is None and status == _COMPLETE:
            status = _EXPIRED  # whoever pays is a customer
        if buyer is not None and status == _COMPLETE and self._is_founded(buyer):
            founding = self._begun(status, buyer, buyer.created_at - 9 * _MINUTE)
            founding.email = buyer.email
            return self._paid(founding, buyer.created_at)
        created_at = self._moment(status, buyer)
        session = self._begun(status, buyer, created_at)
        if buyer is None:
            session.external_customer_id = self._id_that_nobody_holds(count)
        if status == _COMPLETE:
            return self._paid(session, created_at + _MINUTE + 20 * _MINUTE * self.random.random())
        if status == _PROCESSING:
            self._attempt(session, "needs_step", created_at + 2 * _MINUTE)
            session.modified_at = created_at + 2 * _MINUTE
            return session
        if self.random.random() < 0.25:
            self._attempt(session, "failed", created_at + 3 * _MINUTE)
            session.modified_at = created_at + 3 * _MINUTE
        if status == _EXPIRED:
            session.modified_at = session.expires_at
        return session

    def _begun(self, status: str, buyer: Buyer | None, created_at: datetime.datetime) -> DemoSession:
        random = self.random
        currency = CURRENCIES.get(buyer.country if buyer else None, DEFAULT_CURRENCY)
        stays_open = _DAY if status != _EXPIRED else _pick(random, (_HOUR, 12 * _HOUR, _DAY))
        metadata: Metadata = {"cart": f"C-{10_000 + int(90_000 * random.random())}"}
        if random.random() < 0.3:
            metadata["campaign"] = _pick(random, _CAMPAIGNS)
        email = buyer.email if buyer else None
        if buyer is None and random.random() < 0.5:
            email = f"newcomer{int(1_000_000 * random.random())}@mail.example"
        elif email is not None and random.random() < 0.08:
            email = f"purchasing@{email.partition('@')[2]}"  # who pays isn't always who is on file
        return DemoSession(
            id=id_at(created_at, random.getrandbits(74)),
            status=status,
            buyer=buyer,
            external_customer_id=buyer.external_customer_id if buyer else None,
            email=email,
            name=buyer.name if buyer else None,
            currency=currency,
            items=self._items(currency, created_at),
            metadata=metadata,
            created_at=created_at,
            expires_at=created_at + stays_open,
            modified_at=created_at,
        )

    def _paid(self, session: DemoSession, completed_at: datetime.datetime) -> DemoSession:
        if self.random.random() < 0.12:
            self._attempt(session, "failed", completed_at - _MINUTE / 2)
        self._attempt(session, "succeeded", completed_at)
        session.completed_at = session.modified_at = completed_at
        session.order_id = id_at(completed_at, self.random.getrandbits(74))
        return session

    def _attempt(self, session: DemoSession, status: str, ended_at: datetime.datetime) -> None:
        failure = _pick(self.random, (_DECLINED, _DECLINED, _UNCONFIRMED)) if status == "failed" else None
        began_at = ended_at - datetime.timedelta(seconds=2)
        attempt_id = id_at(began_at, self.random.getrandbits(74))
        session.attempts.append(DemoAttempt(attempt_id, status, began_at, ended_at, failure))

    def _buyer(self, status: str, number: int) -> Buyer | None:
        if number < _OF_THE_FIRST and self.buyers and self._time(status, self.buyers[0]) is not None:
            return self.buyers[0]
        if status != _COMPLETE and self.random.random() < 0.45:
            return None
        for _ in range(_TRIES):
            some = self.buyers[:_SHOWCASE] if self.random.random() < 0.05 else self.buyers
            if some and self._time(status, found := _pick(self.random, some)) is not None:
                return found
        return None

    def _is_founded(self, buyer: Buyer) -> bool:
        """Whether this very purchase makes the customer, as it does for an ID that nobody holds."""
        is_new = buyer.created_at - _HOUR > self.at - PERIOD and buyer.since == buyer.created_at
        founds = is_new and buyer.id not in self.founded and self.random.random() < 0.6
        self.founded.add(buyer.id)
        return founds

    def _time(self, status: str, buyer: Buyer | None) -> tuple[datetime.datetime, datetime.datetime] | None:
        """Between when and when a session of this status can have begun; None for never."""
        latest = self.at - (_DAY if status == _EXPIRED else _HOUR if status == _COMPLETE else 5 * _MINUTE)
        earliest = self.at - (_LATELY if status in (_OPEN, _PROCESSING) else PERIOD)
        if buyer is not None:
            earliest = max(earliest, buyer.since)
            # A session that is over by then is one less to be asked what became of it.
            latest = latest if buyer.deleted_at is None else min(latest, buyer.deleted_at - _DAY)
        return (earliest, latest) if earliest < latest else None

    def _moment(self, status: str, buyer: Buyer | None) -> datetime.datetime:
        time = self._time(status, buyer)
        assert time is not None, "the buyer was chosen so"
        earliest, latest = time
        share: float = self.random.random() ** 0.8  # more as time goes by
        return earliest + (latest - earliest) * share

    def _id_that_nobody_holds(self, count: int) -> str | None:
        chance = self.random.random()
        if chance < 0.15:
            return None
        number = 1 + int(count / 4 * self.random.random())
        return f"signup-{number}" if chance < 0.7 else f"lead/{number:05d}"

    def _items(self, currency: str, moment: datetime.datetime) -> tuple[DemoItem, ...]:
        random = self.random
        items = []
        for _ in range(_pick(random, (1, 1, 1, 2, 2, 3))):
            product = _pick(random, self.by_currency[currency])
            if random.random() < 0.2 or (product.archived_at is not None and product.archived_at <= moment):
                extra = _pick(random, self.catalog.extras)
                items.append(DemoItem(None, extra.name, extra.prices[currency], 1))
            else:
                quantity = _pick(random, (1, 1, 1, 2, 3, 5, 12))
                items.append(DemoItem(product.id, product.name, product.unit_amount, quantity))
        return tuple(items)


def _pick(random: Random, choices: Sequence[_T]) -> _T:
    return choices[int(random.random() * len(choices))]
