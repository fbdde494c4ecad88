"""What the reference says of the customers API."""

from __future__ import annotations

from typing import Any

from api.exports import LIMITS
from api.metadata import MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH
from api.reference import Operation, Parameter
from api.text import PATTERN
from customers.api.serializers import (
    CustomerPatchSerializer,
    CustomerSerializer,
    CustomerWriteSerializer,
    ExternalCustomerIDConflictSerializer,
    ExternalCustomerIDField,
)
from customers.exceptions import ExternalCustomerIDImmutable, ExternalCustomerIDTaken
from customers.filters import MAX_IDS, ORDERINGS

CUSTOMER = {
    "id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90",
    "external_customer_id": "cust_123",
    "name": "Acme Inc",
    "email": "billing@acme.com",
    "billing_address": {
        "line1": "Torstraße 1",
        "line2": None,
        "city": "Berlin",
        "state": None,
        "postal_code": "10119",
        "country": "DE",
    },
    "tax_id": "DE123456789",
    "metadata": {"plan": "gold", "seats": 12},
    "created_at": "2026-01-31T12:00:00.123456Z",
    "modified_at": "2026-01-31T12:00:00.123456Z",
}
CREATED = {
    **CUSTOMER,
    "email": None,
    "billing_address": None,
    "tax_id": None,
    "metadata": {},
}
_HOLDER = {"customer_id": CUSTOMER["id"], "external_customer_id": "cust_123"}

_EXTERNAL_ID = {"$ref": "#/components/schemas/ExternalCustomerID"}
_TIME = {"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]}

CUSTOMER_ID = Parameter(
    name="customer_id",
    location="path",
    description="Our ID of the customer.",
    schema={"type": "string", "format": "uuid"},
)
BY_EXTERNAL_ID = Parameter(
    name="external_customer_id",
    location="path",
    description=(
        "Your own ID of the customer, percent-encoded: `a/b` is `a%2Fb` and `100%` is `100%25`. Everything behind "
        "`/external_id/` is decoded once and is the ID, its slashes, dots and a last slash too, so that `a/b` sent "
        "as it is means the same. Where a proxy on the way changes encoded slashes, use the filter "
        "`GET /v1/customers?external_customer_id=`, which finds the same customer."
    ),
    schema=_EXTERNAL_ID,
    examples={"A plain ID": "cust_123", "An ID with a slash": "tenants/7"},
)
ANONYMIZE = Parameter(
    name="anonymize",
    description=(
        "`true` also erases the customer's personal data, in its history too. Its external ID is erased as well, and "
        "a stand-in takes its place."
    ),
    schema={"type": "string", "enum": ["true", "false"], "default": "false"},
)
FILTERS = (
    Parameter(
        name="external_customer_id",
        description=f"Those who hold one of these external IDs now. Send it up to {MAX_IDS} times.",
        schema={"type": "array", "items": _EXTERNAL_ID, "maxItems": MAX_IDS},
        codes=(*ExternalCustomerIDField.error_codes, "too_many"),
        style="form",
        examples={"Two IDs": ["cust_123", "cust_124"]},
    ),
    Parameter(
        name="email",
        description="Those with this e-mail address, in any letter case.",
        schema={"type": "string", "minLength": 1, "maxLength": 254, "pattern": PATTERN},
        codes=("max_length",),
    ),
    Parameter(
        name="has_external_customer_id",
        description="Those with an external ID (`true`), or without one (`false`).",
        schema={"type": "string", "enum": ["true", "false"]},
    ),
    Parameter(
        name="created_after", description="Those created at this moment (RFC 3339) or later.", schema=_TIME
    ),
    Parameter(
        name="created_before", description="Those created before this moment (RFC 3339).", schema=_TIME
    ),
    Parameter(
        name="search",
        description="Those whose external ID, name or e-mail address contains this text, in any letter case.",
        schema={"type": "string", "minLength": 1, "maxLength": 256, "pattern": PATTERN},
        codes=("max_length",),
    ),
    Parameter(
        name="metadata",
        description=(
            "`metadata[plan]=gold`: those whose metadata has this text under this key. Numbers and booleans are "
            "compared as JSON writes them. Several keys must all fit."
        ),
        schema={
            "type": "object",
            "maxProperties": MAX_KEYS,
            "propertyNames": {"minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": PATTERN},
            "additionalProperties": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_TEXT_LENGTH,
                "pattern": PATTERN,
            },
        },
        codes=("too_long", "too_many"),
        style="deepObject",
        examples={"One key": {"plan": "gold"}},
    ),
)

_TAKEN = (ExternalCustomerIDTaken,)
_IMMUTABLE = (ExternalCustomerIDImmutable,)
_CONFLICT: dict[str, Any] = {"conflict": ExternalCustomerIDConflictSerializer, "conflict_example": _HOLDER}
_ONE: dict[str, Any] = {"response": CustomerSerializer, "response_examples": {"A customer": CUSTOMER}}

_PATCH_EXAMPLES = {
    "Another e-mail address": {"email": "new@acme.com"},
    "A first external ID": {"external_customer_id": "cust_123"},
    "Metadata set and removed": {"metadata": {"plan": "gold", "trial": None}},
}
_PATCH = (
    "Changes the fields that the body names and leaves the others as they are. `null` empties a field. `metadata` is "
    "laid over what is stored, and a null in it removes its key; `billing_address` is replaced whole. An external ID "
    "can be set while there is none; sending the stored one again is fine, and another one or null is a conflict."
)
_DELETE = (
    "Deletes the customer, which frees its external ID: a new customer can have it, and inherits nothing. A deletion "
    "is final."
)

OPERATIONS = {
    "list": Operation(
        id="list_customers",
        summary="List customers",
        description=(
            "The organization's customers, page by page, narrowed by the filters, which must all fit. With "
            "`external_customer_id` it is the way to a customer by its own ID that no encoding of paths can break."
        ),
        answers={200: "A page of customers."},
        response=CustomerSerializer,
        response_examples={"The only page": {"results": [CUSTOMER], "next": None, "previous": None}},
        parameters=FILTERS,
    ),
    "create": Operation(
        id="create_customer",
        summary="Create a customer",
        description=(
            "Creates a customer. No field is required. To create or replace in one step under your own ID, and to be "
            "able to repeat that safely, use `PUT /v1/customers/external_id/{external_customer_id}`."
        ),
        answers={201: "The customer was created."},
        request=CustomerWriteSerializer,
        request_examples={
            "Name and own ID": {"name": "Acme Inc", "external_customer_id": "cust_123"},
            "All fields": {name: CUSTOMER[name] for name in list(CUSTOMER)[1:-2]},
        },
        response=CustomerSerializer,
        response_examples={"The new customer": CREATED},
        conflicts=_TAKEN,
        **_CONFLICT,
    ),
    "retrieve": Operation(
        id="get_customer",
        summary="Get a customer",
        description="One customer, by our ID.",
        answers={200: "The customer."},
        parameters=(CUSTOMER_ID,),
        **_ONE,
    ),
    "partial_update": Operation(
        id="update_customer",
        summary="Change a customer",
        description=_PATCH,
        answers={200: "The customer, changed."},
        request=CustomerPatchSerializer,
        request_examples=_PATCH_EXAMPLES,
        parameters=(CUSTOMER_ID,),
        conflicts=(*_TAKEN, *_IMMUTABLE),
        **_CONFLICT,
        **_ONE,
    ),
    "destroy": Operation(
        id="delete_customer",
        summary="Delete a customer",
        description=_DELETE,
        answers={204: "The customer was deleted. There is no body."},
        parameters=(CUSTOMER_ID, ANONYMIZE),
    ),
    "export": Operation(
        id="export_customers",
        summary="Export customers",
        description=(
            "All customers that the filters leave, as one file, streamed. CSV is for people and safe to open in a "
            "spreadsheet, NDJSON for programs: a customer a line, as the other operations answer it."
        ),
        answers={200: "The file."},
        limits=LIMITS,
        content={
            "text/csv": {"type": "string", "description": "One row a customer, the external ID first."},
            "application/x-ndjson": {"type": "string", "description": "One `Customer` in JSON a line."},
        },
        parameters=(
            *FILTERS,
            Parameter(
                name="format",
                description="The kind of file.",
                schema={"type": "string", "enum": ["csv", "ndjson"], "default": "csv"},
                codes=("invalid_choice",),
            ),
            Parameter(
                name="ordering",
                description="What to sort by, `-` in front for descending. Rows without a value are last.",
                schema={
                    "type": "string",
                    "enum": [f"{sign}{name}" for name in ORDERINGS for sign in ("", "-")],
                    "default": "-created_at",
                },
                codes=("invalid_choice",),
            ),
        ),
    ),
}

OPERATIONS_BY_EXTERNAL_ID = {
    "retrieve": Operation(
        id="get_customer_by_external_id",
        summary="Get a customer by your own ID",
        description="One customer, by the ID that it has in your own system.",
        answers={200: "The customer."},
        parameters=(BY_EXTERNAL_ID,),
        **_ONE,
    ),
    "update": Operation(
        id="put_customer_by_external_id",
        summary="Create or replace a customer by your own ID",
        description=(
            "Makes the customer with this external ID exactly what the body says, and creates it where there is none. "
            "Fields that the body leaves out are emptied. Repeating it changes nothing more, and any number of these "
            "at the same moment create one customer. The body may repeat the path's ID; another one, or null, is a "
            "conflict."
        ),
        answers={200: "The customer, replaced.", 201: "The customer was created."},
        request=CustomerWriteSerializer,
        request_examples={"Name and e-mail address": {"name": "Acme Inc", "email": "billing@acme.com"}},
        parameters=(BY_EXTERNAL_ID,),
        conflicts=(*_IMMUTABLE, *_TAKEN),
        **_CONFLICT,
        **_ONE,
    ),
    "partial_update": Operation(
        id="update_customer_by_external_id",
        summary="Change a customer by your own ID",
        description=_PATCH,
        answers={200: "The customer, changed."},
        request=CustomerPatchSerializer,
        request_examples=_PATCH_EXAMPLES,
        parameters=(BY_EXTERNAL_ID,),
        conflicts=_IMMUTABLE,
        **_CONFLICT,
        **_ONE,
    ),
    "destroy": Operation(
        id="delete_customer_by_external_id",
        summary="Delete a customer by your own ID",
        description=_DELETE,
        answers={204: "The customer was deleted. There is no body."},
        parameters=(BY_EXTERNAL_ID, ANONYMIZE),
    ),
}
