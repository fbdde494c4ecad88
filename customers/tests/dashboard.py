"""The dashboard's pages about customers, as a browser without JavaScript meets them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from customers.models import Customer
from organizations.models import Membership, Organization
from organizations.tests.people import client_of, person

ADDRESS = {
    "line1": "Main Street 1",
    "line2": None,
    "city": "Köln",
    "state": None,
    "postal_code": "50667",
    "country": "DE",
}


class Dashboard:
    """A browser of somebody with this role; paths begin behind the organization."""

    def __init__(self, organization: Organization, role: Membership.Role) -> None:
        self.user = person(role, organization)
        self.membership = Membership.objects.get(user=self.user)
        self.client: Client = client_of(self.user)
        self.root = f"/o/{organization.slug}"

    def get(self, path: str, query: Any = None) -> Any:
        return self.client.get(self.root + path, query, follow=True)

    def post(self, path: str, form: Any) -> Any:
        return self.client.post(self.root + path, form)


def text(answer: Any) -> str:
    """What a page says, without its markup and with single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.content.decode()))).strip()


def ids(answer: Any) -> list[str | None]:
    """The external IDs of the list's rows, None for those without one."""
    return [customer.external_customer_id for customer in answer.context["customers"]]


def form_of(answer: Any) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    form, editor = answer.context["form"], answer.context["editor"]
    fields = {name: str(form[name].value() or "") for name in form.fields}
    for number, row in enumerate(editor.rows):
        fields |= {f"metadata-{number}-{part}": getattr(row, part) for part in ("key", "kind", "value")}
    return fields


def path(customer: Customer, page: str = "") -> str:
    return f"/customers/{customer.id}{page and '/'}{page}"


def stored(customer: Customer) -> Customer:
    return Customer.objects.get(id=customer.id)
