"""`Authorization: Bearer <token>`: the only way into the API."""

from __future__ import annotations

import datetime
from typing import Any

import pghistory
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from api.prepared import PreparedLookup
from organizations import tokens
from organizations.models import AccessToken

LAST_USED_GRANULARITY = datetime.timedelta(minutes=1)
_SAMPLE_HASH = b"\x00" * 32

_token_by_hash = PreparedLookup(
    lambda token_hash: AccessToken.objects.select_related("organization").filter(token_hash=token_hash),
    _SAMPLE_HASH,
)


class BearerAuthentication(BaseAuthentication):
    """Sets `request.auth` (and `request.user`) to the AccessToken, its organization loaded. One query, and once a
    minute a second that notes the use."""

    def authenticate(self, request: Request) -> tuple[AccessToken, AccessToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise exceptions.AuthenticationFailed(
                "Send the access token as “Authorization: Bearer <token>”.",
                code="invalid_authorization_header",
            )
        token = self._find(secret.strip(" "))
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at >= LAST_USED_GRANULARITY:
            AccessToken.objects.touch(token.id, at=now, at_most_every=LAST_USED_GRANULARITY)
        bind_contextvars(organization=str(token.organization_id), token=str(token.id))
        if request.method not in ("GET", "HEAD"):
            pghistory.context(token=str(token.id))
        return token, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def _find(self, secret: str) -> AccessToken:
        token = _token_by_hash.get(tokens.digest(secret)) if tokens.is_well_formed(secret) else None
        if token is None:
            raise exceptions.AuthenticationFailed(
                "This isn't an access token of ours, or it was mistyped.", code="invalid_token"
            )
        if token.is_revoked:
            raise exceptions.AuthenticationFailed("This access token was revoked.", code="token_revoked")
        if token.is_expired:
            raise exceptions.AuthenticationFailed("This access token has expired.", code="token_expired")
        return token


def organization_of(request: Request) -> Any:
    """The organization whose token the request came with."""
    return request.auth.organization  # type: ignore[union-attr]
