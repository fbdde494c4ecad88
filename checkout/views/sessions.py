"""The dashboard's pages about checkout sessions."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from checkout.buyers import own_id_of
from checkout.exceptions import SessionNotOpen
from checkout.links import api_url, page_url
from checkout.listing import SessionListing
from checkout.models import CheckoutSession, Order
from checkout.services.moves import expire_session
from checkout.timeline import timeline
from checkout.views.access import about_list, address, customer_address, items_of, session_of, tidied_address
from customers.links import base_of, curl
from customers.metadata_editor import described
from organizations.staff import StaffRequest

Status = CheckoutSession.Status

COLUMNS = {
    "customer": "External ID",
    "items": "Sells",
    "status": "Status",
    "amount": "Total",
    "created_at": "Created",
}
SEARCH = "external_customer_id"


def sessions(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address."""
    if (tidier := tidied_address(request, "staff-checkout-sessions")) is not None:
        return redirect(tidier)
    listing = SessionListing(request.GET, request.membership)
    status = listing.value("status")
    views = (("All", None), *((one.label, one.value) for one in Status))
    context = {
        **about_list(request, listing, "staff-checkout-sessions", columns=COLUMNS, search=SEARCH),
        "tabs": [
            (label, listing.query_with(cursor=None, status=value), status == (value or ""))
            for label, value in views
        ],
        "own_id": listing.value(SEARCH),
    }
    return render(request, "checkout/sessions.html", context)


def session(request: StaffRequest, session_id: uuid.UUID) -> HttpResponse:
    """What a session sells, to whom, what happened to it, and its link as long as somebody can pay."""
    shown = session_of(request, session_id)
    base = base_of(request)
    order = Order.objects.filter(organization=shown.organization_id, checkout_session=shown).first()
    context = {
        "session": shown,
        "own_id": own_id_of(shown),
        "items": items_of(shown),
        "order": order,
        "moments": timeline(shown, order),
        "link": page_url(base, shown.id) if shown.status == Status.OPEN else "",
        "customer_url": customer_address(request, shown.customer),
        "metadata": described(shown.metadata),
        "customer_metadata": described(shown.customer_metadata),
        "command": curl(api_url(base, "checkout-session", shown.id)),
        "again_url": _again_url(request, shown),
        "may_expire": request.membership.may_write and shown.status == Status.OPEN,
    }
    return render(request, "checkout/session.html", context)


def expire(request: StaffRequest, session_id: uuid.UUID) -> HttpResponse:
    """Asks, and closes an open session before its time."""
    shown = session_of(request, session_id)
    back = address(request, "staff-checkout-session", shown.id)
    try:
        if shown.status != Status.OPEN:
            raise SessionNotOpen(session_id=shown.id, status=shown.status)
        if request.method == "POST":
            expire_session(session=shown)
            messages.success(request, "The checkout has expired. Its link can’t be paid any more.")
            return redirect(back)
    except SessionNotOpen:
        messages.warning(request, "This checkout isn’t open any more. Nothing was changed.")
        return redirect(back)
    context = {
        "session": shown,
        "own_id": own_id_of(shown),
        "submit": "Expire now",
        "is_dangerous": True,
        "cancel_url": back,
    }
    return render(request, "checkout/session_expire.html", context)


def _again_url(request: StaffRequest, session: CheckoutSession) -> str:
    """Where another payment link is made for the same buyer, once this one is over; empty where that can't be."""
    if session.status != Status.EXPIRED or not request.membership.may_write:
        return ""
    if session.customer is None:
        query = urlencode({"external_customer_id": session.external_customer_id or ""})
        return address(request, "staff-checkout-session-create", query=query)
    if session.customer.is_deleted:
        return ""
    return address(request, "customer-payment-link", session.customer.id)
