"""The two businesses of the demo. Each numbers its customers itself, so that they have many external IDs in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from checkout.demo.catalog import GOODS, SOFTWARE, Catalog


@dataclass(frozen=True)
class Business:
    slug: str
    name: str
    company_share: float
    """How many of its customers are companies; the others are people."""
    catalog: Catalog = field(compare=False)


NORTHWIND = Business("northwind", "Northwind Trading", company_share=0.8, catalog=GOODS)
LAKESIDE = Business("lakeside", "Lakeside Software", company_share=0.25, catalog=SOFTWARE)

BUSINESSES = (NORTHWIND, LAKESIDE)


def shares(customers: int) -> dict[Business, int]:
    """How many customers each has of so many in all: the second one in five, the first all others."""
    second = customers // 5
    return {NORTHWIND: customers - second, LAKESIDE: second}
