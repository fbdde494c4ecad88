"""The figures in words: what they are called on pages, what they count, and how each is written."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.charts import Kind
from metrics.figures.figures import BY_CURRENCY, Figure, Figures
from metrics.measures import Counted, Measure, Money, Number, Share


@dataclass(frozen=True, slots=True)
class Words:
    """`is_gain`: whether more of it is good news by itself."""

    label: str
    about: str
    measure: Measure
    is_gain: bool = True
    kind: Kind = Kind.BARS


WORDS: dict[Figure, Words] = {
    Figure.REVENUE: Words("Revenue", "What the orders came to, by when they were paid.", Counted()),
    Figure.ORDERS: Words("Orders", "Orders, by when they were paid.", Counted("order", "orders")),
    Figure.AVERAGE_ORDER_VALUE: Words(
        "Average order", "Revenue by the number of orders.", Counted(), is_gain=False, kind=Kind.LINE
    ),
    Figure.CHECKOUTS: Words(
        "Checkouts",
        "Checkouts that were begun, whatever became of them.",
        Counted("checkout", "checkouts"),
        is_gain=False,
    ),
    Figure.SUCCEEDED_CHECKOUTS: Words(
        "Paid checkouts",
        "Checkouts that are paid by now, by when they were begun.",
        Counted("checkout", "checkouts"),
    ),
    Figure.CHECKOUT_CONVERSION: Words(
        "Checkout conversion", "The share of the checkouts that are paid by now.", Share(), kind=Kind.LINE
    ),
    Figure.NEW_CUSTOMERS: Words(
        "New customers", "Customers, by when they were created.", Counted("customer", "customers")
    ),
    Figure.ACTIVE_CUSTOMERS: Words(
        "Active customers",
        "Customers with an event or an order. Each counts once over the whole range, however often they were active.",
        Counted("customer", "customers"),
    ),
    Figure.EVENTS: Words(
        "Events",
        "Events, by when they happened.",
        Counted("event", "events"),
        is_gain=False,
    ),
}
"""In the order in which pages show them."""


def label_of(figure: Figure) -> str:
    return WORDS[figure].label


def measure_of(figure: Figure, currency: str | None) -> Measure:
    """`currency` is the one that money is shown in; None where there was none."""
    if figure in BY_CURRENCY and currency is not None:
        return Money(currency)
    return WORDS[figure].measure


def value_of(figures: Figures, figure: Figure, currency: str | None) -> Number | None:
    if figure == Figure.REVENUE:
        return figures.revenue.get(currency or "", 0)
    if figure == Figure.AVERAGE_ORDER_VALUE:
        return figures.average_order_value.get(currency or "")
    value: Number | None = getattr(figures, figure.value)
    return value


def bare(figure: Figure, currency: str | None) -> Measure:
    """As `measure_of`, for where the figure's name stands beside the number."""
    measure = measure_of(figure, currency)
    return Counted() if isinstance(measure, Counted) else measure
