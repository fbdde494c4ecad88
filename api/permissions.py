"""What a token may do: its scopes, said once per resource by the viewset."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class MissingScope(exceptions.PermissionDenied):
    default_code = "missing_scope"


class HasScope(BasePermission):
    """Reading takes the view's `read_scope`, everything else its `write_scope`. A view without them opens to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            raise exceptions.NotAuthenticated("Send the access token as “Authorization: Bearer <token>”.")
        scope: str | None = getattr(
            view, "read_scope" if request.method in ("GET", "HEAD") else "write_scope", None
        )
        if scope is None or scope not in request.auth.scopes:  # type: ignore[union-attr]
            raise MissingScope(f"This access token lacks the scope {scope}. Use one that has it.")
        return True
