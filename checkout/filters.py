"""What lists of products, checkout sessions and orders can be narrowed by, for the API and for pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from structlog.contextvars import bind_contextvars

from api.filters import IDField, ListFilter, OneOfField, TimeField, TrueOrFalseField, filter_of
from checkout.models import CheckoutSession
from checkout.querysets import CheckoutSessionQuerySet, ProductQuerySet
from customers.external_ids import ExternalCustomerIDFormField
from customers.log_names import names_of_ids


class CreatedFilter(ListFilter):
    """From a moment on, and before one."""

    created_after = filter_of(TimeField, field_name="created_at", lookup_expr="gte")
    created_before = filter_of(TimeField, field_name="created_at", lookup_expr="lt")


class ProductFilter(CreatedFilter):
    """What the API's list of products can be narrowed by."""

    archived = filter_of(TrueOrFalseField, method="narrow_archived")

    def narrow_archived(self, queryset: ProductQuerySet, name: str, value: bool) -> ProductQuerySet:
        return queryset.archived(value)


class OfCustomerFilter(CreatedFilter):
    """A customer's, by either ID: under the external one, those of its current holder; by ours, a deleted customer's
    too."""

    external_customer_id = filter_of(ExternalCustomerIDFormField, method="narrow_external_customer_id")
    customer_id = filter_of(IDField, method="narrow_customer_id")

    def narrow_external_customer_id(self, queryset: Any, name: str, value: str) -> Any:
        bind_contextvars(**names_of_ids([value]))
        return queryset.of_external_id(self.organization, value)

    def narrow_customer_id(self, queryset: Any, name: str, value: UUID) -> Any:
        bind_contextvars(customer_id=str(value))
        return queryset.filter(customer_id=value)


class CheckoutSessionFilter(OfCustomerFilter):
    """What the API's list of checkout sessions can be narrowed by."""

    status = filter_of(OneOfField, choices=CheckoutSession.Status.values, method="narrow_status")

    def narrow_status(
        self, queryset: CheckoutSessionQuerySet, name: str, value: str
    ) -> CheckoutSessionQuerySet:
        return queryset.with_status(value)


class OrderFilter(OfCustomerFilter):
    """What the API's list of orders can be narrowed by."""


def parameters_of(filters: type[ListFilter]) -> tuple[str, ...]:
    """The names of the query parameters that `filters` reads."""
    return tuple(filters.base_filters)


PRODUCT_ORDERINGS = ("created_at", "name")
SESSION_ORDERINGS = ("created_at",)
ORDER_ORDERINGS = ("created_at", "number")
