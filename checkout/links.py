"""Where things of checkout are: a session's page, whose address is what a buyer gets, and each of them in the API."""

from __future__ import annotations

import uuid

from django.urls import reverse

from checkout.secrets import client_secret

# The route `checkout-page`; it takes the secret.
PAGE_ROUTE = "checkout/<str:client_secret>"


def page_path(session_id: uuid.UUID) -> str:
    """The path of the session's page, with the secret that opens it."""
    return "/" + PAGE_ROUTE.replace("<str:client_secret>", client_secret(session_id))


def page_url(base: str, session_id: uuid.UUID) -> str:
    """The URL of the session's page; `base` is a scheme and a host."""
    return base.rstrip("/") + page_path(session_id)


def api_url(base: str, route: str, identity: uuid.UUID) -> str:
    """The URL of a product, a checkout session or an order in the API; `route` is one of `product`, `checkout-session`
    and `order`, and `base` a scheme and a host."""
    return base.rstrip("/") + reverse(route, args=[identity])
