"""One customer: who it is, how to reach it by the API, and what happened to it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from customers.addresses import PARTS
from customers.forms import ExternalIDForm
from customers.links import api_url, api_url_by_id, base_of, curl
from customers.metadata_editor import described
from customers.models import Customer
from customers.services import stand_in_for
from customers.timeline import timeline
from customers.views.access import customer_of
from organizations.staff import StaffRequest

LATEST_CHANGES = 5
CHANGES_ON_A_PAGE = 25


def customer(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The customer's first page."""
    shown = customer_of(request, customer_id)
    address = shown.billing_address or {}
    return render(
        request,
        "customers/customer.html",
        {
            **about(request, shown),
            "address": [address[part] for part in PARTS if address.get(part)],
            "metadata": described(shown.metadata),
            "command": None if shown.is_deleted else _command(request, shown),
            "timeline": timeline(shown, limit=LATEST_CHANGES),
            "id_form": ExternalIDForm(),
        },
    )


def history(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Every change to the customer, the latest first, a page at a time."""
    shown = customer_of(request, customer_id)
    before = request.GET.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    page = timeline(shown, limit=CHANGES_ON_A_PAGE, before=start)
    context = {
        **about(request, shown),
        "timeline": page,
        "next_url": f"{request.path}?before={page.older}" if page.older else "",
        "first_url": request.path if start is not None else "",
    }
    return render(request, "customers/history.html", context)


def about(request: StaffRequest, customer: Customer) -> dict[str, object]:
    """What the frame of a customer's pages shows, whichever tab is open: for every page that extends
    customers/base.html."""
    user = request.user
    return {
        "customer": customer,
        "may_change": request.membership.may_write and not customer.is_deleted,
        "may_erase": request.membership.may_manage and customer.is_deleted and not _is_erased(customer),
        "support_url": reverse("admin:customers_customer_change", args=[customer.id])
        if user.is_staff
        else "",
    }


def _is_erased(customer: Customer) -> bool:
    personal = (customer.name, customer.email, customer.billing_address, customer.tax_id, customer.metadata)
    return not any(personal) and customer.external_customer_id in (None, stand_in_for(customer.id))


def _command(request: StaffRequest, customer: Customer) -> str:
    base = base_of(request)
    own_id = customer.external_customer_id
    return curl(api_url_by_id(base, customer.id) if own_id is None else api_url(base, own_id))
