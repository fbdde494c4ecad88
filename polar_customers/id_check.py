"""The integrator's question about an ID of theirs: may it be one, where is it in the API, and whose is it?"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render

from customers.external_ids import check_external_customer_id
from customers.links import api_filter_url, api_path, api_url, base_of, curl
from customers.models import Customer
from organizations.staff import StaffRequest

PARAMETER = "external_customer_id"


def id_check(request: StaffRequest) -> HttpResponse:
    """Answers in the page, by a GET, so that the answer has an address that can be sent to a colleague."""
    context: dict[str, object] = {}
    if PARAMETER in request.GET:
        text = request.GET[PARAMETER]
        context = {"text": text, **_verdict(request, text)}
    return render(request, "polar_customers/id_check.html", context)


def _verdict(request: StaffRequest, text: str) -> dict[str, object]:
    try:
        own_id = check_external_customer_id(text)
    except ValidationError as error:
        return {"problem": error.message}
    base = base_of(request)
    return {
        "own_id": own_id,
        "length": len(own_id),
        "path": api_path(own_id),
        "read": curl(api_url(base, own_id)),
        "list": curl(api_filter_url(base, own_id)),
        "holder": Customer.objects.for_organization(request.organization).holding(own_id).first(),
    }
