"""Middleware for pages alone. The API's routes have no session, no messages and no document to protect, and each layer
that a request passes for nothing is time taken from every answer."""

from __future__ import annotations

from typing import Any

from csp import middleware as csp
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from whitenoise import middleware as whitenoise

_API, _DOCS = "/v1/", "/v1/docs"


class PagesOnly:
    """Before a middleware class: lets the API's requests pass by it."""

    def __call__(self, request: HttpRequest) -> Any:
        path = request.path_info
        if path.startswith(_API) and not path.startswith(_DOCS):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    pass


class CSPMiddleware(PagesOnly, csp.CSPMiddleware):
    pass


class WhiteNoiseMiddleware(PagesOnly, whitenoise.WhiteNoiseMiddleware):  # type: ignore[misc]
    pass
