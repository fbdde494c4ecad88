"""The customers API: by our ID and by the integrator's own, the same customers under the same rules."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from rest_framework import exceptions, status
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from api.paging import KeysetPagination, asked_ordering
from api.prepared import PreparedLookup
from api.viewsets import LIST_PARAMETERS, OrganizationViewSet
from customers import services
from customers.api.reference import OPERATIONS, OPERATIONS_BY_EXTERNAL_ID
from customers.api.serializers import (
    CustomerPatchSerializer,
    CustomerSerializer,
    CustomerWriteSerializer,
    represent,
)
from customers.exceptions import CustomerGone
from customers.export import FORMATS, export_response
from customers.external_ids import check_external_customer_id, is_external_customer_id
from customers.filters import ORDERINGS, PARAMETERS, REPEATABLE, CustomerFilter
from customers.log_names import names_of_customer, names_of_ids
from customers.models import Customer, holder_of
from organizations.scopes import Scope

_SOME_ID, _OTHER_ID = uuid.UUID(int=1), uuid.UUID(int=2)

_by_id = PreparedLookup(
    lambda organization, id: Customer.objects.for_organization(organization).live().filter(id=id),
    _SOME_ID,
    _OTHER_ID,
)


class CustomerViews(OrganizationViewSet):
    """What both ways to a customer share."""

    model = Customer
    read_scope = Scope.CUSTOMERS_READ
    write_scope = Scope.CUSTOMERS_WRITE
    serializer_class = CustomerSerializer
    tag = "Customers"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"destroy": ("anonymize",)}

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=True)

    def find(self, **path: str) -> Customer:
        """The customer that the path names. Raises NotFound."""
        raise NotImplementedError

    def retrieve(self, request: Request, **path: str) -> Response:
        return self.answer(self.find(**path))

    def partial_update(self, request: Request, **path: str) -> Response:
        customer = self.find(**path)
        changes = self.body(CustomerPatchSerializer)
        try:
            return self.answer(services.update_customer(customer=customer, **changes))
        except CustomerGone:
            raise exceptions.NotFound from None

    def destroy(self, request: Request, **path: str) -> Response:
        anonymize = _true_or_false(request, "anonymize")
        customer = self.find(**path)
        services.delete_customer(customer=customer, anonymize=anonymize)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def answer(self, customer: Customer, status_code: int = status.HTTP_200_OK) -> Response:
        note(customer)
        headers = None
        if status_code == status.HTTP_201_CREATED:
            path = reverse("customer", kwargs={"customer_id": customer.id})
            headers = {"Location": self.request.build_absolute_uri(path)}
        return Response(represent(customer), status=status_code, headers=headers)


class CustomerViewSet(CustomerViews):
    """`/v1/customers` and `/v1/customers/{customer_id}`."""

    operations = OPERATIONS
    pagination_class = KeysetPagination
    orderings = ORDERINGS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        **CustomerViews.query_parameters,
        "list": (*PARAMETERS, *LIST_PARAMETERS),
        "export": (*PARAMETERS, "ordering", "format"),
    }
    repeatable_parameters = REPEATABLE

    def list(self, request: Request) -> Response:
        page = self.paginate(self.filters(request).narrowed())
        return self.get_paginated_response([represent(customer) for customer in page])

    def export(self, request: Request) -> HttpResponseBase:
        file_format = request.query_params.get("format", "csv")
        if file_format not in FORMATS:
            raise exceptions.ValidationError(
                {
                    "format": [
                        exceptions.ErrorDetail(f"Must be one of {', '.join(FORMATS)}.", "invalid_choice")
                    ]
                }
            )
        return export_response(
            cast("QuerySet[Customer]", self.filters(request).qs),
            organization=self.organization,
            ordering=asked_ordering(request.query_params, self),
            file_format=file_format,
            headers_only=request.method == "HEAD",
        )

    def filters(self, request: Request) -> CustomerFilter:
        """What the query narrows the customers by. Raises ValidationError by parameter."""
        return CustomerFilter(request.query_params, self.get_shaped(), self.organization).checked()

    def create(self, request: Request) -> Response:
        fields = self.body(CustomerWriteSerializer)
        customer = services.create_customer(organization=self.organization, **fields)
        return self.answer(customer, status.HTTP_201_CREATED)

    def find(self, *, customer_id: str) -> Customer:  # type: ignore[override]
        try:
            customer = _by_id.get(self.organization.id, uuid.UUID(customer_id))
        except ValueError:
            customer = None
        return found(customer)


class CustomerByExternalIDViewSet(CustomerViews):
    """`/v1/customers/external_id/{external_customer_id}`: all of the path's rest is the ID."""

    operations = OPERATIONS_BY_EXTERNAL_ID

    def find(self, *, external_customer_id: str) -> Customer:  # type: ignore[override]
        if not is_external_customer_id(external_customer_id):
            raise exceptions.NotFound
        bind_contextvars(**names_of_ids([external_customer_id]))
        return found(holder_of.get(self.organization.id, external_customer_id))

    def update(self, request: Request, *, external_customer_id: str) -> Response:
        try:
            check_external_customer_id(external_customer_id)
        except DjangoValidationError as error:
            raise exceptions.ValidationError({"external_customer_id": get_error_detail(error)}) from None
        customer, created = services.put_customer(
            organization=self.organization,
            own_id=external_customer_id,
            **self.body(CustomerWriteSerializer),
        )
        return self.answer(customer, status.HTTP_201_CREATED if created else status.HTTP_200_OK)


def found(customer: Customer | None) -> Customer:
    """`customer`, noted for the log. Raises NotFound, the same for nobody and for somebody else's."""
    if customer is None:
        raise exceptions.NotFound
    note(customer)
    return customer


def note(customer: Customer) -> None:
    """Has the request's log line name the customer, by both IDs."""
    bind_contextvars(**names_of_customer(customer))


def _true_or_false(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false")
    if value not in ("true", "false"):
        raise exceptions.ValidationError(
            {name: [exceptions.ErrorDetail("This is true or false.", code="invalid")]}
        )
    return value == "true"
