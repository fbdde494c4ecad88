"""The administration, for tests: who may use it, where its pages are, and what a form that is left alone sends."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from organizations.models import User
from organizations.tests.people import PASSWORD


def superuser() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD)


def page(label: str, name: str, *args: Any) -> str:
    """The address of a page of the model that `label` names, such as `customers.customer`."""
    return reverse(f"admin:{label.replace('.', '_')}_{name}", args=args)


def filled_in(browser: Client, address: str, **typed: str) -> dict[str, str]:
    """What the form at `address` sends when nothing but `typed` is changed in it."""
    form = browser.get(address).context["adminform"].form
    fields = {bound.name: bound.value() for bound in form}
    return {**{name: "" if value is None else str(value) for name, value in fields.items()}, **typed}
