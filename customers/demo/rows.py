"""Made-up customers, one after the other in the order in which they were created."""

from __future__ import annotations

import datetime
import heapq
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from api.metadata import Metadata
from customers.addresses import Address
from customers.demo.external_ids import FIRST_NUMBER, external_id
from customers.demo.regions import REGIONS, WEIGHTS, Region
from customers.demo.showcase import SHOWCASE
from organizations.ids import id_at

PERIOD = datetime.timedelta(days=730)
_GROWTH = 0.7  # below 1, so that more customers come as time goes by

_WITHOUT_ID = 0.06
_GETS_ID_LATER = 0.02
_CHANGES = 0.15
_DELETED = 0.04
_ID_USED_AGAIN = 0.3

_REGIONS = tuple(region for region, weight in zip(REGIONS, WEIGHTS, strict=True) for _ in range(weight))
_PLANS = ("free", "free", "free", "team", "team", "business", "business", "enterprise")
_NEXT_PLAN = {"free": "team", "team": "business", "business": "enterprise", "enterprise": "business"}
_SEATS = {"free": 3, "team": 25, "business": 200, "enterprise": 5000}
_SOURCES = ("website", "partner", "trade fair", "import", "referral")
_LATIN = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ı": "i", "'": "", "’": "", " ": ""}
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer's row, but for its organization; `later` is the same row as it is after its one change."""

    id: uuid.UUID
    external_customer_id: str | None
    name: str | None
    email: str | None
    billing_address: Address | None
    tax_id: str | None
    metadata: Metadata
    created_at: datetime.datetime
    modified_at: datetime.datetime
    deleted_at: datetime.datetime | None = None
    inherits_id: bool = False
    """Whether an earlier customer, deleted since, had the same external ID."""
    later: DemoCustomer | None = None


@dataclass(order=True, slots=True)
class _Freed:
    at: datetime.datetime
    external_customer_id: str = field(compare=False)


def demo_customers(
    *, seed: int, at: datetime.datetime, organization: str, count: int, company_share: float
) -> Iterator[DemoCustomer]:
    """`count` customers who came to the organization (its slug) in the two years before `at`.

    The same arguments give the same customers. Python promises that of Random.random for any version of it, so
    everything else is made from that.
    """
    shapes = Random(f"{seed}/external IDs")  # noqa: S311
    random = Random(f"{seed}/{organization}")  # noqa: S311
    freed: list[_Freed] = []
    for index in range(count):
        age = ((index + random.random()) / count) ** _GROWTH
        created_at = at - PERIOD * (1 - age)
        customer = _customer(random, shapes, index, created_at, company_share)
        while freed and freed[0].at < created_at:
            own_id = heapq.heappop(freed).external_customer_id
            if customer.external_customer_id is not None and index >= len(SHOWCASE):
                customer = replace(customer, external_customer_id=own_id, inherits_id=True)
                break
        if index >= len(SHOWCASE) and not customer.inherits_id:
            customer = _with_future(random, customer, at)
            last = customer.later
            if (
                last is not None
                and last.deleted_at is not None
                and last.external_customer_id is not None
                and random.random() < _ID_USED_AGAIN
            ):
                heapq.heappush(freed, _Freed(last.deleted_at, last.external_customer_id))
        yield customer


def _customer(
    random: Random, shapes: Random, index: int, created_at: datetime.datetime, company_share: float
) -> DemoCustomer:
    region = _pick(random, _REGIONS)
    given, given_latin = _spellings(_pick(random, region.given_names))
    family, family_latin = _spellings(_pick(random, region.family_names))
    city = _pick(random, region.cities)
    mailbox = f"{given_latin}.{family_latin}"
    number = FIRST_NUMBER + index
    if random.random() < company_share:
        name = _pick(random, region.companies).format(family=family, city=city[0])
        email = f"{_pick(random, ('billing', 'accounts', 'hello', mailbox))}@{family_latin}-{number}.example"
    else:
        name = region.full_name.format(given=given, family=family)
        email = f"{mailbox}{number}@mail.example"
    own_id: str | None = external_id(shapes=shapes, random=random, number=number, mailbox=mailbox)
    if index < len(SHOWCASE):
        own_id = SHOWCASE[index]
    elif random.random() < _WITHOUT_ID:
        own_id = None
    knows_contact, knows_address = random.random(), random.random()
    return DemoCustomer(
        id=id_at(created_at, random.getrandbits(74)),
        external_customer_id=own_id,
        name=name if knows_contact > 0.03 or own_id is None else None,
        email=email if knows_contact < 0.97 else None,
        billing_address=_address(random, region, city) if knows_address < 0.8 else None,
        tax_id=_digits(random, region.tax_id) if knows_address < 0.5 else None,
        metadata=_metadata(random, region),
        created_at=created_at,
        modified_at=created_at,
    )


def _with_future(random: Random, customer: DemoCustomer, at: datetime.datetime) -> DemoCustomer:
    """The customer with what happens to it until `at`, if anything does."""
    moment = customer.created_at + (at - customer.created_at) * random.random()
    chance = random.random()
    if chance < _DELETED:
        return replace(customer, later=replace(customer, modified_at=moment, deleted_at=moment))
    if chance < _DELETED + _GETS_ID_LATER and customer.external_customer_id is not None:
        later = replace(customer, modified_at=moment)
        return replace(customer, external_customer_id=None, later=later)
    if chance < _DELETED + _GETS_ID_LATER + _CHANGES:
        plan = _NEXT_PLAN[str(customer.metadata["plan"])]
        metadata = {**customer.metadata, "plan": plan, "seats": _seats(random, plan)}
        return replace(customer, later=replace(customer, modified_at=moment, metadata=metadata))
    return customer


def _metadata(random: Random, region: Region) -> Metadata:
    plan = _pick(random, _PLANS)
    metadata: Metadata = {"plan": plan, "region": region.area, "seats": _seats(random, plan)}
    if plan == "free":
        metadata["trial"] = random.random() < 0.4
    elif random.random() < 0.2:
        metadata["discount"] = _pick(random, (0.05, 0.1, 0.125, 0.2))
    if random.random() < 0.3:
        metadata["source"] = _pick(random, _SOURCES)
    return metadata


def _seats(random: Random, plan: str) -> int:
    return 1 + int(_SEATS[plan] * random.random() ** 2)


def _address(random: Random, region: Region, city: tuple[str, str | None, str]) -> Address:
    town, state, postal_code = city
    return {
        "line1": _digits(random, _pick(random, region.streets)),
        "line2": None,
        "city": town,
        "state": state,
        "postal_code": _digits(random, postal_code),
        "country": region.country,
    }


def _digits(random: Random, pattern: str) -> str:
    """The pattern with a digit for each `#`, none of them a leading zero."""
    text = pattern
    while "#" in text:
        text = text.replace("#", str(1 + int(9 * random.random())), 1)
    return text


def _spellings(name: str) -> tuple[str, str]:
    """A name as its people write it, and as it is in an e-mail address."""
    written, _, latin = name.partition(":")
    plain = unicodedata.normalize("NFKD", (latin or written).translate(_LATIN))
    return written, plain.encode("ascii", "ignore").decode("ascii").lower()


def _pick(random: Random, choices: Sequence[_T]) -> _T:
    return choices[int(random.random() * len(choices))]
