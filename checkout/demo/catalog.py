"""What the demo's businesses sell: the same things at a price of its own in each currency, one of them not any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Who pays in what, by country; anybody else in US dollars.
CURRENCIES: Mapping[str | None, str] = {
    "GB": "gbp",
    "JP": "jpy",
    "EG": "kwd",
    **dict.fromkeys(("DE", "FR", "IT", "ES", "GR", "PL", "SE", "UA"), "eur"),
}
DEFAULT_CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class Article:
    """Something to sell, with its price by currency, in minor units."""

    name: str
    description: str | None
    prices: Mapping[str, int]
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """What is sold at a price that stands in no catalog."""

    name: str
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Catalog:
    articles: tuple[Article, ...]
    extras: tuple[Extra, ...]


def _prices(usd: int, eur: int, gbp: int, jpy: int, kwd: int) -> Mapping[str, int]:
    return {"usd": usd, "eur": eur, "gbp": gbp, "jpy": jpy, "kwd": kwd}


GOODS = Catalog(
    articles=(
        Article(
            "Darjeeling, first flush, 1 kg",
            "Loose leaf, this spring's.",
            _prices(6400, 5900, 4950, 9200, 19_500),
        ),
        Article(
            "Arabica beans, 10 kg", "Washed, from Huila.", _prices(14_900, 13_900, 11_900, 21_800, 45_750)
        ),
        Article("Pallet box, folding", None, _prices(8900, 8200, 6990, 12_900, 27_250)),
        Article("Cold chain data logger", "Records 90 days.", _prices(4500, 4100, 3550, 6500, 13_875)),
        Article(
            "Membership, a year",
            "Better prices and first pick.",
            _prices(25_000, 23_000, 19_900, 36_000, 76_500),
        ),
        Article("Winter hamper", "Sold out.", _prices(5900, 5500, 4700, 8600, 18_125), is_archived=True),
    ),
    extras=(
        Extra("Freight to the door", _prices(12_000, 11_000, 9500, 17_500, 36_800)),
        Extra("Customs handling", _prices(3500, 3200, 2750, 5100, 10_750)),
        Extra("Sample set", _prices(900, 850, 700, 1300, 2_750)),
    ),
)

SOFTWARE = Catalog(
    articles=(
        Article("Team, a month", "Up to 25 people.", _prices(4900, 4500, 3900, 7200, 15_000)),
        Article("Business, a month", "Up to 200 people.", _prices(19_900, 18_500, 15_900, 29_000, 61_000)),
        Article(
            "Enterprise, a year",
            "As many people as you like.",
            _prices(990_000, 920_000, 790_000, 1_450_000, 3_040_000),
        ),
        Article("10,000 credits", "They don't expire.", _prices(1000, 950, 800, 1500, 3_075)),
        Article(
            "Starter, a month", "Replaced by Team.", _prices(1900, 1750, 1500, 2800, 5_850), is_archived=True
        ),
    ),
    extras=(
        Extra("Migration from your old system", _prices(75_000, 69_000, 59_500, 110_000, 230_500)),
        Extra("Training, half a day", _prices(40_000, 37_000, 32_000, 58_000, 122_750)),
    ),
)
