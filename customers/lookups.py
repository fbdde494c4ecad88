"""Where the search box finds customers."""

from __future__ import annotations

from django.urls import reverse

from customers.external_ids import is_external_customer_id
from customers.models import Customer
from organizations.ids import parse_id
from organizations.models import Organization


def customer_address(organization: Organization, text: str) -> str | None:
    """The page of the one customer whose external ID, internal ID, e-mail address (in any letter case) or name is
    `text`. The IDs come first: an ID that looks like somebody's address is still the ID."""
    if "\x00" in text:  # nobody has it in anything, and PostgreSQL can't be asked
        return None
    customers = Customer.objects.for_organization(organization)
    attempts = [customers.live().with_email(text), customers.live().filter(name=text)]
    if identity := parse_id(text):
        attempts.insert(0, customers.live().filter(id=identity))
    if is_external_customer_id(text):
        attempts.insert(0, customers.holding(text))
    for attempt in attempts:
        found = list(attempt.values_list("id", flat=True)[:2])
        if len(found) == 1:
            return reverse("dashboard:customer", args=[organization.slug, found[0]])
    return None
