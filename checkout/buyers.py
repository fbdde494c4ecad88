"""Whose a session or an order is."""

from __future__ import annotations

from checkout.models import CheckoutSession, Order


def own_id_of(bought: CheckoutSession | Order) -> str | None:
    """The external ID as it was; that of the customer who has got one since, where there was none."""
    return bought.external_customer_id or (bought.customer.external_customer_id if bought.customer else None)
