"""The API of checkout: what is sold, the sessions that sell it, and what was bought."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from api.prepared import PreparedLookup
from api.viewsets import LIST_PARAMETERS, OrganizationViewSet
from checkout.api.reference import ORDERS, PRODUCTS, SESSIONS
from checkout.api.serializers import (
    CheckoutSessionPatchSerializer,
    CheckoutSessionSerializer,
    CheckoutSessionWriteSerializer,
    ExpireSerializer,
    OrderSerializer,
    ProductPatchSerializer,
    ProductSerializer,
    ProductWriteSerializer,
)
from checkout.filters import (
    ORDER_ORDERINGS,
    PRODUCT_ORDERINGS,
    SESSION_ORDERINGS,
    CheckoutSessionFilter,
    OrderFilter,
    ProductFilter,
    parameters_of,
)
from checkout.log_names import names_of_order, names_of_session
from checkout.models import CheckoutSession, Order, Product
from checkout.services.creation import create_session, update_session
from checkout.services.moves import expire_session
from checkout.services.products import create_product, update_product
from customers.links import base_of
from organizations.ids import parse_id
from organizations.models import Organization
from organizations.scopes import Scope

_M = TypeVar("_M", bound=Model)


def _by_id(build: Callable[..., QuerySet[_M]]) -> Callable[[Organization, str], _M]:
    """How the path's ID becomes the organization's row: one look-up, which raises NotFound, the same for what isn't
    there, isn't theirs or is no ID."""
    lookup = PreparedLookup(build, uuid.UUID(int=1), uuid.UUID(int=2))

    def find(organization: Organization, text: str) -> _M:
        identity = parse_id(text)
        found = None if identity is None else lookup.get(organization.id, identity)
        if found is None:
            raise exceptions.NotFound
        return found

    return find


_product = _by_id(lambda organization, id: Product.objects.for_organization(organization).filter(id=id))
_session = _by_id(
    lambda organization, id: CheckoutSession.objects.for_organization(organization).filter(id=id)
)
_order = _by_id(lambda organization, id: Order.objects.for_organization(organization).filter(id=id))


class ProductViewSet(OrganizationViewSet):
    """`/v1/products` and `/v1/products/{product_id}`."""

    model = Product
    read_scope = Scope.PRODUCTS_READ
    write_scope = Scope.PRODUCTS_WRITE
    serializer_class = ProductSerializer
    tag = "Products"
    operations = PRODUCTS
    orderings = PRODUCT_ORDERINGS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        "list": (*parameters_of(ProductFilter), *LIST_PARAMETERS)
    }

    def list(self, request: Request) -> Response:
        narrowed = ProductFilter(request.query_params, self.get_queryset(), self.organization)
        page = self.paginate_queryset(narrowed.checked().qs)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        product = create_product(organization=self.organization, **self.body(ProductWriteSerializer))
        path = reverse("product", kwargs={"product_id": product.id})
        return self.answer(product, status.HTTP_201_CREATED, {"Location": request.build_absolute_uri(path)})

    def retrieve(self, request: Request, *, product_id: str) -> Response:
        return self.answer(self.find(product_id))

    def partial_update(self, request: Request, *, product_id: str) -> Response:
        product = self.find(product_id)
        return self.answer(update_product(product=product, **self.body(ProductPatchSerializer)))

    def destroy(self, request: Request, *, product_id: str) -> Response:
        update_product(product=self.find(product_id), archived=True)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def find(self, product_id: str) -> Product:
        product = _product(self.organization, product_id)
        bind_contextvars(product_id=str(product.id))
        return product

    def answer(
        self, product: Product, code: int = status.HTTP_200_OK, headers: dict[str, str] | None = None
    ) -> Response:
        bind_contextvars(product_id=str(product.id))
        return Response(self.get_serializer(product).data, status=code, headers=headers)


class CheckoutSessionViewSet(OrganizationViewSet):
    """`/v1/checkout_sessions`, `/v1/checkout_sessions/{checkout_session_id}` and its `/expire`."""

    model = CheckoutSession
    read_scope = Scope.CHECKOUT_SESSIONS_READ
    write_scope = Scope.CHECKOUT_SESSIONS_WRITE
    serializer_class = CheckoutSessionSerializer
    tag = "Checkout sessions"
    operations = SESSIONS
    orderings = SESSION_ORDERINGS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        "list": (*parameters_of(CheckoutSessionFilter), *LIST_PARAMETERS)
    }

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "base": base_of(self.request)}

    def list(self, request: Request) -> Response:
        narrowed = CheckoutSessionFilter(request.query_params, self.get_queryset(), self.organization)
        page = self.paginate_queryset(narrowed.checked().qs.with_items())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        fields = self.body(CheckoutSessionWriteSerializer)
        named = {name: fields.get(name) for name in ("customer_id", "external_customer_id")}
        bind_contextvars(**{name: str(value) for name, value in named.items() if value is not None})
        session = create_session(organization=self.organization, **fields)
        path = reverse("checkout-session", kwargs={"checkout_session_id": session.id})
        return self.answer(session, status.HTTP_201_CREATED, {"Location": request.build_absolute_uri(path)})

    def retrieve(self, request: Request, *, checkout_session_id: str) -> Response:
        return self.answer(self.find(checkout_session_id))

    def partial_update(self, request: Request, *, checkout_session_id: str) -> Response:
        session = self.find(checkout_session_id)
        return self.answer(update_session(session=session, **self.body(CheckoutSessionPatchSerializer)))

    def expire(self, request: Request, *, checkout_session_id: str) -> Response:
        session = self.find(checkout_session_id)
        if request.stream is not None:
            self.body(ExpireSerializer)
        return self.answer(expire_session(session=session))

    def find(self, checkout_session_id: str) -> CheckoutSession:
        session = _session(self.organization, checkout_session_id)
        note_session(session)
        return session

    def answer(
        self, session: CheckoutSession, code: int = status.HTTP_200_OK, headers: dict[str, str] | None = None
    ) -> Response:
        note_session(session)
        return Response(self.get_serializer(session).data, status=code, headers=headers)


class OrderViewSet(OrganizationViewSet):
    """`/v1/orders` and `/v1/orders/{order_id}`. Orders are only read; a session makes them."""

    model = Order
    read_scope = Scope.ORDERS_READ
    write_scope = Scope.ORDERS_READ  # nothing is written, which every other method is told with 405
    serializer_class = OrderSerializer
    tag = "Orders"
    operations = ORDERS
    orderings = ORDER_ORDERINGS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        "list": (*parameters_of(OrderFilter), *LIST_PARAMETERS)
    }

    def list(self, request: Request) -> Response:
        narrowed = OrderFilter(request.query_params, self.get_queryset(), self.organization)
        page = self.paginate_queryset(narrowed.checked().qs.with_items())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *, order_id: str) -> Response:
        order = _order(self.organization, order_id)
        bind_contextvars(**names_of_order(order))
        return Response(self.get_serializer(order).data)


def note_session(session: CheckoutSession) -> None:
    """Has the request's log line name the session, and its customer by both IDs."""
    bind_contextvars(**names_of_session(session))
