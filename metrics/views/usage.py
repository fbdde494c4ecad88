"""The tab of a customer's page with what they used."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from api.listing import written
from customers.links import base_of
from customers.views.access import customer_of
from customers.views.record import about
from metrics.figures.figures import Figure
from metrics.figures.of_subjects import Subject
from metrics.links import send_command
from metrics.report_page import ReportPage
from metrics.report_query import ReportQuery, simplest
from metrics.usage import being_bound, latest_events, usage_by_name
from metrics.views.reports import choices, shown
from organizations.staff import StaffRequest

FIGURES = (
    Figure.EVENTS,
    Figure.ORDERS,
    Figure.REVENUE,
    Figure.AVERAGE_ORDER_VALUE,
    Figure.CHECKOUTS,
    Figure.CHECKOUT_CONVERSION,
)
PARAMETERS = ("range", "from", "to", "interval", "figure", "compare", "currency")


def usage(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The customer's figures, by its internal ID: of a deleted one too, whose external ID may be somebody else's."""
    customer = customer_of(request, customer_id)
    query = written(simplest(request.GET))
    if query != written(request.GET):
        return redirect(f"{request.path}{query and '?'}{query}")
    asked = ReportQuery(
        request.GET,
        request.organization,
        figures=FIGURES,
        parameters=PARAMETERS,
        usual_figure=Figure.EVENTS,
    )
    context = {**about(request, customer), "asked": asked, "page_url": request.path, **choices(asked)}
    if asked.too_fine is not None:
        context["finest_url"] = f"{request.path}?{asked.query_with(interval=asked.too_fine.finest)}"
        return render(request, "metrics/usage.html", context)
    page = ReportPage.read(
        request.organization,
        asked.span,
        figures=FIGURES,
        subject=Subject(customer_id=customer.id),
        compares=asked.compares,
        currency=asked.currency,
    )
    latest = latest_events(customer)
    context |= {
        **shown(asked, page),
        "by_name": usage_by_name(customer, asked.span),
        "latest": latest,
        "being_bound": being_bound(customer),
        "metrics_url": reverse("dashboard:staff-metrics", args=[request.organization.slug]),
    }
    if not latest and not customer.is_deleted:
        context["command"] = send_command(
            base_of(request), external_customer_id=customer.external_customer_id, customer_id=customer.id
        )
    return render(request, "metrics/usage.html", context)
