"""The only writers of organizations, memberships and tokens."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations import tokens
from organizations.models import AccessToken, Membership, Organization, User
from organizations.scopes import ALL_SCOPES
from organizations.time_zones import DEFAULT


def create_organization(*, slug: str, name: str, time_zone: str = DEFAULT) -> Organization:
    """Raises ValidationError when the slug is taken or ill-formed, the name is empty, or the time zone unknown."""
    organization = Organization(slug=slug, name=name, time_zone=time_zone)
    organization.full_clean()
    organization.save(force_insert=True)
    return organization


def update_organization(*, organization: Organization, name: str, time_zone: str) -> Organization:
    """Raises ValidationError for an empty or too long name, and an unknown time zone."""
    organization.name = name
    organization.time_zone = time_zone
    organization.full_clean()
    organization.save(update_fields=["name", "time_zone", "modified_at"])
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


def create_user(*, email: str, password: str | None = None, **fields: Any) -> tuple[User, str | None]:
    """Somebody who logs in with `email`. Without a `password` they get a one-time password, which is returned: it is
    stored nowhere, and they choose another when they first log in.

    Raises ValidationError for a bad address, and for one that somebody uses already.
    """
    made = None if password else _one_time_password()
    user = User.objects.create_user(email, password or made, must_change_password=made is not None, **fields)
    return user, made


def update_user(*, user: User, **fields: Any) -> User:
    """The user with these fields changed. Raises ValidationError, as `create_user` does."""
    for name, value in fields.items():
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    user.save(update_fields=list(fields))
    return user


def give_one_time_password(*, user: User) -> str:
    """A new password in place of the one that `user` has, good until they log in and choose their own."""
    made = _one_time_password()
    user.set_password(made)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    return made


@transaction.atomic
def create_staff_user(*, email: str, organization: Organization, role: str) -> tuple[Membership, str | None]:
    """Lets `email` into `organization`. A new person gets a one-time password, which is returned; someone who has
    a login already keeps theirs (None), and is only added.

    Raises ValidationError for a bad address or role, and for someone who is in the organization already.
    """
    one_time_password: str | None = None
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user, one_time_password = create_user(email=email)
    membership = Membership(organization=organization, user=user, role=role)
    membership.full_clean()
    membership.save(force_insert=True)
    return membership, one_time_password


def change_role(*, membership: Membership, role: str) -> Membership:
    """Raises ValidationError for a role that there isn't."""
    membership.role = role
    membership.full_clean()
    membership.save(update_fields=["role"])
    return membership


def _one_time_password() -> str:
    return secrets.token_urlsafe(12)


def change_password(*, user: User, password: str) -> User:
    """Gives `user` a password of their own choice, which ends every session that was begun with the one before.

    Raises ValidationError when it is too easily guessed.
    """
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    return user
