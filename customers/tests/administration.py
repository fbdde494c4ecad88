"""The administration's pages of customers, for tests."""

from __future__ import annotations

from django.urls import reverse

from customers.models import Customer

LIST = "/admin/customers/customer/"
ADD = LIST + "add/"
DELETION = LIST + "deletion/"


def page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.id])


def history_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_history", args=[customer.id])
