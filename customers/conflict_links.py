"""What a form says of a conflict: the words, and the way to the customer that it is with."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.html import format_html

from api.conflicts import ConflictError
from customers.exceptions import ExternalCustomerIDConflict


def with_link(problem: ValidationError, address_of: Callable[[uuid.UUID], str]) -> ValidationError:
    """The same problem, a conflict's with a link to the customer at `address_of` its ID."""
    conflict: ConflictError | None = (problem.params or {}).get("conflict")
    if not isinstance(conflict, ExternalCustomerIDConflict) or conflict.customer_id is None:
        return problem
    address = address_of(conflict.customer_id)
    text = format_html('{} <a href="{}">Open the customer who holds it</a>', conflict.text, address)
    return ValidationError(text, code=problem.code)
