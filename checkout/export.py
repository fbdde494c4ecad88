"""The dashboard's list of orders as a file for a spreadsheet, of any length (`api.exports` says how). Money is in the
currency's major unit, as people write it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponseBase

from api.exports import cell, csv_response
from api.spreadsheets import json_cell
from checkout.models import Order
from checkout.money import in_major_units
from organizations.models import Organization

COLUMNS = (
    "external_customer_id",
    "number",
    "email",
    "amount_total",
    "currency",
    "created_at",
    "id",
    "customer_id",
    "checkout_session_id",
    "metadata",
)


def export_orders(
    queryset: QuerySet[Order], *, organization: Organization, ordering: str, headers_only: bool = False
) -> HttpResponseBase:
    """`queryset`, which is of `organization`, a line an order. Raises Throttled when too many are being written."""
    return csv_response(
        queryset,
        organization=organization,
        name="orders",
        columns=COLUMNS,
        cells=_cells,
        ordering=ordering,
        headers_only=headers_only,
    )


def _cells(order: Order) -> list[str]:
    return [
        cell(order.external_customer_id),
        cell(order.number),
        cell(order.email),
        str(in_major_units(order.amount_total, order.currency)),
        order.currency.upper(),
        cell(order.created_at),
        cell(order.id),
        cell(order.customer_id),
        cell(order.checkout_session_id),
        json_cell(order.metadata),
    ]
