"""What answers where no view does: the API's envelope for programs, a page for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from api.errors import error_response, wants_envelope


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "bad_request", "This request can't be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "permission_denied", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(
        request, 500, "error", "Something went wrong on our side, and was noted.", kind="server_error"
    )


def _answer(
    request: HttpRequest, status: int, code: str, detail: str, *, kind: str = "client_error"
) -> HttpResponse:
    if wants_envelope(request):
        return error_response(status, code, detail, kind=kind)
    page = render_to_string("error.html", {"status": status, "detail": detail})
    return HttpResponse(page, status=status)
