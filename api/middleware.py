"""What surrounds every request, pages included: its ID, its log line, its figures, and who is making changes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pghistory
import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

from api.errors import error_response
from api.monitoring import observe_request
from api.query import is_utf8
from organizations.ids import new_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked by machines that know the process by its address and not by its name.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

# Behind this, the rest of the path is an ID, whose last slash is its own.
_VERBATIM = "/external_id/"

# The next part of such a path is a secret, whole or mistyped, which no log may hold.
_PAGE_WITH_SECRET = re.compile(r"\A/checkout/[^/]+")

log = structlog.get_logger("request")


class RequestMiddleware:
    """Outermost. Gives the request its ID (the caller's own `X-Request-ID` where that is 1–128 letters, digits or
    `._:/+=@-`, a new one otherwise), refuses what isn't UTF-8 or is meant for another host, and writes one log line
    when the answer is there (a probe's good answer is for debugging alone)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self._answer(request)
        response.headers["X-Request-ID"] = request_id
        self._report(request, response, time.perf_counter() - started)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if not getattr(request, "path_is_utf8", True) or not is_utf8(request.META.get("QUERY_STRING", "")):
            return error_response(400, "invalid_utf8", "The path or the query isn't UTF-8, percent-encoded.")
        path = request.path_info
        if path not in PROBES and not _is_for_us(request):
            return error_response(400, "invalid_host", "The Host header names no host of this installation.")
        if path.startswith("/v1/") and path.endswith("/") and _VERBATIM not in path:
            request.path_info = path[:-1]
        if request.method in _SAFE_METHODS:
            return self.get_response(request)
        # The database writes these into the history of whatever changes during the request.
        with pghistory.context(request_id=_bound_request_id()):
            return self.get_response(request)

    def _report(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match is not None else "unmatched"
        method = request.method or ""
        observe_request(method=method, route=route, status=response.status_code, seconds=seconds)
        # what machines ask every few seconds is worth a line when the answer is bad
        is_routine = request.path_info in PROBES and response.status_code < 400
        (log.debug if is_routine else log.info)(
            "request",
            method=method,
            path=_PAGE_WITH_SECRET.sub("/checkout/…", request.path),
            route=route,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 2),
        )


class ActorMiddleware:
    """Behind authentication: what a logged-in person changes is theirs, in the history and in the logs. (A token's
    changes are noted where the token is checked.)"""

    for_pages = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in _SAFE_METHODS and not request.path_info.startswith("/v1/"):
            user = request.user
            if user.is_authenticated:
                pghistory.context(user=str(user.pk))
                bind_contextvars(user=str(user.pk))
        return self.get_response(request)


def _is_for_us(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _bound_request_id() -> str:
    return str(structlog.contextvars.get_contextvars()["request_id"])
