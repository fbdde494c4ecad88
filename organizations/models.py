"""Who may see what: organizations, their staff and their tokens. The base layer, it knows nothing of customers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from organizations import time_zones
from organizations.ids import new_id
from organizations.querysets import AccessTokenQuerySet, MembershipQuerySet, OrganizationQuerySet
from organizations.scopes import Scope


class Organization(models.Model):
    """A business that uses the product. The border that nothing crosses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z",
                "A slug is lower-case letters a–z, digits and inner hyphens.",
            )
        ],
        help_text="Names the organization in URLs and on the command line: lower-case letters, digits, hyphens.",
    )
    name = models.CharField(max_length=256)
    time_zone = models.CharField(
        max_length=time_zones.MAX_LENGTH,
        default=time_zones.DEFAULT,
        db_default=time_zones.DEFAULT,
        validators=[time_zones.check_time_zone],
        help_text="Whose calendar and clocks the figures go by unless another is asked for, such as Europe/Berlin.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Organization]] = OrganizationQuerySet.as_manager()

    class Meta:
        db_table = "organizations"
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who logs in with `email` (any letter case) and `password`."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A support user: may use the admin, for every organization."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: staff of organizations through memberships, support through `is_staff`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("e-mail address")
    name = models.CharField(max_length=256, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Unset this instead of deleting a person: what they did keeps its author."
    )
    is_staff = models.BooleanField("support", default=False, help_text="May use this administration site.")
    must_change_password = models.BooleanField(
        default=False, help_text="The password was made for them and is good for one login."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "users"
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="users_email_unique",
                violation_error_message="Somebody uses this address already.",
            ),
        )

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """What a user may do in an organization."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MEMBER = "member", "Member"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[Membership]] = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "memberships"
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "user"),
                name="memberships_organization_user_unique",
                violation_error_message="This person is in the organization already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.get_role_display()}"

    def has_role(self, least: Membership.Role) -> bool:
        """Whether the role is `least` or one that may do more."""
        rising = (self.Role.VIEWER, self.Role.MEMBER, self.Role.OWNER)
        return self.role in rising[rising.index(least) :]

    @property
    def may_write(self) -> bool:
        return self.has_role(self.Role.MEMBER)

    @property
    def may_manage(self) -> bool:
        """Tokens, staff and what was deleted are the owners' business."""
        return self.has_role(self.Role.OWNER)


class AccessToken(models.Model):
    """What an integrator's program authenticates with. The secret itself is nowhere stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="access_tokens")
    name = models.CharField(max_length=128)
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(
        max_length=16,
        editable=False,
        help_text="The token's beginning and end, enough to tell it from others.",
    )
    scopes = ArrayField(models.CharField(max_length=64, choices=Scope.choices))
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[AccessTokenQuerySet] = AccessTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "access_tokens"
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "id"), name="access_tokens_organization_id_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_usable(self) -> bool:
        return not (self.is_revoked or self.is_expired)
