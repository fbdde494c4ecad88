"""The API of meters: what they count, and what comes of it by period and by customer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.urls import reverse
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from api.paging import KeysetPagination, cursor_url
from api.viewsets import LIST_PARAMETERS, OrganizationViewSet
from checkout.filters import parameters_of
from metrics.api.meters.reference import CUSTOMER_OPERATIONS, OPERATIONS, QUANTITY_OPERATIONS
from metrics.api.meters.serializers import (
    MeterPatchSerializer,
    MeterSerializer,
    MeterWriteSerializer,
    metered_customer,
    quantities_body,
)
from metrics.asked_figures import Mark
from metrics.asked_meters import PARAMETERS, AskedCustomers, AskedQuantities
from metrics.figures.ranking import Place
from metrics.filters import MeterFilter
from metrics.metering.quantities import read_quantities
from metrics.metering.ranking import MeteredCustomer, read_customers
from metrics.models import Meter
from metrics.services.meters import create_meter, update_meter
from organizations.ids import parse_id
from organizations.scopes import Scope


class MeterViews(OrganizationViewSet):
    """What the routes of meters share."""

    model: ClassVar[type[Model]] = Meter
    read_scope = Scope.METRICS_READ
    write_scope = Scope.EVENTS_WRITE
    tag = "Meters"

    def find(self, meter_id: str) -> Meter:
        identity = parse_id(meter_id)
        meter: Meter | None = self.get_queryset().filter(id=identity).first() if identity else None
        if meter is None:
            raise exceptions.NotFound
        meter.organization = self.organization
        bind_contextvars(meter_id=str(meter.id))
        return meter


class MeterViewSet(MeterViews):
    """`/v1/meters` and `/v1/meters/{meter_id}`."""

    serializer_class = MeterSerializer
    operations = OPERATIONS
    pagination_class = KeysetPagination
    orderings = ("created_at", "name")
    default_ordering = "-created_at"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        "list": (*parameters_of(MeterFilter), *LIST_PARAMETERS)
    }

    def list(self, request: Request) -> Response:
        narrowed = MeterFilter(request.query_params, self.get_queryset(), self.organization)
        page = self.paginate_queryset(narrowed.checked().qs)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        sent = self.body(MeterWriteSerializer)
        aggregation, narrowed = sent["aggregation"], sent.get("filter", {})
        meter = create_meter(
            organization=self.organization,
            name=sent["name"],
            function=aggregation["function"],
            property_name=aggregation.get("property"),
            event_name=narrowed.get("name"),
            event_metadata=narrowed.get("metadata"),
        )
        path = reverse("meter", kwargs={"meter_id": meter.id})
        return self.answer(meter, status.HTTP_201_CREATED, {"Location": request.build_absolute_uri(path)})

    def retrieve(self, request: Request, *, meter_id: str) -> Response:
        return self.answer(self.find(meter_id))

    def partial_update(self, request: Request, *, meter_id: str) -> Response:
        meter = self.find(meter_id)
        return self.answer(update_meter(meter=meter, **self.body(MeterPatchSerializer)))

    def destroy(self, request: Request, *, meter_id: str) -> Response:
        update_meter(meter=self.find(meter_id), archived=True)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def answer(
        self, meter: Meter, code: int = status.HTTP_200_OK, headers: dict[str, str] | None = None
    ) -> Response:
        bind_contextvars(meter_id=str(meter.id))
        return Response(self.get_serializer(meter).data, status=code, headers=headers)


class QuantityViewSet(MeterViews):
    """`/v1/meters/{meter_id}/quantities`."""

    operations = QUANTITY_OPERATIONS
    repeatable_parameters = ("external_customer_id",)
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"quantities": PARAMETERS}

    def quantities(self, request: Request, *, meter_id: str) -> Response:
        meter = self.find(meter_id)
        asked = AskedQuantities.of(request.query_params, self.organization)
        return Response(
            quantities_body(meter, read_quantities(meter=meter, span=asked.span, subject=asked.subject))
        )


class MeteredCustomerViewSet(MeterViews):
    """`/v1/meters/{meter_id}/customers`."""

    operations = CUSTOMER_OPERATIONS
    pagination_class = KeysetPagination
    orderings = ("quantity",)
    default_ordering = "-quantity"
    repeatable_parameters = ("external_customer_id",)
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"list": (*PARAMETERS, *LIST_PARAMETERS)}

    def list(self, request: Request, *, meter_id: str) -> Response:
        meter = self.find(meter_id)
        asked = AskedCustomers.of(request.query_params, self, self.organization)
        found = read_customers(
            meter=meter,
            start=asked.start,
            end=asked.end,
            descending=asked.ordering.startswith("-"),
            subject=asked.subject,
            place=asked.place,
            limit=asked.limit,
        )

        def link(row: MeteredCustomer, *, backward: bool) -> str:
            place = Place(row.value, row.key, backward)
            mark = Mark(asked.ordering, None, asked.start, asked.end, place)
            return cursor_url(request._request, mark.encode())

        rows = found.rows
        body: dict[str, Any] = {
            "results": [metered_customer(row) for row in rows],
            "next": link(rows[-1], backward=False) if rows and found.has_next else None,
            "previous": link(rows[0], backward=True) if rows and found.has_previous else None,
        }
        return Response(body)
