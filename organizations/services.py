"""The only writers of organizations, memberships and tokens."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations import tokens
from organizations.models import AccessToken, Membership, Organization, User
from organizations.scopes import ALL_SCOPES


def create_organization(*, slug: str, name: str) -> Organization:
    """Raises ValidationError when the slug is taken or ill-formed, or the name is empty."""
    organization = Organization(slug=slug, name=name)
    organization.full_clean()
    organization.save(force_insert=True)
    return organization


def create_token(
    *,
    organization: Organization,
    name: str,
    scopes: Iterable[str] = ALL_SCOPES,
    expires_at: datetime.datetime | None = None,
    created_by: User | None = None,
) -> tuple[AccessToken, str]:
    """The stored token and its secret, which exists nowhere else: show it once.

    Raises ValidationError for an unknown scope, no scope, or an expiry that is past.
    """
    secret = tokens.generate()
    token = AccessToken(
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        token_hash=tokens.digest(secret),
        hint=f"{tokens.PREFIX}…{secret[-4:]}",
        expires_at=expires_at,
        created_by=created_by,
    )
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError(
            {"expires_at": ValidationError("The expiry must be in the future.", code="past")}
        )
    token.full_clean()
    token.save(force_insert=True)
    return token, secret


def revoke_token(*, token: AccessToken) -> AccessToken:
    """From now on the token opens nothing. Revoking a revoked token changes nothing."""
    if token.revoked_at is None:
        AccessToken.objects.filter(id=token.id, revoked_at__isnull=True).update(revoked_at=timezone.now())
        token.refresh_from_db(fields=["revoked_at"])
    return token


@transaction.atomic
def create_staff_user(*, email: str, organization: Organization, role: str) -> tuple[Membership, str | None]:
    """Lets `email` into `organization`. A new person gets a one-time password, which is returned; someone who has
    a login already keeps theirs (None), and is only added.

    Raises ValidationError for a bad address or role, and for someone who is in the organization already.
    """
    one_time_password: str | None = None
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        one_time_password = secrets.token_urlsafe(12)
        user = User.objects.create_user(email, one_time_password, must_change_password=True)
    membership = Membership(organization=organization, user=user, role=role)
    membership.full_clean()
    membership.save(force_insert=True)
    return membership, one_time_password


def change_password(*, user: User, password: str) -> User:
    """Gives `user` a password of their own choice, which ends every session that was begun with the one before.

    Raises ValidationError when it is too easily guessed.
    """
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    return user
