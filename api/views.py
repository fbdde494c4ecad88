"""Whether the product is up and what it has done; and what answers where there is no view."""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.errors import error_response
from api.readiness import migrations_are_pending, worker_is_there

_migrations_are_applied = False

Function = Callable[[HttpRequest], HttpResponse]


def reading(view: Function) -> Function:
    """For what programs read and can't change: any other method gets 405 in the envelope."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request)
        refusal = error_response(405, "method_not_allowed", f"Method “{request.method}” not allowed.")
        refusal.headers["Allow"] = "GET, HEAD"
        return refusal

    return csrf_exempt(answer)


@reading
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@reading
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served: the database answers and every migration is applied. Otherwise 503. Without a
    background worker they are served, and what is to happen later waits."""
    checks = {"database": "ok", "migrations": "ok"}
    worker = "unknown"
    try:
        if _migrated():
            worker = "ok" if worker_is_there() else "absent"
        else:
            checks["migrations"] = "pending"
    except DatabaseError:
        checks = {"database": "unreachable", "migrations": "unknown"}
    ready = set(checks.values()) == {"ok"}
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": {**checks, "worker": worker}},
        status=200 if ready else 503,
    )


def _migrated() -> bool:
    """Whether all migrations are applied. Once they were, a process asks no more."""
    global _migrations_are_applied
    _migrations_are_applied = _migrations_are_applied or not migrations_are_pending()
    return _migrations_are_applied


@reading
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, over all web processes. With METRICS_TOKEN set, for its bearer only."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and not secrets.compare_digest(
        request.headers.get("Authorization", "").encode(), expected.encode()
    ):
        refusal = error_response(401, "not_authenticated", "Send METRICS_TOKEN as the bearer token.")
        refusal.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refusal
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
