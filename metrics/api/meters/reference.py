"""What the reference says of the API of meters."""

from __future__ import annotations

from typing import Any

from api.reference import Operation, Parameter
from checkout.api.reference import CREATED_PARAMETERS
from metrics.api.figures.reference import SUBJECT_PARAMETERS, range_parameters
from metrics.api.meters.serializers import (
    MeteredCustomerSerializer,
    MeterPatchSerializer,
    MeterSerializer,
    MeterWriteSerializer,
    QuantitiesSerializer,
)
from metrics.metering.limits import MOST_SECONDS

METER = {
    "id": "01980f3a-d004-7f44-8a5b-6c7d8e9fa0b1",
    "name": "Tokens of the large model",
    "aggregation": {"function": "sum", "property": "tokens"},
    "filter": {"name": "call", "metadata": {"model": "large"}},
    "archived": False,
    "created_at": "2026-01-31T12:00:00.123456Z",
    "modified_at": "2026-01-31T12:00:00.123456Z",
}
QUANTITIES = {
    "meter_id": METER["id"],
    "interval": "day",
    "start": "2026-01-30T23:00:00Z",
    "end": "2026-02-01T23:00:00Z",
    "timezone": "Europe/Berlin",
    "periods": [
        {"start": "2026-01-30T23:00:00Z", "quantity": 1250},
        {"start": "2026-01-31T23:00:00Z", "quantity": 0},
    ],
    "total": 1250,
}
CUSTOMERS = [
    {
        "external_customer_id": "cust_123",
        "customer_id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90",
        "name": "Acme Inc",
        "quantity": 1200,
    },
    {"external_customer_id": "cust_999", "customer_id": None, "name": None, "quantity": 50},
]

_METER_ID = Parameter(
    name="meter_id",
    location="path",
    description="Our ID of the meter.",
    schema={"type": "string", "format": "uuid"},
)
_ONE: dict[str, Any] = {"response": MeterSerializer, "response_examples": {"A meter": METER}}

OPERATIONS = {
    "list": Operation(
        id="list_meters",
        summary="List meters",
        description="The organization's meters, page by page, archived ones too unless the filter says otherwise.",
        answers={200: "A page of meters."},
        response=MeterSerializer,
        response_examples={"The only page": {"results": [METER], "next": None, "previous": None}},
        parameters=(
            *CREATED_PARAMETERS,
            Parameter(
                name="archived",
                description="Those that are archived (`true`), or that are in use (`false`).",
                schema={"type": "string", "enum": ["true", "false"]},
            ),
        ),
    ),
    "create": Operation(
        id="create_meter",
        summary="Define a meter",
        description=(
            "Defines what is made of which events: how many there are, or the sum, smallest, largest or average of a "
            "property of their metadata, or how many different values it has. It counts what happened before too. What "
            "a meter counts never changes, so that quantities that you have read don't become others."
        ),
        answers={201: "The meter was created."},
        request=MeterWriteSerializer,
        request_examples={
            "Tokens of one model": {name: METER[name] for name in ("name", "aggregation", "filter")},
            "Calls": {"name": "Calls", "aggregation": {"function": "count"}, "filter": {"name": "call"}},
            "Everything": {"name": "Events", "aggregation": {"function": "count"}},
        },
        response=MeterSerializer,
        response_examples={"The new meter": METER},
        codes=("property_not_used", "required"),
    ),
    "retrieve": Operation(
        id="get_meter",
        summary="Get a meter",
        description="One meter, archived or not, by our ID.",
        answers={200: "The meter."},
        parameters=(_METER_ID,),
        **_ONE,
    ),
    "partial_update": Operation(
        id="update_meter",
        summary="Rename, archive or restore a meter",
        description=(
            "Changes the name, or with `archived` whether the meter is in use. What it counts doesn't change: archive "
            "it, and define another."
        ),
        answers={200: "The meter as it is now."},
        request=MeterPatchSerializer,
        request_examples={"Rename": {"name": "Tokens, large"}, "Restore": {"archived": False}},
        parameters=(_METER_ID,),
        **_ONE,
    ),
    "destroy": Operation(
        id="archive_meter",
        summary="Archive a meter",
        description=(
            "Puts the meter out of use. It can still be read, and answers quantities as before; "
            "PATCH with `archived: false` brings it back."
        ),
        answers={204: "The meter is archived."},
        parameters=(_METER_ID,),
    ),
}
QUANTITY_OPERATIONS = {
    "quantities": Operation(
        id="get_meter_quantities",
        summary="Get a meter's quantities by period",
        description=(
            "What the meter makes of the organization's events, or of those of certain customers, by period and over "
            "the whole range. Quantities are exact as of the moment of the request: an event counts when it happened, "
            "however late it arrived, once, and for the customer it belongs to now. Every period is there.\n\n"
            f"A range with more events than can be counted within {MOST_SECONDS:g} seconds is refused."
        ),
        answers={200: "The quantities."},
        response=QuantitiesSerializer,
        response_examples={"Two days in Berlin": QUANTITIES},
        codes=("takes_too_long",),
        parameters=(_METER_ID, *range_parameters(ranking=False), *SUBJECT_PARAMETERS),
    ),
}
CUSTOMER_OPERATIONS = {
    "list": Operation(
        id="list_meter_customers",
        summary="Rank customers by a meter's quantity",
        description=(
            "The meter's quantity of each customer over the whole range, by external ID, page by page. Listed is who "
            "has an event that the meter counts, external IDs that nobody holds too; a deleted customer only when its "
            "`customer_id` is asked for. A customer whose quantity changes between two pages may move. A page's links "
            "keep its range, also where it was the usual one."
        ),
        answers={200: "A page of customers."},
        response=MeteredCustomerSerializer,
        response_examples={"The only page": {"results": CUSTOMERS, "next": None, "previous": None}},
        codes=("takes_too_long",),
        parameters=(_METER_ID, *range_parameters(ranking=True), *SUBJECT_PARAMETERS),
    ),
}
