"""What pages about events share: what an address names, and what stands above every one of them."""

from __future__ import annotations

import uuid

from django.http import Http404
from django.urls import reverse
from structlog.contextvars import bind_contextvars

from api.counting import count_up_to
from customers.models import Customer
from metrics.models import Event, UnmatchedID
from organizations.staff import StaffRequest


def event_of(request: StaffRequest, event_id: uuid.UUID) -> Event:
    """Raises Http404, the same for what isn't there and what is somebody else's."""
    events = Event.objects.for_organization(request.organization)
    event = events.select_related("name", "customer", "unmatched__customer").filter(id=event_id).first()
    if event is None:
        raise Http404
    owner_id = event.owner_id
    bind_contextvars(
        event_id=str(event.id),
        customer_id=str(owner_id) if owner_id else None,
        external_customer_id=event.external_customer_id,
    )
    return event


def about_events(request: StaffRequest) -> dict[str, object]:
    """What the tabs of these pages show: how many IDs events wait under."""
    waiting = UnmatchedID.objects.for_organization(request.organization).open().filter(count__gt=0)
    return {"unmatched_count": count_up_to(waiting)}


def address(request: StaffRequest, route: str, *args: object, query: str = "") -> str:
    """A page of the organization."""
    path = reverse(f"dashboard:{route}", args=[request.organization.slug, *args])
    return f"{path}?{query}" if query else path


def customer_address(request: StaffRequest, customer: Customer | None) -> str:
    """The customer's page; empty for none, and for one that is deleted and not for this person to see."""
    if customer is None or (customer.is_deleted and not request.membership.may_manage):
        return ""
    return address(request, "customer", customer.id)
