"""Where the search box finds products, checkout sessions and orders."""

from __future__ import annotations

import re

from django.urls import reverse

from checkout.models import CheckoutSession, Order, Product
from organizations.ids import parse_id
from organizations.models import Organization

_NUMBER = re.compile(r"#(\d{1,18})", re.ASCII)


def session_address(organization: Organization, text: str) -> str | None:
    """The page of the checkout session whose ID is `text`."""
    identity = parse_id(text)
    sessions = CheckoutSession.objects.for_organization(organization)
    if identity is None or not sessions.filter(id=identity).exists():
        return None
    return reverse("dashboard:staff-checkout-session", args=[organization.slug, identity])


def order_address(organization: Organization, text: str) -> str | None:
    """The page of the order whose ID is `text`, or whose number it is, written `#17`."""
    orders = Order.objects.for_organization(organization)
    if identity := parse_id(text):
        found = orders.filter(id=identity)
    elif match := _NUMBER.fullmatch(text):
        found = orders.filter(number=int(match[1]))
    else:
        return None
    order_id = found.values_list("id", flat=True).first()
    return None if order_id is None else reverse("dashboard:staff-order", args=[organization.slug, order_id])


def product_address(organization: Organization, text: str) -> str | None:
    """The page of the product whose ID is `text`."""
    identity = parse_id(text)
    if identity is None or not Product.objects.for_organization(organization).filter(id=identity).exists():
        return None
    return reverse("dashboard:staff-product", args=[organization.slug, identity])
