"""Requests as the web server hands them over, and what Django by itself would get wrong about them."""

from __future__ import annotations

import io
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest


class Request(WSGIRequest):
    """A request that knows whether its path was UTF-8 (Django escapes what isn't, and no longer says so), and whose
    query is UTF-8 even where its Content-Type names another charset, which is about the body alone."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.path_is_utf8 = _is_utf8(environ.get("PATH_INFO", ""))
        super().__init__(environ)
        self._encoding = None


class Handler(WSGIHandler):
    """The product, for a web server to call."""

    request_class = Request


def measure_body(request: HttpRequest, limit: int) -> None:
    """Gives a body that came in chunks, so without its length, the CONTENT_LENGTH that everything behind this goes
    by. Reads no further than one byte past `limit`, which is enough to see that it is too large.

    Whoever calls this decides that the caller's body is worth waiting for: it comes after the token was checked.
    """
    if request.META.get("CONTENT_LENGTH") or not is_chunked(request):
        return
    body = request.META["wsgi.input"].read(limit + 1)
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = io.BytesIO(body)


def is_chunked(request: HttpRequest) -> bool:
    return "chunked" in str(request.META.get("HTTP_TRANSFER_ENCODING", "")).lower()


def _is_utf8(path: str) -> bool:
    """Whether a path, as WSGI has it (each byte a character), is UTF-8."""
    try:
        path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
