"""The dashboard's pages of events: the list, which can follow what happens, and each of them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from rest_framework.exceptions import Throttled

from api.listing import PAGE_SIZE, tidied, written
from api.paging import InvalidCursor, Keyset, Page, page
from customers.links import base_of, curl
from customers.metadata_editor import described
from metrics.explanation.of_events import explain_event
from metrics.export import export_events
from metrics.listing import EventListing
from metrics.models import Event, EventName
from metrics.views.access import about_events, address, customer_address, event_of
from organizations.staff import StaffRequest

COLUMNS = {
    "name": "Event",
    "customer": "External ID",
    "external_id": "Own ID",
    "timestamp": "Happened",
}
FILTER_FIELDS = ("name", "unmatched", "happened_from", "happened_to")
WHOSE = (("", "Anyone’s"), ("false", "A customer’s"), ("true", "Nobody’s yet"))
MOST_NAMES = 200

# Not of the list itself: that it follows what happens, and the newest event that is shown already.
LIVE, NEWER = "live", "newer"


def events(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address. While it is live, the page asks for what is newer than what it
    shows, and gets the first page anew when there is anything, and nothing (204) when there isn't."""
    query = tidied(request.GET)
    if written(query) != written(request.GET):
        return redirect(address(request, "staff-events", query=written(query)))
    is_live, newer = _taken(query, LIVE) == "on", _taken(query, NEWER)
    listing = EventListing(query, request.membership)
    new = _newer(listing, newer) if newer else []
    if newer and not new:
        return HttpResponse(status=204)
    found = listing.page()
    first_page = listing.query_with(cursor=None, ordering=None)
    context = {
        **about_events(request),
        "listing": listing,
        "rows": found.rows,
        "new": {event.id for event in new} if is_live else (),
        "columns": listing.columns(COLUMNS),
        "conditions": list(listing.conditions()),
        "own_id": listing.value("external_customer_id"),
        "search_hidden": listing.hidden("external_customer_id"),
        "filter_hidden": listing.hidden(*FILTER_FIELDS),
        "names": _names(request, listing.value("name")),
        "whose": WHOSE,
        "list_url": address(request, "staff-events"),
        "first_page_url": address(request, "staff-events", query=first_page),
        "is_live": is_live,
        "live_url": address(request, "staff-events", query=_with(first_page, **{LIVE: "on"})),
        "newer_url": _newer_url(request, listing, found) if is_live else "",
        **{
            f"{which}_url": address(request, "staff-events", query=listing.query_with(cursor=cursor))
            if (cursor := getattr(found, f"{which}_cursor"))
            else ""
            for which in ("previous", "next")
        },
    }
    return render(request, "metrics/events.html", context)


def export(request: StaffRequest) -> HttpResponseBase:
    """The list of the same query as a CSV file, whole."""
    listing = EventListing(tidied(request.GET), request.membership)
    if listing.problems:
        return redirect(address(request, "staff-events", query=written(request.GET)))
    try:
        return export_events(
            listing.for_page(listing.queryset),
            organization=request.organization,
            ordering=listing.ordering,
            headers_only=request.method == "HEAD",
        )
    except Throttled as error:
        messages.warning(request, str(error.detail))
        return redirect(address(request, "staff-events", query=listing.view))


def event(request: StaffRequest, event_id: uuid.UUID) -> HttpResponse:
    """What an event says, what became of it, and why."""
    shown = event_of(request, event_id)
    explained = explain_event(request.organization, shown)
    context = {
        **about_events(request),
        "event": shown,
        "explained": explained,
        "customer_url": customer_address(request, explained.customer),
        "metadata": described(shown.metadata),
        "command": curl(base_of(request) + reverse("event", args=[shown.id])),
    }
    return render(request, "metrics/event.html", context)


def _taken(query: QueryDict, name: str) -> str:
    values = query.pop(name, [""])
    return str(values[-1])


def _with(query: str, **more: str) -> str:
    changed = QueryDict(query, mutable=True)
    changed.update(more)
    return written(changed)


def _newer(listing: EventListing, cursor: str) -> list[Event]:
    """The events next to the place of the cursor that are newer, as many as a page has at most."""
    try:
        return page(
            listing.queryset.only("id", "timestamp"), listing.default_ordering, cursor, PAGE_SIZE
        ).rows
    except InvalidCursor:
        return []


def _newer_url(request: StaffRequest, listing: EventListing, found: Page[Event]) -> str:
    """Where this list asks for what is newer than its newest; any event is, where there is none."""
    keyset = Keyset.of(Event, listing.default_ordering)
    query = listing.query_with(cursor=None, ordering=None)
    cursor = keyset.before(found.rows[0]) if found.rows else ""
    more = {LIVE: "on", **({NEWER: cursor} if cursor else {})}
    return address(request, "staff-events", query=_with(query, **more))


def _names(request: StaffRequest, chosen: str) -> list[str]:
    """What there is to choose from."""
    known = EventName.objects.filter(organization=request.organization).order_by("name")
    names = list(known.values_list("name", flat=True)[:MOST_NAMES])
    return names if not chosen or chosen in names else [chosen, *names]
