"""What the dashboard is made of. A feature joins it here and nowhere else: with its pages, its place in the navigation,
and where the search box finds its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import URLPattern

import checkout.urls
import customers.urls
import metrics.urls
import organizations.urls
from checkout.lookups import order_address, product_address, session_address
from customers.lookups import customer_address
from metrics.lookups import event_address, meter_address
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
    customers/base.html, with the context of `customers.views.record.about`. `styles` are the style sheets that it needs
    beside the customers' own: tabs are changed without loading the page anew."""

    label: str
    route: str
    styles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerAction:
    """What a member can do with a live customer beside editing it. `route` takes the organization and the customer."""

    label: str
    route: str
    icon: str


Lookup = Callable[[Organization, str], str | None]
"""The address of the one thing in the organization that a text names exactly; None when there is none, or more."""

PAGES: tuple[URLPattern, ...] = (
    *customers.urls.staff_patterns,
    *checkout.urls.staff_patterns,
    *metrics.urls.staff_patterns,
    *organizations.urls.staff_patterns,
)

NAVIGATION: tuple[Section, ...] = (
    Section("Overview", "overview", "home"),
    Section("Metrics", "staff-metrics", "chart"),
    Section("Customers", "customers", "people"),
    Section("Events", "staff-events", "events"),
    Section("Meters", "staff-meters", "gauge"),
    Section("Orders", "staff-orders", "receipt"),
    Section("Checkouts", "staff-checkout-sessions", "cart"),
    Section("Products", "staff-products", "box"),
    Section("Payments", "payments", "card"),
    Section("Developers", "developers", "code"),
)

CUSTOMER_TABS: tuple[CustomerTab, ...] = (
    CustomerTab("Details", "customer"),
    CustomerTab("Usage", "customer-usage", styles=("css/lists.css", "css/charts.css", "css/metrics.css")),
    CustomerTab("Events", "customer-events", styles=("css/lists.css", "css/events.css")),
    CustomerTab("Checkouts", "customer-checkouts", styles=("css/lists.css", "css/sales.css")),
    CustomerTab("Orders", "customer-orders", styles=("css/lists.css", "css/sales.css")),
    CustomerTab("History", "customer-history"),
)

CUSTOMER_ACTIONS: tuple[CustomerAction, ...] = (
    CustomerAction("Create payment link", "customer-payment-link", "link"),
)

# The search box asks them in this order.
LOOKUPS: tuple[Lookup, ...] = (
    customer_address,
    session_address,
    order_address,
    product_address,
    event_address,
    meter_address,
)
