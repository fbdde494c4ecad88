"""The tabs of a customer's page: their checkouts and their orders."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from api.paging import DEFAULT_ORDERING, InvalidCursor, Page, page
from checkout.listing import for_rows, with_customers
from checkout.models import CheckoutSession, Order
from customers.models import Customer
from customers.views.access import customer_of
from customers.views.record import about
from organizations.staff import StaffRequest

PAGE_SIZE = 25


def checkouts(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The customer's sessions, and those under their ID that will be theirs when they are paid."""
    customer = customer_of(request, customer_id)
    rows = for_rows(_sessions_of(customer), customer.organization_id)
    return _tab(request, customer, "checkout/customer_checkouts.html", rows)


def orders(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """What the customer bought."""
    customer = customer_of(request, customer_id)
    found = Order.objects.for_organization(customer.organization_id).filter(customer=customer)
    return _tab(request, customer, "checkout/customer_orders.html", with_customers(found))


def _sessions_of(customer: Customer) -> QuerySet[CheckoutSession]:
    sessions = CheckoutSession.objects
    own_id = customer.external_customer_id
    if own_id is None or customer.is_deleted:
        return sessions.for_organization(customer.organization_id).filter(customer=customer)
    return sessions.of_external_id(customer.organization_id, own_id)


def _tab(request: StaffRequest, customer: Customer, template: str, rows: QuerySet[Any]) -> HttpResponse:
    found = _page(rows, request.GET.get("cursor"))
    context = {
        **about(request, customer),
        "rows": found.rows,
        "previous_url": f"{request.path}?cursor={found.previous_cursor}" if found.previous_cursor else "",
        "next_url": f"{request.path}?cursor={found.next_cursor}" if found.next_cursor else "",
    }
    return render(request, template, context)


def _page(rows: QuerySet[Any], cursor: str | None) -> Page[Any]:
    """The first page for a cursor that leads nowhere."""
    try:
        return page(rows, DEFAULT_ORDERING, cursor, PAGE_SIZE)
    except InvalidCursor:
        return page(rows, DEFAULT_ORDERING, None, PAGE_SIZE)
