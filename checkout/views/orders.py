"""The dashboard's pages about orders."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from rest_framework.exceptions import Throttled

from api.listing import tidied, written
from checkout.buyers import own_id_of
from checkout.export import export_orders
from checkout.links import api_url
from checkout.listing import OrderListing
from checkout.models import PaymentAttempt
from checkout.views.access import about_list, address, customer_address, items_of, order_of, tidied_address
from customers.links import base_of, curl
from customers.metadata_editor import described
from organizations.staff import StaffRequest

COLUMNS = {
    "number": "Number",
    "customer": "External ID",
    "email": "E-mail",
    "amount": "Total",
    "created_at": "Created",
}
SEARCH = "external_customer_id"


def orders(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address."""
    if (tidier := tidied_address(request, "staff-orders")) is not None:
        return redirect(tidier)
    listing = OrderListing(request.GET, request.membership)
    context = {
        **about_list(request, listing, "staff-orders", columns=COLUMNS, search=SEARCH),
        "own_id": listing.value(SEARCH),
    }
    return render(request, "checkout/orders.html", context)


def export(request: StaffRequest) -> HttpResponseBase:
    """The list of the same query as a CSV file, whole."""
    listing = OrderListing(tidied(request.GET), request.membership)
    if listing.problems:
        return redirect(address(request, "staff-orders", query=written(request.GET)))
    try:
        return export_orders(
            listing.queryset,
            organization=request.organization,
            ordering=listing.ordering,
            headers_only=request.method == "HEAD",
        )
    except Throttled as error:
        messages.warning(request, str(error.detail))
        return redirect(address(request, "staff-orders", query=listing.view))


def order(request: StaffRequest, order_id: uuid.UUID) -> HttpResponse:
    """What was bought, by whom, and how it was paid."""
    shown = order_of(request, order_id)
    payments = PaymentAttempt.objects.filter(
        organization=shown.organization_id,
        session=shown.checkout_session_id,
        status=PaymentAttempt.Status.SUCCEEDED,
        failure_code=None,
    )
    context = {
        "order": shown,
        "own_id": own_id_of(shown),
        "items": items_of(shown.checkout_session),
        "payment": payments.first(),
        "customer_url": customer_address(request, shown.customer),
        "metadata": described(shown.metadata),
        "command": curl(api_url(base_of(request), "order", shown.id)),
    }
    return render(request, "checkout/order.html", context)
