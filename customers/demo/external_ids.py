"""External customer IDs as integrators' systems make them: of every shape that the product promises to keep."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from random import Random

from customers.external_ids import MAX_LENGTH

# The first numbers stay free, so that a reader's own first customers (cust_123) meet no demo customer.
FIRST_NUMBER = 1001

Shape = Callable[[Random, int, str], str]


def _uuid(random: Random, number: int, mailbox: str) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _longest(random: Random, number: int, mailbox: str) -> str:
    ending = f":account:{number}"
    path = "urn:legacy-crm:" + ":".join(f"{random.getrandbits(32):08x}" for _ in range(32))
    return path[: MAX_LENGTH - len(ending)] + ending


# Each shape and how many of a hundred customers have it. All but the random ones hold the customer's number, so that
# no two of an organization are the same, and the same number in another organization often gives the same ID.
_SHAPES: tuple[tuple[int, Shape], ...] = (
    (42, lambda random, number, mailbox: f"cust_{number}"),
    (19, _uuid),
    (8, lambda random, number, mailbox: f"{number:08d}"),
    (7, lambda random, number, mailbox: f"{mailbox}+{number}@mail.example"),
    (5, lambda random, number, mailbox: f"crm/accounts/{number}"),
    (4, lambda random, number, mailbox: f"eu.tenant.{number}"),
    (3, lambda random, number, mailbox: f"+1 555 {number // 10_000:03d} {number % 10_000:04d}"),
    (3, lambda random, number, mailbox: f"客户-{number}"),
    (2, lambda random, number, mailbox: f"Клиент №{number}"),
    (2, lambda random, number, mailbox: f"🦊-{number}"),
    (2, lambda random, number, mailbox: f"SPRING-20%-{number}"),
    (1, lambda random, number, mailbox: f"shop?id={number}#main"),
    (1, lambda random, number, mailbox: f"export-{number}.json"),
    (1, _longest),
)
_BY_PERCENT: tuple[Shape, ...] = tuple(shape for percent, shape in _SHAPES for _ in range(percent))


def external_id(*, shapes: Random, random: Random, number: int, mailbox: str) -> str:
    """The ID of the customer with this number. `shapes` decides its shape, and two organizations that share its seed
    have many IDs in common; `mailbox` begins those that are e-mail addresses."""
    return _BY_PERCENT[int(shapes.random() * len(_BY_PERCENT))](random, number, mailbox)
