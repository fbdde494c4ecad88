"""What an address names, for the person who asks: one customer, or their list."""

from __future__ import annotations

import uuid

from django.http import Http404
from django.urls import reverse
from structlog.contextvars import bind_contextvars

from customers.log_names import names_of_customer
from customers.models import Customer
from organizations.staff import StaffRequest


def customer_of(request: StaffRequest, customer_id: uuid.UUID) -> Customer:
    """Somebody of the organization; a deleted one for owners alone. Raises Http404, the same for nobody, somebody
    else's and one who is gone."""
    customers = Customer.objects.for_organization(request.organization).defer("search_text")
    customer = customers.filter(id=customer_id).first()
    if customer is None or (customer.is_deleted and not request.membership.may_manage):
        raise Http404
    bind_contextvars(**names_of_customer(customer))
    return customer


def live_customer_of(request: StaffRequest, customer_id: uuid.UUID) -> Customer:
    """As `customer_of`, where there is something to change: the deleted stay as they are."""
    customer = customer_of(request, customer_id)
    if customer.is_deleted:
        raise Http404
    return customer


def list_address(request: StaffRequest, query: str) -> str:
    """The list of this query; of everyone, for an empty one."""
    address = reverse("dashboard:customers", args=[request.organization.slug])
    return f"{address}?{query}" if query else address
