"""What the dashboard is made of. A feature joins it here and nowhere else: with its pages, its place in the navigation,
and where the search box finds its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import URLPattern

import customers.urls
import organizations.urls
from customers.lookups import customer_address
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation. `route` is its first page's name; the pages below that address belong to it."""

    label: str
    route: str
    icon: str


@dataclass(frozen=True, slots=True)
class CustomerTab:
    """A page about one customer. `route` takes the organization and the customer; its template extends
    customers/base.html, with the context of `customers.views.record.about`."""

    label: str
    route: str


Lookup = Callable[[Organization, str], str | None]
"""The address of the one thing in the organization that a text names exactly; None when there is none, or more."""

PAGES: tuple[URLPattern, ...] = (
    *customers.urls.staff_patterns,
    *organizations.urls.staff_patterns,
)

NAVIGATION: tuple[Section, ...] = (
    Section("Overview", "overview", "home"),
    Section("Customers", "customers", "people"),
    Section("Developers", "developers", "code"),
)

CUSTOMER_TABS: tuple[CustomerTab, ...] = (
    CustomerTab("Details", "customer"),
    CustomerTab("History", "customer-history"),
)

# The search box asks them in this order.
LOOKUPS: tuple[Lookup, ...] = (customer_address,)
