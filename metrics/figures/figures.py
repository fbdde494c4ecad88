"""The figures: their names, and what is derived of what.

docs/metrics.md says for integrators what each of them means. An average is rounded to the currency's minor unit, halves
up; a share is between 0 and 1. Both are None where there is nothing to divide by.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

Value = int | float | None | dict[str, int] | dict[str, int | None]


class Figure(enum.StrEnum):
    ORDERS = "orders"
    REVENUE = "revenue"
    AVERAGE_ORDER_VALUE = "average_order_value"
    CHECKOUTS = "checkouts"
    SUCCEEDED_CHECKOUTS = "succeeded_checkouts"
    CHECKOUT_CONVERSION = "checkout_conversion"
    NEW_CUSTOMERS = "new_customers"
    ACTIVE_CUSTOMERS = "active_customers"
    EVENTS = "events"


class Source(enum.Enum):
    """What is read to know a figure."""

    ORDERS = "orders"
    CHECKOUTS = "checkouts"
    CUSTOMERS = "customers"
    ACTIVE = "active"
    EVENTS = "events"


ALL_FIGURES = tuple(Figure)
BY_CURRENCY = (Figure.REVENUE, Figure.AVERAGE_ORDER_VALUE)
_SOURCES = {
    Figure.ORDERS: Source.ORDERS,
    Figure.REVENUE: Source.ORDERS,
    Figure.AVERAGE_ORDER_VALUE: Source.ORDERS,
    Figure.CHECKOUTS: Source.CHECKOUTS,
    Figure.SUCCEEDED_CHECKOUTS: Source.CHECKOUTS,
    Figure.CHECKOUT_CONVERSION: Source.CHECKOUTS,
    Figure.NEW_CUSTOMERS: Source.CUSTOMERS,
    Figure.ACTIVE_CUSTOMERS: Source.ACTIVE,
    Figure.EVENTS: Source.EVENTS,
}


def sources_of(figures: Iterable[Figure]) -> set[Source]:
    return {_SOURCES[figure] for figure in figures}


@dataclass(slots=True)
class Figures:
    """The figures of a period, of a customer or of everything; those that weren't asked for are as without data."""

    orders: int = 0
    revenue: dict[str, int] = field(default_factory=dict)
    orders_by_currency: dict[str, int] = field(default_factory=dict)
    checkouts: int = 0
    succeeded_checkouts: int = 0
    new_customers: int = 0
    active_customers: int = 0
    events: int = 0

    @property
    def average_order_value(self) -> dict[str, int | None]:
        averages: dict[str, int | None] = {}
        for currency, amount in self.revenue.items():
            orders = self.orders_by_currency.get(currency, 0)
            averages[currency] = (2 * amount + orders) // (2 * orders) if orders else None
        return averages

    @property
    def checkout_conversion(self) -> float | None:
        return self.succeeded_checkouts / self.checkouts if self.checkouts else None

    def add(self, source: str, currency: str | None, count: int, amount: int | None) -> None:
        """Adds a row of what was read: of orders their number and sum, of checkouts all and those that succeeded."""
        if source == Source.EVENTS.value:
            self.events += count
        elif source == Source.ORDERS.value:
            assert currency is not None
            self.orders += count
            self.orders_by_currency[currency] = self.orders_by_currency.get(currency, 0) + count
            self.revenue[currency] = self.revenue.get(currency, 0) + int(amount or 0)
        elif source == Source.CHECKOUTS.value:
            self.checkouts += count
            self.succeeded_checkouts += int(amount or 0)
        elif source == Source.CUSTOMERS.value:
            self.new_customers += count
        else:
            self.active_customers += count

    def in_currencies(self, currencies: Iterable[str]) -> Figures:
        """Itself, with a zero for each of these currencies that it has nothing in."""
        self.revenue = {currency: self.revenue.get(currency, 0) for currency in currencies}
        return self

    def values(self, figures: Collection[Figure]) -> dict[str, Value]:
        """By name, in the order of `figures`."""
        names = map(str, figures)  # which takes a fourth of `figure.value`, and a report has hundreds
        return {name: getattr(self, name) for name in names}
