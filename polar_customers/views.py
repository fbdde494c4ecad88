"""What answers where no view does: the API's envelope for programs, a page for people."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars

from api.errors import error_response, wants_envelope
from organizations.staff import RoleRequired

HEADINGS = {
    400: "This request can’t be read",
    403: "You may not do this",
    404: "There is nothing here",
    500: "Something went wrong on our side",
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = "Something in the address or in what was sent isn’t as it should be."
    return _answer(request, 400, "bad_request", detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = str(exception) if isinstance(exception, RoleRequired) else "You may not do this."
    return _answer(request, 403, "permission_denied", detail)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = "The address may be mistyped, or what was here may be gone or belong to another organization."
    return _answer(request, 404, "not_found", detail)


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "It was noted. Try again in a moment."
    return _answer(request, 500, "error", detail, kind="server_error")


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without the mark that shows it was ours: most often from before the last login or logout."""
    return _answer(
        request,
        403,
        "csrf_failed",
        "It was opened before you last logged in or out, or the browser keeps no cookies. Nothing was changed. "
        "Go back, reload the page and send it again.",
        heading="This form has expired",
    )


def _answer(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    *,
    kind: str = "client_error",
    heading: str | None = None,
) -> HttpResponse:
    if wants_envelope(request):
        return error_response(status, code, detail, kind=kind)
    context = {
        "product_name": settings.PRODUCT_NAME,
        "status": status,
        "heading": heading or HEADINGS[status],
        "detail": detail,
        "request_id": get_contextvars().get("request_id"),
    }
    # Once it is clear that the person belongs to an organization, the page keeps its frame. Not when something broke,
    # since that could be what the frame needs.
    in_frame = status < 500 and hasattr(request, "membership")
    template = "polar_customers/error_in_frame.html" if in_frame else "polar_customers/error.html"
    return HttpResponse(render_to_string(template, context, request if in_frame else None), status=status)
