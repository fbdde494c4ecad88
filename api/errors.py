"""One envelope for every error, on every route that isn't a page.

`{"type", "errors": [{"code", "detail", "attr"}], "request_id"}`, and `conflict` beside them where a 409 has something
to go on with. The shape, but for the last two, is drf-standardized-errors'.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler as StandardExceptionHandler
from rest_framework import exceptions, status
from rest_framework.fields import get_error_detail
from structlog.contextvars import bind_contextvars, get_contextvars

from api.conflicts import Conflict, ConflictError, conflict_in
from api.renderers import render

_MAX_ATTR_LENGTH = 500


class ConflictAnswer(exceptions.APIException):
    """409: `code` says which rule stands against it, `conflict` what is needed to go on."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, error: ConflictError) -> None:
        super().__init__(error.text, error.code)
        self.attr = error.field
        self.conflict: Conflict = error.conflict


class ServiceUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "service_unavailable"
    default_detail = "The database can't be reached at the moment. Try again."
    wait = 1


class ExceptionHandler(StandardExceptionHandler):  # type: ignore[misc]
    """Turns what our own layers raise into the API's answers."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, ConflictError):
            bind_contextvars(**exc.conflict)
            return ConflictAnswer(exc)
        if isinstance(exc, DjangoValidationError):
            conflict = conflict_in(exc) if hasattr(exc, "error_dict") else None
            if conflict:
                return self.convert_known_exceptions(conflict)
            return exceptions.ValidationError(get_error_detail(exc))
        if isinstance(exc, OperationalError | InterfaceError):
            return ServiceUnavailable()
        if isinstance(exc, SuspiciousOperation) and not isinstance(exc, RequestDataTooBig):
            return exceptions.ParseError("This request can't be read as HTTP intends it.", code="bad_request")
        known: Exception = super().convert_known_exceptions(exc)
        if isinstance(known, exceptions.NotFound) and known.detail == exceptions.NotFound.default_detail:
            return exceptions.NotFound("There is nothing of this ID in the access token's organization.")
        return known


class EnvelopeFormatter(ExceptionFormatter):  # type: ignore[misc]
    def format_error_response(self, error_response: Any) -> dict[str, Any]:
        errors = [
            {
                "code": error.code,
                "detail": error.detail,
                "attr": _shortened(error.attr or getattr(self.exc, "attr", None)),
            }
            for error in error_response.errors
        ]
        return envelope(
            error_response.type.value if hasattr(error_response.type, "value") else error_response.type,
            errors,
            conflict=getattr(self.exc, "conflict", None),
        )


def _shortened(attr: str | None) -> str | None:
    """`attr` may repeat a name from the request, which has no limit but the body's."""
    return attr if attr is None or len(attr) <= _MAX_ATTR_LENGTH else f"{attr[:_MAX_ATTR_LENGTH]}…"


def envelope(
    kind: str, errors: list[dict[str, str | None]], *, conflict: Conflict | None = None
) -> dict[str, Any]:
    """The body of an error's answer."""
    body: dict[str, Any] = {"type": kind, "errors": errors}
    if conflict is not None:
        body["conflict"] = conflict
    body["request_id"] = get_contextvars().get("request_id")
    return body


def error_response(
    status_code: int, code: str, detail: str, *, kind: str = "client_error", attr: str | None = None
) -> HttpResponse:
    """The envelope from outside a view: a middleware, or Django's own handlers."""
    body = envelope(kind, [{"code": code, "detail": detail, "attr": attr}])
    return HttpResponse(render(body), status=status_code, content_type="application/json")


def wants_envelope(request: HttpRequest) -> bool:
    """Whether the path belongs to programs, who get JSON, and not to people, who get a page."""
    return (
        request.path_info.startswith(("/v1/", "/healthz", "/readyz", "/metrics"))
        or request.path_info == "/v1"
    )
