"""External customer IDs that events came under while nobody held them: nearly somebody's, plainly unknown, or held by
now."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from organizations.ids import id_at

PERIOD = datetime.timedelta(days=90)
_T = TypeVar("_T")

# Nearly ACME-EU and acme-eu, both of which a customer holds, and there from the first day to the last.
_FIRST = "Acme-Eu"
# Those of the demo's checkouts are among them, so that who buys under one gets its events too.
_UNKNOWN = (
    "trial-2081",
    "signup-1",
    "signup-3",
    "lead/00002",
    "beta/ws-17",
    "test-account",
    "user_8842@old-crm.example",
    "cust-1001",
    "demo tenant 4",
)
_NEAR = 8
_CLAIMED = 24
_HEAD_START = datetime.timedelta(days=12)
_HOUR = datetime.timedelta(hours=1)
_BINDING = datetime.timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class User:
    """A customer, as far as events need to know."""

    id: uuid.UUID
    external_customer_id: str | None
    created_at: datetime.datetime
    modified_at: datetime.datetime
    deleted_at: datetime.datetime | None

    @property
    def since(self) -> datetime.datetime:
        """Since when it surely has its external ID."""
        return self.created_at if self.deleted_at is not None else self.modified_at


@dataclass(frozen=True, slots=True)
class DemoWaiting:
    """An UnmatchedID's row but for its organization and its sums. Its events arrive from `first` on, before `last`."""

    id: uuid.UUID
    external_customer_id: str
    first: datetime.datetime
    last: datetime.datetime
    user: User | None = None
    """Who got the ID, at the time `last`."""

    @property
    def bound_at(self) -> datetime.datetime | None:
        return self.last + _BINDING if self.user else None


def demo_waiting(
    *, seed: int, at: datetime.datetime, organization: str, users: Sequence[User]
) -> list[DemoWaiting]:
    """What may wait, or have waited, in the 90 days before `at`. Whoever stores it leaves out those whose ID somebody
    else has, or had."""
    random = Random(f"{seed}/{organization}/waiting")  # noqa: S311
    found: dict[str, DemoWaiting] = {}
    for own_id in (_FIRST, *_nearly(random, users), *_UNKNOWN):
        first = at - PERIOD * (1 if own_id == _FIRST else random.random())
        last = at if random.random() < 0.6 or own_id == _FIRST else first + (at - first) * random.random()
        found.setdefault(own_id, DemoWaiting(_id(random, first), own_id, first, last))
    for user in _lately_come(random, at, users):
        first = max(at - PERIOD, user.created_at - _HEAD_START)
        assert user.external_customer_id is not None
        waiting = DemoWaiting(_id(random, first), user.external_customer_id, first, user.created_at, user)
        found.setdefault(user.external_customer_id, waiting)
    return list(found.values())


def _nearly(random: Random, users: Sequence[User]) -> Iterator[str]:
    """Other spellings of what customers hold. The first is that of a reader's first customer."""
    held = [own_id for user in users if (own_id := _plain_id(user)) is not None]
    for number, own_id in enumerate(held[: _NEAR // 2] + _some(random, held, _NEAR // 2)):
        yield _wide(own_id) if number % 2 == 0 else own_id.upper()


def _plain_id(user: User) -> str | None:
    """The ID of a live customer that has another letter case."""
    own_id = user.external_customer_id
    spelled = own_id is not None and own_id.isascii() and own_id != own_id.upper() and len(own_id) <= 40
    return own_id if spelled and user.deleted_at is None else None


def _wide(own_id: str) -> str:
    """The letters and digits as an East Asian keyboard may type them."""
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in own_id)


def _lately_come(random: Random, at: datetime.datetime, users: Sequence[User]) -> list[User]:
    """Some customers who were made with their ID, when its events may have been there already."""
    new = [
        user
        for user in users
        if at - PERIOD + _HOUR < user.created_at < at - _HOUR
        and user.created_at == user.modified_at
        and user.external_customer_id is not None
    ]
    return _some(random, new, _CLAIMED)


def _some(random: Random, choices: Sequence[_T], count: int) -> list[_T]:
    return [choices[int(random.random() * len(choices))] for _ in range(count)] if choices else []


def _id(random: Random, moment: datetime.datetime) -> uuid.UUID:
    return id_at(moment, random.getrandbits(74))
