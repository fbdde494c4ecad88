"""Where a customer is in the API, ready to paste: encoded for the URL, and quoted for the shell.

Every character of an ID but letters, digits and `-._~` is percent-encoded, the slash too. So no ID can end the path,
open a query or a fragment, climb a directory or be merged with its neighbour by a proxy, and what a shell would read
as its own never reaches it.
"""

from __future__ import annotations

import shlex
import uuid
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def base_of(request: HttpRequest) -> str:
    """Where the product is reached from outside: PUBLIC_URL, or else the host that the request came to."""
    base: str = settings.PUBLIC_URL or request.build_absolute_uri("/")
    return base.rstrip("/")


def api_path(external_customer_id: str) -> str:
    """The path of the customer with this external ID."""
    return reverse("customer-by-external-id", kwargs={"external_customer_id": ""}) + _encoded(
        external_customer_id
    )


def api_url(base: str, external_customer_id: str) -> str:
    """The URL of the customer with this external ID; `base` is a scheme and a host."""
    return base.rstrip("/") + api_path(external_customer_id)


def api_filter_url(base: str, external_customer_id: str) -> str:
    """The list of this one customer: the same by a route that no proxy's handling of encoded slashes can spoil."""
    return f"{base.rstrip('/')}{reverse('customers')}?external_customer_id={_encoded(external_customer_id)}"


def api_url_by_id(base: str, customer_id: uuid.UUID) -> str:
    """The URL of the customer with this internal ID, for those without an external one."""
    return base.rstrip("/") + reverse("customer", kwargs={"customer_id": customer_id})


def curl(url: str, token: str = "$TOKEN") -> str:  # noqa: S107  the name of a variable is no secret
    """The command that reads `url` with the token, or with the one in the shell's variable TOKEN."""
    return f'curl -H "Authorization: Bearer {token}" {shlex.quote(url)}'


def _encoded(external_customer_id: str) -> str:
    return quote(external_customer_id, safe="")
