"""The dashboard's list of customers, as an address asks for it: for the page, its export and saved views."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from django.http import QueryDict

from api import listing
from customers.filters import LIST_PARAMETERS, METADATA_PARAMETER, ORDERINGS, REPEATABLE, CustomerListFilter
from customers.models import Customer
from customers.querysets import CustomerQuerySet

_PAIR = ("metadata_key", "metadata_value")


class CustomerListing(listing.Listing[Customer]):
    """The live ones, or for owners the deleted."""

    filters = CustomerListFilter
    parameters = LIST_PARAMETERS
    repeatable = REPEATABLE
    orderings = ORDERINGS
    labels = {
        "external_customer_id": "External ID",
        "email": "E-mail",
        "has_external_customer_id": "External ID",
        "created_after": "Created since",
        "created_before": "Created before",
        "created_from": "Created from",
        "created_to": "Created until",
        "deleted": "Deleted",
    }
    words = {
        ("has_external_customer_id", "true"): "set",
        ("has_external_customer_id", "false"): "not set",
        ("deleted", "true"): "only these",
        ("deleted", "false"): "not these",
    }

    def everything(self) -> CustomerQuerySet:
        return Customer.objects.for_organization(self.membership.organization)

    def for_page(self, queryset: QuerySet[Customer]) -> CustomerQuerySet:
        return cast("CustomerQuerySet", queryset).for_list()

    def leave_out_forbidden(self) -> None:
        if self.value("deleted") and not self.membership.may_manage:
            self.leave_out("deleted", "Only an owner sees deleted customers.")

    def label(self, name: str) -> str:
        metadata = METADATA_PARAMETER.fullmatch(name)
        return metadata[1] if metadata else super().label(name)

    @property
    def shows_deleted(self) -> bool:
        return self.value("deleted") == "true"


def tidied(sent: QueryDict) -> QueryDict:
    """As every list's, and with the pair of the form's two boxes as the one parameter that it stands for."""
    query = listing.tidied(sent)
    for name in _PAIR:
        query.pop(name, None)
    key, value = (str(sent.get(name, "")) for name in _PAIR)
    if key and value:
        query[f"metadata[{key}]"] = value
    return query
