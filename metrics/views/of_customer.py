"""The tab of a customer's page with their events."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render

from api.paging import InvalidCursor, Page, page
from customers.views.access import customer_of
from customers.views.record import about
from metrics.models import Event
from metrics.querysets import EventQuerySet
from metrics.services.subjects import of_customer
from organizations.staff import StaffRequest

PAGE_SIZE = 25
ORDERING = "-timestamp"


def events(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """What the customer used, and what is being bound to them; the latest first."""
    customer = customer_of(request, customer_id)
    subjects = of_customer(request.organization, customer.id)
    rows = Event.objects.for_organization(request.organization).for_list()
    found = _page(
        rows.of(customers=subjects.customers, unmatched=subjects.unmatched), request.GET.get("cursor")
    )
    context = {
        **about(request, customer),
        "rows": found.rows,
        "previous_url": f"{request.path}?cursor={found.previous_cursor}" if found.previous_cursor else "",
        "next_url": f"{request.path}?cursor={found.next_cursor}" if found.next_cursor else "",
    }
    return render(request, "metrics/customer_events.html", context)


def _page(rows: EventQuerySet, cursor: str | None) -> Page[Event]:
    """The first page for a cursor that leads nowhere."""
    try:
        return page(rows, ORDERING, cursor, PAGE_SIZE)
    except InvalidCursor:
        return page(rows, ORDERING, None, PAGE_SIZE)
