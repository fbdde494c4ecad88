"""Middleware for pages alone. The API's routes have no session, no messages and no document to protect, and each layer
that a request passes for nothing is time taken from every answer."""

from __future__ import annotations

from typing import Any

from axes import middleware as axes
from csp import middleware as csp
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from whitenoise import middleware as whitenoise

_API, _DOCS = "/v1/", "/v1/docs"


class PagesOnly:
    """Before a middleware class: lets the API's requests pass by it, and by all that follow it and are `for_pages` too,
    in one step."""

    for_pages = True

    def __init__(self, get_response: Any, *args: Any) -> None:
        super().__init__(get_response, *args)  # type: ignore[call-arg]
        # Django hands each middleware the next one wrapped in what makes answers of exceptions.
        following: Any
        while getattr(following := getattr(get_response, "__wrapped__", None), "for_pages", False):
            get_response = following.get_response
        self._beyond_pages = get_response

    def __call__(self, request: HttpRequest) -> Any:
        path = request.path_info
        if path.startswith(_API) and not path.startswith(_DOCS):
            return self._beyond_pages(request)
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


class AxesMiddleware(PagesOnly, axes.AxesMiddleware):  # type: ignore[misc]
    pass
