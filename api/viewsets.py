"""The base of every resource's viewset: it is scoped to the token's organization, and there is no way round that."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Model, QuerySet
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from api.parsers import body_limit
from api.query import check_query
from api.reference import Operation
from api.shaped import Shaped, Source
from api.wsgi import measure_body
from organizations.models import Organization

LIST_PARAMETERS = ("limit", "cursor", "ordering")


class OrganizationViewSet(GenericViewSet[Any]):
    """A subclass says `model`, `read_scope`, `write_scope`, `query_parameters` (by action) and, for the reference,
    `tag` and `operations`. It gets rows of the caller's organization from `get_queryset`, which it can narrow in
    `narrow` but can't replace."""

    model: ClassVar[type[Model]]
    read_scope: ClassVar[str]
    write_scope: ClassVar[str]
    tag: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {}
    repeatable_parameters: ClassVar[tuple[str, ...]] = ()

    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "put", "patch", "delete"]  # type: ignore[misc]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("get_queryset", "get_shaped", "queryset", "initial"):
            if name in cls.__dict__:
                raise TypeError(
                    f"{cls.__name__} must not define {name}: it would undo the scope of the organization."
                )
        for name in ("model", "read_scope", "write_scope"):
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} must say its {name}.")

    # Parsers, authentication and permissions hold no state, so that requests share them.

    def get_parsers(self) -> list[BaseParser]:
        return _shared(tuple(self.parser_classes))

    def get_authenticators(self) -> list[BaseAuthentication]:
        return _shared(tuple(self.authentication_classes))

    def get_permissions(self) -> list[Any]:
        return _shared(tuple(self.permission_classes))

    def get_throttles(self) -> list[BaseThrottle]:
        return super().get_throttles() if settings.RATE_LIMITS else []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None:
            return  # a method that isn't served, which is said next
        check_query(
            request.query_params,
            known=self.query_parameters.get(self.action, ()),
            repeatable=self.repeatable_parameters,
        )
        measure_body(request._request, body_limit(self))

    @property
    def organization(self) -> Organization:
        """The organization whose token the request came with."""
        token = self.request.auth
        if token is None:
            raise exceptions.NotAuthenticated
        organization: Organization = token.organization  # type: ignore[union-attr]
        return organization

    def get_queryset(self) -> QuerySet[Any]:
        return self.narrow(self.model._default_manager.filter(organization=self.organization))

    def get_shaped(self) -> Shaped[Any]:
        """What `get_queryset` gives, by its shape."""
        return Shaped(
            self.model,
            type(self),
            (self.organization.id,),
            lambda organization: self.narrow(self.model._default_manager.filter(organization=organization)),
        )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """`queryset` without the rows that this resource never shows, whoever asks."""
        return queryset

    def paginate(self, rows: Source[Any]) -> list[Any]:
        """The page of `rows` that the query asks for. Raises ValidationError by parameter."""
        return self.paginate_queryset(rows) or []  # type: ignore[arg-type]  # ours walks both

    def body(self, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """The request's body, checked. Raises ValidationError by field, and ParseError when there is none: a body that
        got lost on its way must not become a customer of nothing, or empty one."""
        data = self.request.data
        if self.request.stream is None:
            raise exceptions.ParseError("The body is empty. Send a JSON object, {} for one without fields.")
        return dict(_reader(serializer_class).run_validation(data))


@cache
def _reader(serializer_class: type[Serializer[Any]]) -> Serializer[Any]:
    """For all requests: what it reads it doesn't keep, and a serializer of its own for each would copy every field."""
    return serializer_class()


@cache
def _shared(classes: tuple[type[Any], ...]) -> list[Any]:
    return [made() for made in classes]
