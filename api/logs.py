"""Logs: one JSON object a line on standard error (readable lines with DEBUG), ours and the libraries' alike."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

# The secret that opens a checkout session's page, which stands in the page's address.
_PAGE_SECRET = re.compile(r"\bcs_[A-Za-z0-9_-]{54}(?![A-Za-z0-9_-])")

# What PostgreSQL adds to the reason of a refusal: the whole row, or the line that was being copied.
_ROWS_OF_A_REFUSAL = re.compile(
    r"^(?:DETAIL|CONTEXT):.*?(?=\n\n(?:The above exception|During handling)|\Z)", re.DOTALL | re.MULTILINE
)


def _without_rows(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if isinstance(trace := event.get("exception"), str):
        event["exception"] = _ROWS_OF_A_REFUSAL.sub("(The database's detail is left out.)", trace)
    return event


def _without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str) and "cs_" in value:
            event[name] = _PAGE_SECRET.sub("cs_…", value)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _without_rows,
    _without_secrets,
]


def _to_bytes(event: Any, **options: Any) -> bytes:
    try:
        return orjson.dumps(event, default=str)
    except TypeError:  # for text and numbers that orjson can't write, which a request may have brought
        return json.dumps(event, default=str).encode()


def configure(*, debug: bool, level: str) -> dict[str, Any]:
    """Sets structlog up and returns Django's LOGGING for the same format."""
    renderer: Any
    if debug:
        renderer = structlog.dev.ConsoleRenderer()
        factory: Any = structlog.PrintLoggerFactory(sys.stderr)
    else:
        renderer = structlog.processors.JSONRenderer(_to_bytes)
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[*_SHARED, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_SHARED],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.dev.ConsoleRenderer()
                    if debug
                    else structlog.processors.JSONRenderer(lambda event, **_: _to_bytes(event).decode()),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            # The request's own line says the status; these would say it again. What failed says more than that.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # The task's own line says how it ended, and the worker's that the database is away; what stopped the
            # worker otherwise is said by its child.
            "procrastinate.worker": {"level": "CRITICAL"},
            "procrastinate.worker.worker": {"level": "ERROR"},
            "psycopg.pool": {"level": "ERROR"},
        },
    }
