"""Logs: one JSON object a line on standard error (readable lines with DEBUG), ours and the libraries' alike."""

from __future__ import annotations

import sys
from typing import Any

import orjson
import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def _to_bytes(event: Any, **options: Any) -> bytes:
    return orjson.dumps(event, default=str)


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
