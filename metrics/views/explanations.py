"""The page that answers “Why is this usage not on this customer?”."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from customers.external_ids import is_external_customer_id
from customers.links import base_of, curl
from customers.models import Customer
from metrics.explanation.of_customer_ids import explain_external_customer_id
from metrics.explanation.of_events import explain_event_id, explain_own_event_id
from metrics.explanation.told import Explanation
from metrics.models import Event
from metrics.views.access import about_events, address, customer_address
from organizations.ids import parse_id
from organizations.staff import StaffRequest

LONGEST = 1000  # of what is asked: no ID is nearly as long


def explain(request: StaffRequest) -> HttpResponse:
    """Asked by a GET, so that the answer has an address that can be sent to a colleague."""
    asked = request.GET.get("q", "")
    context: dict[str, object] = {**about_events(request), "asked": asked}
    if asked == "":
        return render(request, "metrics/explain.html", context)
    if "\x00" in asked or len(asked) > LONGEST:
        return render(request, "metrics/explain.html", {**context, "is_no_text": True}, status=422)
    parameter, text = _meant(request, asked)
    if request.GET.get("as") == "external_customer_id":
        parameter, text = "external_customer_id", asked
    explained = _explained(request, parameter, text)
    context |= {
        "explained": explained,
        "customer_url": customer_address(request, explained.customer),
        "command": _command(request, parameter, text),
        "is_event_too": explained.about == "event" and is_external_customer_id(asked),
    }
    if explained.event is not None:
        context["event_url"] = address(request, "staff-event", explained.event.id)
    return render(request, "metrics/explain.html", context)


def _meant(request: StaffRequest, asked: str) -> tuple[str, str]:
    """What the text is, by the name that the API has for it: an event before everything else, a customer by our ID,
    and in the end an external customer ID, which any text may be."""
    events = Event.objects.for_organization(request.organization)
    bare = asked.strip()
    if identity := parse_id(bare):
        if events.filter(id=identity).exists():
            return "event_id", bare
        customers = Customer.objects.for_organization(request.organization).filter(id=identity)
        own_id = customers.values_list("external_customer_id", flat=True).first()
        if own_id is not None:
            return "external_customer_id", own_id
    if is_external_customer_id(asked) and events.filter(external_id=asked).exists():
        return "external_id", asked
    return "external_customer_id", asked


def _explained(request: StaffRequest, parameter: str, text: str) -> Explanation:
    if parameter == "event_id":
        identity = parse_id(text)
        assert identity is not None
        return explain_event_id(request.organization, identity)
    if parameter == "external_id":
        return explain_own_event_id(request.organization, text)
    return explain_external_customer_id(request.organization, text)


def _command(request: StaffRequest, parameter: str, text: str) -> str:
    return curl(f"{base_of(request)}{reverse('events-explain')}?{parameter}={quote(text, safe='')}")
