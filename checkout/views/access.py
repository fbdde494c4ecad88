"""What an address names, for the person who asks: a product, a checkout session or an order of the organization, or a
list of them."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.db.models import Model
from django.http import Http404
from django.urls import reverse
from structlog.contextvars import bind_contextvars

from api.listing import Listing, tidied, written
from api.paging import Page
from checkout.listing import with_customers
from checkout.log_names import names_of_order, names_of_session
from checkout.models import CheckoutItem, CheckoutSession, Order, Product
from customers.models import Customer
from organizations.staff import StaffRequest

# What the filter of a list asks for.
FILTER_FIELDS = ("created_from", "created_to")

_Row = TypeVar("_Row", bound=Model)


def product_of(request: StaffRequest, product_id: uuid.UUID) -> Product:
    """Raises Http404, the same for what isn't there and what is somebody else's; so do the others."""
    return _found(Product.objects.for_organization(request.organization).filter(id=product_id).first())


def session_of(request: StaffRequest, session_id: uuid.UUID) -> CheckoutSession:
    sessions = CheckoutSession.objects.for_organization(request.organization)
    session: CheckoutSession = _found(with_customers(sessions).filter(id=session_id).first())
    bind_contextvars(**names_of_session(session))
    return session


def order_of(request: StaffRequest, order_id: uuid.UUID) -> Order:
    orders = Order.objects.for_organization(request.organization).select_related("checkout_session")
    order: Order = _found(with_customers(orders).filter(id=order_id).first())
    bind_contextvars(**names_of_order(order))
    return order


def items_of(session: CheckoutSession) -> list[CheckoutItem]:
    """What a session sells, in its order."""
    return list(CheckoutItem.objects.filter(organization=session.organization_id, session=session))


def customer_address(request: StaffRequest, customer: Customer | None) -> str:
    """The customer's page; empty for none, and for one that is deleted and not for this person to see."""
    if customer is None or (customer.is_deleted and not request.membership.may_manage):
        return ""
    return reverse("dashboard:customer", args=[request.organization.slug, customer.id])


def address(request: StaffRequest, route: str, *args: object, query: str = "") -> str:
    """A page of the organization."""
    path = reverse(f"dashboard:{route}", args=[request.organization.slug, *args])
    return f"{path}?{query}" if query else path


def tidied_address(request: StaffRequest, route: str) -> str | None:
    """Where the list of this address is without what says nothing in it; None when that is here."""
    query = written(tidied(request.GET))
    return None if query == written(request.GET) else address(request, route, query=query)


def about_list(
    request: StaffRequest, listing: Listing[Any], route: str, *, columns: dict[str, str], search: str
) -> dict[str, Any]:
    """What every list is shown with. `search` is the parameter of its search box."""
    page: Page[Any] = listing.page()
    return {
        "listing": listing,
        "rows": page.rows,
        "columns": listing.columns(columns),
        "conditions": list(listing.conditions()),
        "search_hidden": listing.hidden(search),
        "filter_hidden": listing.hidden(*FILTER_FIELDS),
        "list_url": address(request, route),
        **{
            f"{which}_url": address(request, route, query=listing.query_with(cursor=cursor)) if cursor else ""
            for which, cursor in (("previous", page.previous_cursor), ("next", page.next_cursor))
        },
    }


def _found(row: _Row | None) -> _Row:
    if row is None:
        raise Http404
    return row
