"""An organization's first page: what is going on, or how to begin."""

from __future__ import annotations

import datetime
import json
import shlex
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from api.counting import count_up_to
from checkout.models import CheckoutSession, Order
from customers.links import api_url, base_of, curl
from customers.models import Customer
from organizations.models import AccessToken
from organizations.staff import StaffRequest

RECENTLY = datetime.timedelta(days=30)
NEWEST_SHOWN = 8
FIRST_CUSTOMER = {"external_customer_id": "cust_123", "name": "Acme Inc"}


def overview(request: StaffRequest) -> HttpResponse:
    """Figures that cost the same at any size, and the newest customers; the first steps where there are none."""
    customers = Customer.objects.for_organization(request.organization).live()
    newest = list(customers.order_by("-created_at", "-id")[:NEWEST_SHOWN])
    if not newest:
        return render(request, "polar_customers/first_steps.html", _first_steps(request))
    since = (timezone.now() - RECENTLY).replace(microsecond=0)
    orders = Order.objects.for_organization(request.organization).filter(created_at__gte=since)
    checkouts = CheckoutSession.objects.for_organization(request.organization)
    return render(
        request,
        "polar_customers/overview.html",
        {
            "newest": newest,
            "total": count_up_to(customers),
            "recent": count_up_to(customers.filter(created_at__gte=since)),
            "without_id": count_up_to(customers.filter(external_customer_id__isnull=True)),
            "orders": count_up_to(orders),
            "open_checkouts": count_up_to(checkouts.with_status(CheckoutSession.Status.OPEN)),
            "recent_query": urlencode({"created_after": f"{since:%Y-%m-%dT%H:%M:%SZ}"}),
        },
    )


def _first_steps(request: StaffRequest) -> dict[str, object]:
    base = base_of(request)
    body = shlex.quote(json.dumps(FIRST_CUSTOMER))
    create = f"{curl(base + reverse('customers'))} \\\n  -H 'Content-Type: application/json' -d {body}"
    return {
        "has_token": AccessToken.objects.for_organization(request.organization).usable().exists(),
        "create": create,
        "read": curl(api_url(base, FIRST_CUSTOMER["external_customer_id"])),
    }
