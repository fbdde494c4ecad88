"""The two businesses of the demo. Each numbers its customers itself, so that they have many external IDs in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from checkout.demo.catalog import GOODS, SOFTWARE, Catalog
from metrics.demo.usage import ONLINE, TRADE, Usage


@dataclass(frozen=True)
class Business:
    slug: str
    name: str
    company_share: float
    """How many of its customers are companies; the others are people."""
    catalog: Catalog = field(compare=False)
    usage: Usage = field(compare=False)
    time_zone: str


NORTHWIND = Business(
    "northwind",
    "Northwind Trading",
    company_share=0.8,
    catalog=GOODS,
    usage=TRADE,
    time_zone="America/New_York",
)
LAKESIDE = Business(
    "lakeside",
    "Lakeside Software",
    company_share=0.25,
    catalog=SOFTWARE,
    usage=ONLINE,
    time_zone="Europe/Berlin",
)

BUSINESSES = (NORTHWIND, LAKESIDE)


class Amount(NamedTuple):
    """How much of the demo is a business's."""

    customers: int
    events: int


def shares(whole: Amount) -> dict[Business, Amount]:
    """How much each has of so much in all: the second one customer in five, the first all others, and events as they
    have customers."""
    customers = whole.customers // 5
    second = Amount(customers, whole.events * customers // whole.customers)
    first = Amount(whole.customers - second.customers, whole.events - second.events)
    return {NORTHWIND: first, LAKESIDE: second}
