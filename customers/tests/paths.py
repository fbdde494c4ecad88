"""Where the customers API is, written as an integrator's program would."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

CUSTOMERS = "/v1/customers"


def by_id(customer_id: object) -> str:
    return f"{CUSTOMERS}/{customer_id}"


def by_external_id(external_customer_id: str) -> str:
    """Percent-encoded, as every language's encoder for one part of a path does."""
    return f"{CUSTOMERS}/external_id/{quote(external_customer_id, safe='')}"


def listing(*pairs: tuple[str, Any], **parameters: Any) -> str:
    """The list, narrowed by these query parameters."""
    return f"{CUSTOMERS}?{urlencode([*pairs, *parameters.items()])}"
