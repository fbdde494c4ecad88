"""What the reference says of the API of checkout."""

from __future__ import annotations

from typing import Any

from api.reference import Operation, Parameter
from checkout.api.serializers import (
    CheckoutSessionPatchSerializer,
    CheckoutSessionSerializer,
    CheckoutSessionWriteSerializer,
    ExpireSerializer,
    OrderSerializer,
    ProductPatchSerializer,
    ProductSerializer,
    ProductWriteSerializer,
    SessionConflictSerializer,
)
from checkout.exceptions import SessionNotOpen
from checkout.models import CheckoutSession
from customers.api.serializers import ExternalCustomerIDField

_PRODUCT_ID = "01980f3a-a001-7c11-9d2e-3f4a5b6c7d8e"
_SESSION_ID = "01980f3a-b002-7d22-8e3f-4a5b6c7d8e9f"
_ORDER_ID = "01980f3a-c003-7e33-9f4a-5b6c7d8e9fa0"
_CUSTOMER_ID = "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90"
_SECRET = "cs_AZgPOrACfSKOP0pbbH2On7bJ1mQ0a5n8r2t7v9x1z3B5D7F9H1J3L5N7"  # noqa: S105  an example, which opens nothing

PRODUCT = {
    "id": _PRODUCT_ID,
    "name": "Pro plan",
    "description": "A month of everything.",
    "unit_amount": 990,
    "currency": "usd",
    "metadata": {"tier": "pro"},
    "archived": False,
    "created_at": "2026-01-31T12:00:00.123456Z",
    "modified_at": "2026-01-31T12:00:00.123456Z",
}
_ITEMS = [
    {"product_id": None, "name": "Box", "unit_amount": 1500, "quantity": 2, "amount": 3000},
    {"product_id": _PRODUCT_ID, "name": "Pro plan", "unit_amount": 990, "quantity": 1, "amount": 990},
]
SESSION = {
    "id": _SESSION_ID,
    "status": "open",
    "customer_id": None,
    "external_customer_id": "cust_123",
    "customer_external_id": "cust_123",
    "customer_email": "billing@acme.com",
    "customer_name": None,
    "items": _ITEMS,
    "currency": "usd",
    "amount_total": 3990,
    "client_secret": _SECRET,
    "url": f"https://billing.example.com/checkout/{_SECRET}",
    "success_url": "https://shop.example.com/thanks?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.example.com/cart",
    "expires_at": "2026-02-01T12:00:00.123456Z",
    "completed_at": None,
    "order_id": None,
    "metadata": {"cart": "c-77"},
    "customer_metadata": {},
    "created_at": "2026-01-31T12:00:00.123456Z",
    "modified_at": "2026-01-31T12:00:00.123456Z",
}
_COMPLETE = {
    **SESSION,
    "status": "complete",
    "customer_id": _CUSTOMER_ID,
    "completed_at": "2026-01-31T12:04:30.654321Z",
    "order_id": _ORDER_ID,
    "modified_at": "2026-01-31T12:04:30.654321Z",
}
ORDER = {
    "id": _ORDER_ID,
    "number": 17,
    "checkout_session_id": _SESSION_ID,
    "customer_id": _CUSTOMER_ID,
    "external_customer_id": "cust_123",
    "email": "billing@acme.com",
    "items": _ITEMS,
    "currency": "usd",
    "amount_total": 3990,
    "metadata": {"cart": "c-77"},
    "created_at": "2026-01-31T12:04:30.654321Z",
}

_TIME = {"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]}
CREATED_PARAMETERS = (
    Parameter(
        name="created_after", description="Those created at this moment (RFC 3339) or later.", schema=_TIME
    ),
    Parameter(
        name="created_before", description="Those created before this moment (RFC 3339).", schema=_TIME
    ),
)
_OF_CUSTOMER = (
    Parameter(
        name="external_customer_id",
        description=(
            "Those of the customer who holds this external ID now, and those under it that are nobody's yet: an ID "
            "that no customer has finds them too. Those of somebody who held it before are found by `customer_id`."
        ),
        schema={"$ref": "#/components/schemas/ExternalCustomerID"},
        codes=ExternalCustomerIDField.error_codes,
        examples={"An ID": "cust_123"},
    ),
    Parameter(
        name="customer_id",
        description="Those of the customer with this ID of ours, also of a deleted one.",
        schema={"type": "string", "format": "uuid"},
    ),
)


def _id_in_path(name: str, what: str) -> Parameter:
    return Parameter(
        name=name,
        location="path",
        description=f"Our ID of the {what}.",
        schema={"type": "string", "format": "uuid"},
    )


_PRODUCT = _id_in_path("product_id", "product")
_SESSION = _id_in_path("checkout_session_id", "checkout session")
_ORDER = _id_in_path("order_id", "order")


def _page_of(row: dict[str, Any]) -> dict[str, Any]:
    return {"The only page": {"results": [row], "next": None, "previous": None}}


_ONE_PRODUCT: dict[str, Any] = {
    "response": ProductSerializer,
    "response_examples": {"A product": PRODUCT},
}

PRODUCTS = {
    "list": Operation(
        id="list_products",
        summary="List products",
        description="The organization's products, page by page, archived ones too unless the filter says otherwise.",
        answers={200: "A page of products."},
        response=ProductSerializer,
        response_examples=_page_of(PRODUCT),
        parameters=(
            *CREATED_PARAMETERS,
            Parameter(
                name="archived",
                description="Those that are archived (`true`), or that can be sold (`false`).",
                schema={"type": "string", "enum": ["true", "false"]},
            ),
        ),
    ),
    "create": Operation(
        id="create_product",
        summary="Create a product",
        description="Creates a product, which checkout sessions can then sell by its ID.",
        answers={201: "The product was created."},
        request=ProductWriteSerializer,
        request_examples={
            "Name and price": {"name": "Pro plan", "unit_amount": 990, "currency": "usd"},
            "All fields": {name: PRODUCT[name] for name in list(PRODUCT)[1:-2]},
        },
        response=ProductSerializer,
        response_examples={"The new product": PRODUCT},
    ),
    "retrieve": Operation(
        id="get_product",
        summary="Get a product",
        description="One product, archived or not.",
        answers={200: "The product."},
        parameters=(_PRODUCT,),
        **_ONE_PRODUCT,
    ),
    "partial_update": Operation(
        id="update_product",
        summary="Change a product",
        description=(
            "Changes the fields that the body names and leaves the others as they are; `metadata` is laid over what is "
            "stored, and a null in it removes its key. Sessions that exist keep what they sell, and its price. "
            "`archived` takes a product out of sale and brings it back."
        ),
        answers={200: "The product, changed."},
        request=ProductPatchSerializer,
        request_examples={"Another price": {"unit_amount": 1190}, "Back in sale": {"archived": False}},
        parameters=(_PRODUCT,),
        codes=("too_many_keys",),
        **_ONE_PRODUCT,
    ),
    "destroy": Operation(
        id="archive_product",
        summary="Archive a product",
        description=(
            "Takes the product out of sale. It stays readable, sessions that exist still sell it, and a PATCH with "
            "`archived` false brings it back. Archiving an archived product changes nothing."
        ),
        answers={204: "The product is archived. There is no body."},
        parameters=(_PRODUCT,),
    ),
}

_ONE_SESSION: dict[str, Any] = {
    "response": CheckoutSessionSerializer,
    "response_examples": {"An open session": SESSION},
}
_NOT_OPEN: dict[str, Any] = {
    "conflicts": (SessionNotOpen,),
    "conflict": SessionConflictSerializer,
    "conflict_example": {"checkout_session_id": _SESSION_ID, "status": "complete"},
}

SESSIONS = {
    "list": Operation(
        id="list_checkout_sessions",
        summary="List checkout sessions",
        description="The organization's checkout sessions, page by page, narrowed by the filters, which must all fit.",
        answers={200: "A page of checkout sessions."},
        response=CheckoutSessionSerializer,
        response_examples=_page_of(_COMPLETE),
        parameters=(
            *CREATED_PARAMETERS,
            *_OF_CUSTOMER,
            Parameter(
                name="status",
                description="Those that are in this status now. A session past its time is expired at once.",
                schema={"type": "string", "enum": CheckoutSession.Status.values},
                codes=("invalid_choice",),
            ),
        ),
    ),
    "create": Operation(
        id="create_checkout_session",
        summary="Create a checkout session",
        description=(
            "Starts a sale: send the buyer to the `url` of the answer. Say who buys by your own ID, whether or not "
            "such a customer exists: at completion the session goes to whoever holds the ID, or to a new customer who "
            "gets it. An e-mail address never decides that. Without any ID, the completed session makes a new customer "
            "without one.\n\n"
            "Items are products, or have a price of their own (`price_data`); all are in one currency. They are "
            "copied: a later change of a product changes no session."
        ),
        answers={201: "The checkout session was created."},
        request=CheckoutSessionWriteSerializer,
        request_examples={
            "By your own ID": {
                "customer_external_id": "cust_123",
                "items": [
                    {
                        "price_data": {"name": "Box", "unit_amount": 1500, "currency": "usd"},
                        "quantity": 2,
                    }
                ],
            },
            "A product, with addresses to go on to": {
                "external_customer_id": "cust_123",
                "items": [{"product_id": _PRODUCT_ID, "quantity": 1}],
                "customer_email": "billing@acme.com",
                "success_url": "https://shop.example.com/thanks?session={CHECKOUT_SESSION_ID}",
                "cancel_url": "https://shop.example.com/cart",
                "expires_in": 3600,
                "metadata": {"cart": "c-77"},
            },
        },
        response=CheckoutSessionSerializer,
        response_examples={"The new session": SESSION},
        codes=(
            *("amount_too_large", "customers_disagree", "does_not_exist"),
            *("mixed_currencies", "product_archived"),
        ),
    ),
    "retrieve": Operation(
        id="get_checkout_session",
        summary="Get a checkout session",
        description="One checkout session, with the link to its page.",
        answers={200: "The checkout session."},
        parameters=(_SESSION,),
        response=CheckoutSessionSerializer,
        response_examples={"An open session": SESSION, "A paid session": _COMPLETE},
    ),
    "partial_update": Operation(
        id="update_checkout_session",
        summary="Change an open checkout session",
        description=(
            "Changes the fields that the body names and leaves the others as they are; `null` empties a field, and "
            "either metadata is laid over what is stored. What is sold, and to whom, stays as it was created."
        ),
        answers={200: "The checkout session, changed."},
        request=CheckoutSessionPatchSerializer,
        request_examples={
            "Another address": {"customer_email": "new@acme.com"},
            "Metadata set and removed": {"metadata": {"cart": "c-78", "coupon": None}},
        },
        parameters=(_SESSION,),
        codes=("too_many_keys",),
        **_NOT_OPEN,
        **_ONE_SESSION,
    ),
    "expire": Operation(
        id="expire_checkout_session",
        summary="Expire a checkout session",
        description="Ends an open session before its time, so that it can't be paid any more. There is no way back.",
        answers={200: "The checkout session, expired."},
        request=ExpireSerializer,
        body_required=False,
        parameters=(_SESSION,),
        response=CheckoutSessionSerializer,
        response_examples={"The expired session": {**SESSION, "status": "expired"}},
        **_NOT_OPEN,
    ),
}

ORDERS = {
    "list": Operation(
        id="list_orders",
        summary="List orders",
        description="What was bought from the organization, page by page, narrowed by the filters, which must all fit.",
        answers={200: "A page of orders."},
        response=OrderSerializer,
        response_examples=_page_of(ORDER),
        parameters=(*CREATED_PARAMETERS, *_OF_CUSTOMER),
    ),
    "retrieve": Operation(
        id="get_order",
        summary="Get an order",
        description="One order: who bought what, for how much, as it was then.",
        answers={200: "The order."},
        parameters=(_ORDER,),
        response=OrderSerializer,
        response_examples={"An order": ORDER},
    ),
}
