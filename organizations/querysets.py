"""The vocabulary of organizations, memberships and tokens."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from organizations.models import AccessToken, Membership, Organization, User  # noqa: F401


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def for_user(self, user: User) -> OrganizationQuerySet:
        """The organizations whose staff `user` belongs to."""
        return self.filter(memberships__user=user)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def for_user(self, user: User) -> MembershipQuerySet:
        return self.filter(user=user).select_related("organization").order_by("organization__name", "id")


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def for_organization(self, organization: Organization) -> AccessTokenQuerySet:
        return self.filter(organization=organization)

    def usable(self, at: datetime.datetime | None = None) -> AccessTokenQuerySet:
        """Neither revoked nor expired at `at` (now, unless told)."""
        moment = at or timezone.now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=moment), revoked_at__isnull=True)

    def touch(self, token_id: uuid.UUID, *, at: datetime.datetime, at_most_every: datetime.timedelta) -> None:
        """Note that the token was used, unless that was noted less than `at_most_every` ago."""
        self.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - at_most_every), id=token_id
        ).update(last_used_at=at)
