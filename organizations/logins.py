"""How a login is told from another when its failures are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def name_of_login(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The e-mail address that somebody tries to log in with, in one letter case: the login is the same in any."""
    sent = (credentials or {}).get("username")
    if sent is None and request is not None:
        sent = request.POST.get("username")
    return str(sent or "").casefold()
