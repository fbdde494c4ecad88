"""The dashboard's lists of products, checkout sessions and orders, as an address asks for them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import Prefetch, QuerySet

from api.filters import DaysFilter, filter_of
from api.listing import Listing
from checkout.filters import (
    ORDER_ORDERINGS,
    PRODUCT_ORDERINGS,
    SESSION_ORDERINGS,
    CheckoutSessionFilter,
    OrderFilter,
    ProductFilter,
    parameters_of,
)
from checkout.models import CheckoutItem, CheckoutSession, Order, Product
from checkout.querysets import ProductQuerySet
from organizations.models import Organization

# Of what a session sells, a list shows the first item, and whether there are more.
_ITEMS_READ = 2

_DATES = {
    "created_after": "Created since",
    "created_before": "Created before",
    "created_from": "Created from",
    "created_to": "Created until",
}


class ProductListFilter(DaysFilter, ProductFilter):
    search = filter_of(forms.CharField, method="narrow_search", strip=False, max_length=256)

    def narrow_search(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        return queryset.search(value)


class SessionListFilter(DaysFilter, CheckoutSessionFilter):
    pass


class OrderListFilter(DaysFilter, OrderFilter):
    pass


class ProductListing(Listing[Product]):
    filters = ProductListFilter
    parameters = parameters_of(ProductListFilter)
    orderings = PRODUCT_ORDERINGS
    labels = _DATES
    has_place = ("search", "archived")

    def everything(self) -> QuerySet[Product]:
        return Product.objects.for_organization(self.membership.organization)


class SessionListing(Listing[CheckoutSession]):
    filters = SessionListFilter
    parameters = parameters_of(SessionListFilter)
    orderings = SESSION_ORDERINGS
    labels = {**_DATES, "customer_id": "Internal ID"}
    has_place = ("external_customer_id", "status")

    def everything(self) -> QuerySet[CheckoutSession]:
        return CheckoutSession.objects.for_organization(self.membership.organization)

    def for_page(self, queryset: QuerySet[CheckoutSession]) -> QuerySet[CheckoutSession]:
        return for_rows(queryset, self.membership.organization)


class OrderListing(Listing[Order]):
    filters = OrderListFilter
    parameters = parameters_of(OrderListFilter)
    orderings = ORDER_ORDERINGS
    labels = {**_DATES, "customer_id": "Internal ID"}
    has_place = ("external_customer_id",)

    def everything(self) -> QuerySet[Order]:
        return Order.objects.for_organization(self.membership.organization)

    def for_page(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return with_customers(queryset)


def for_rows(
    sessions: QuerySet[CheckoutSession], organization: Organization | uuid.UUID
) -> QuerySet[CheckoutSession]:
    """With what a row of the organization's sessions shows: whose it is, and the beginning of what it sells."""
    first = CheckoutItem.objects.filter(organization=organization, position__lt=_ITEMS_READ)
    return with_customers(sessions).prefetch_related(Prefetch("items", queryset=first, to_attr="first_items"))


def with_customers(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the customers of sessions or orders, but for what only a search reads."""
    return rows.select_related("customer").defer("customer__search_text")
