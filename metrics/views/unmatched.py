"""The inbox: external customer IDs that events wait under, and the customer that each of them needs."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from api.listing import tidied, written
from customers.exceptions import ExternalCustomerIDTaken
from customers.external_ids import is_external_customer_id
from customers.models import Customer
from customers.services import create_customer
from metrics.listing import UnmatchedListing
from metrics.models import UnmatchedID
from metrics.services.unmatched import about_unmatched
from metrics.views.access import about_events, address
from organizations.staff import StaffRequest

COLUMNS = {
    "external_customer_id": "External ID",
    "count": "Events",
    "names": "What they are",
    "last_seen": "Last happened",
    "action": "Action",
}


def unmatched(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address. A POST creates the customer of one ID."""
    if request.method == "POST":
        return _create_customer(request)
    query = written(tidied(request.GET))
    if query != written(request.GET):
        return redirect(address(request, "staff-unmatched-events", query=query))
    listing = UnmatchedListing(request.GET, request.membership)
    page = listing.page()
    context: dict[str, Any] = {
        **about_events(request),
        "listing": listing,
        "rows": about_unmatched(request.organization, page.rows),
        "columns": listing.columns(COLUMNS),
        "search_hidden": listing.hidden("search"),
        "list_url": address(request, "staff-unmatched-events"),
        **{
            f"{which}_url": address(
                request, "staff-unmatched-events", query=listing.query_with(cursor=cursor)
            )
            if (cursor := getattr(page, f"{which}_cursor"))
            else ""
            for which in ("previous", "next")
        },
    }
    return render(request, "metrics/unmatched.html", context)


def _create_customer(request: StaffRequest) -> HttpResponse:
    """One with the ID, which makes all that waits under it theirs. Leads to them, or back with what is in the way."""
    own_id = request.POST.get("external_customer_id", "")
    back = address(request, "staff-unmatched-events", query=request.POST.get("back", ""))
    waiting = UnmatchedID.objects.for_organization(request.organization).open().filter(count__gt=0)
    if not is_external_customer_id(own_id) or not waiting.filter(external_customer_id=own_id).exists():
        holder = _holder(request, own_id)
        if holder is not None:
            messages.info(request, "Somebody else has created this customer. What waited is theirs.")
            return redirect(address(request, "customer", holder))
        messages.info(request, "Nothing waits under this ID any more.")
        return redirect(back)
    try:
        customer = create_customer(organization=request.organization, external_customer_id=own_id)
    except ExternalCustomerIDTaken as taken:
        messages.info(request, "Somebody else has just created this customer. What waited is theirs.")
        return redirect(address(request, "customer", taken.customer_id))
    got = UnmatchedID.objects.for_organization(request.organization).filter(customer=customer).first()
    count = got.count if got else 0
    messages.success(
        request,
        f"The customer is created. {count:,} event{' that waited is' if count == 1 else 's that waited are'} theirs.",
    )
    return redirect(address(request, "customer", customer.id))


def _holder(request: StaffRequest, own_id: str) -> uuid.UUID | None:
    if not is_external_customer_id(own_id):
        return None
    holders = Customer.objects.for_organization(request.organization).holding(own_id)
    return holders.values_list("id", flat=True).first()
