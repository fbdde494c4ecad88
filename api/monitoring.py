"""What is counted about requests: by method, route template and status, never by path, which has no end of values."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter, Histogram

_REQUESTS = Counter("polar_customers_http_requests", "Requests answered.", ["method", "route", "status"])
_SECONDS = Histogram(
    "polar_customers_http_request_duration_seconds",
    "Time from a request's arrival in Django to its answer's first byte.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=2048)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(method, route, status), _SECONDS.labels(method, route)


def observe_request(*, method: str, route: str, status: int, seconds: float) -> None:
    requests, duration = _children(method if method in _METHODS else "other", route, status)
    requests.inc()
    duration.observe(seconds)
