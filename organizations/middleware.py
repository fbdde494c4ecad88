"""What a person has to do before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

_OPEN = frozenset({"login", "logout", "password", "healthz", "readyz", "metrics"})


class PasswordChangeMiddleware:
    """Someone whose password was made for them changes it before they see any page. (Programs have tokens.)"""

    for_pages = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        # Only a browser has the cookie, so nothing is read from the session for programs.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        match = request.resolver_match
        if match is not None and match.view_name in _OPEN:
            return None
        # A browser that shows the API's reference sends the cookie along to routes that have no logins.
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and user.must_change_password:
            return redirect_to_login(request.get_full_path(), reverse("password"))
        return None
