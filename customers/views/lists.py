"""The list of customers and its export."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from rest_framework.exceptions import Throttled

from api.listing import written
from customers.export import export_response
from customers.forms import SavedViewForm
from customers.listing import CustomerListing, tidied
from customers.models import SavedView
from customers.views.access import list_address
from organizations.staff import StaffRequest

COLUMNS = {
    "external_customer_id": "External ID",
    "name": "Name",
    "email": "E-mail",
    "created_at": "Created",
}


# What the filter's form has fields for.
FILTER_FIELDS = ("has_external_customer_id", "created_from", "created_to", "deleted")


@dataclass(frozen=True, slots=True)
class ViewTab:
    name: str
    query: str
    is_current: bool


def customers(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address. A form's way of saying it leads on to the list's own."""
    query = written(tidied(request.GET))
    if query != written(request.GET):
        return redirect(list_address(request, query))
    listing = CustomerListing(request.GET, request.membership)
    page = listing.page()
    saved = list(SavedView.objects.of(request.membership))
    tabs = _tabs(listing, saved)
    return render(
        request,
        "customers/list.html",
        {
            "listing": listing,
            "customers": page.rows,
            "columns": listing.columns(COLUMNS),
            "conditions": list(listing.conditions()),
            "tabs": tabs,
            "is_saved": any(tab.is_current for tab in tabs),
            "current_view": next((view for view in saved if view.query == listing.view), None),
            "view_form": SavedViewForm(),
            "search_hidden": listing.hidden("search"),
            "filters": listing.query,
            "filter_hidden": listing.hidden(*FILTER_FIELDS),
            "list_url": list_address(request, ""),
            "previous_url": _page_address(request, listing, page.previous_cursor),
            "next_url": _page_address(request, listing, page.next_cursor),
        },
    )


def export(request: StaffRequest) -> HttpResponseBase:
    """The list of the same query as a CSV file, whole."""
    listing = CustomerListing(tidied(request.GET), request.membership)
    if listing.problems:
        return redirect(list_address(request, written(request.GET)))
    try:
        return export_response(
            listing.queryset,
            organization=request.organization,
            ordering=listing.ordering,
            file_format="csv",
            for_spreadsheet=True,
            headers_only=request.method == "HEAD",
        )
    except Throttled as error:
        messages.warning(request, str(error.detail))
        return redirect(list_address(request, listing.view))


def _page_address(request: StaffRequest, listing: CustomerListing, cursor: str | None) -> str:
    return list_address(request, listing.query_with(cursor=cursor)) if cursor else ""


def _tabs(listing: CustomerListing, saved: list[SavedView]) -> list[ViewTab]:
    fixed = [("All", ""), ("Without external ID", "has_external_customer_id=false")]
    views = [*fixed, *((view.name, view.query) for view in saved)]
    return [ViewTab(name, query, query == listing.view) for name, query in views]
