"""What surrounds every page of the dashboard, and in the administration a customer's."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from organizations.models import Membership
from polar_customers.admin import CUSTOMER_LISTS
from polar_customers.dashboard import CUSTOMER_ACTIONS, CUSTOMER_TABS, NAVIGATION


def frame(request: HttpRequest) -> dict[str, Any]:
    """For the templates: the product's name, and inside an organization who is there and where one can go."""
    facts: dict[str, Any] = {"product_name": settings.PRODUCT_NAME}
    match = request.resolver_match
    if match is not None and match.view_name == "admin:customers_customer_change":
        facts["customer_lists"] = [
            {"label": one.label, "url": f"{reverse(one.route)}?{urlencode({'q': match.kwargs['object_id']})}"}
            for one in CUSTOMER_LISTS
        ]
    membership: Membership | None = getattr(request, "membership", None)
    if membership is not None:
        facts |= {
            "membership": membership,
            "organization": membership.organization,
            "memberships": getattr(request, "memberships", ()),
            "navigation": _navigation(request.path, membership.organization.slug),
        }
        if match is not None and "customer_id" in match.kwargs:
            slug, customer_id = membership.organization.slug, match.kwargs["customer_id"]
            facts["customer_tabs"] = _customer_tabs(request.path, slug, customer_id)
            facts["customer_styles"] = dict.fromkeys(style for tab in CUSTOMER_TABS for style in tab.styles)
            facts["customer_actions"] = _customer_actions(slug, customer_id)
    return facts


def _navigation(path: str, slug: str) -> list[dict[str, Any]]:
    entries = []
    for section in NAVIGATION:
        url = reverse(f"dashboard:{section.route}", args=[slug])
        # the overview's address ends with a slash, and every other page's begins with it
        is_current = path == url or (not url.endswith("/") and path.startswith(f"{url}/"))
        entries.append({"label": section.label, "icon": section.icon, "url": url, "is_current": is_current})
    return entries


def _customer_tabs(path: str, slug: str, customer_id: uuid.UUID) -> list[dict[str, Any]]:
    tabs = []
    for tab in CUSTOMER_TABS:
        url = reverse(f"dashboard:{tab.route}", args=[slug, customer_id])
        tabs.append({"label": tab.label, "url": url, "is_current": path == url})
    return tabs


def _customer_actions(slug: str, customer_id: uuid.UUID) -> list[dict[str, Any]]:
    return [
        {
            "label": action.label,
            "icon": action.icon,
            "url": reverse(f"dashboard:{action.route}", args=[slug, customer_id]),
        }
        for action in CUSTOMER_ACTIONS
    ]
