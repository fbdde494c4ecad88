"""An organization's first page: what is going on, or how to begin."""

from __future__ import annotations

import json
import shlex

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from api.counting import count_up_to
from checkout.listing import with_customers
from checkout.models import CheckoutSession, Order
from customers.links import api_url, base_of, curl
from customers.models import Customer
from metrics.figures.figures import Figure
from metrics.figures.periods import Interval, usual_span
from metrics.links import send_command
from metrics.models import Event, UnmatchedID
from metrics.report_page import ReportPage
from organizations.models import AccessToken
from organizations.staff import StaffRequest
from organizations.time_zones import time_zone

NEWEST_SHOWN = 8
ORDERS_SHOWN = 5
FIRST_CUSTOMER = {"external_customer_id": "cust_123", "name": "Acme Inc"}
FIGURES = (
    Figure.REVENUE,
    Figure.ORDERS,
    Figure.CHECKOUT_CONVERSION,
    Figure.NEW_CUSTOMERS,
    Figure.ACTIVE_CUSTOMERS,
    Figure.EVENTS,
)
STYLES = ("css/lists.css", "css/sales.css", "css/charts.css", "css/metrics.css")


def overview(request: StaffRequest) -> HttpResponse:
    """The figures that matter and their change, what needs somebody, and what is newest; the first steps where there is
    no customer."""
    organization = request.organization
    customers = Customer.objects.for_organization(organization).live()
    newest = list(customers.order_by("-created_at", "-id")[:NEWEST_SHOWN])
    if not newest:
        return render(request, "polar_customers/first_steps.html", _first_steps(request))
    span = usual_span(Interval.DAY, time_zone(organization.time_zone), end=timezone.now())
    page = ReportPage.read(organization, span, figures=FIGURES)
    orders = Order.objects.for_organization(organization).order_by("-created_at", "-id")
    checkouts = CheckoutSession.objects.for_organization(organization)
    waiting = UnmatchedID.objects.for_organization(organization).open().filter(count__gt=0)
    context = {
        "page": page,
        "cards": page.cards(),
        "metrics_url": reverse("dashboard:staff-metrics", args=[organization.slug]),
        "styles": STYLES,
        "newest": newest,
        "newest_orders": list(with_customers(orders)[:ORDERS_SHOWN]),
        "total": count_up_to(customers),
        "without_id": count_up_to(customers.filter(external_customer_id__isnull=True)),
        "open_checkouts": count_up_to(checkouts.with_status(CheckoutSession.Status.OPEN)),
        "unmatched": count_up_to(waiting),
    }
    if page.has_no_events and not Event.objects.for_organization(organization).exists():
        first = newest[0]
        context["command"] = send_command(
            base_of(request), external_customer_id=first.external_customer_id, customer_id=first.id
        )
    return render(request, "polar_customers/overview.html", context)


def _first_steps(request: StaffRequest) -> dict[str, object]:
    base = base_of(request)
    body = shlex.quote(json.dumps(FIRST_CUSTOMER))
    create = f"{curl(base + reverse('customers'))} \\\n  -H 'Content-Type: application/json' -d {body}"
    return {
        "has_token": AccessToken.objects.for_organization(request.organization).usable().exists(),
        "create": create,
        "read": curl(api_url(base, FIRST_CUSTOMER["external_customer_id"])),
    }
