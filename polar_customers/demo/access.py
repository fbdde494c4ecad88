"""Who may log in to the demo, and its access token."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from customers.links import api_url, curl
from customers.models import Customer
from organizations.models import AccessToken, Membership, Organization, User
from organizations.services import create_token, revoke_token
from polar_customers.demo.businesses import NORTHWIND
from polar_customers.kept_secrets import kept_secret

TOKEN_NAME = "Demo"  # noqa: S105
_PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  without those that look alike


@dataclass(frozen=True)
class Login:
    title: str
    email: str
    name: str
    role: Membership.Role | None
    """What they are in every organization of the demo; None for support, who are in none and use the admin."""


LOGINS = (
    Login("Owner", "owner@northwind.example", "Olivia Northwood", Membership.Role.OWNER),
    Login("Viewer", "viewer@northwind.example", "Victor Hale", Membership.Role.VIEWER),
    Login("Support", "support@demo.example", "Sam Support", None),
)


def demo_password() -> str:
    """The password that the demo's people are given: random, made once, and kept in DATA_DIR."""
    return kept_secret(settings.DATA_DIR / "demo_password", _new_password)


def create_logins(organizations: Iterable[Organization]) -> None:
    """The people of the demo; whoever has one of the addresses already keeps their password."""
    password = demo_password()
    people = {login: _person(login, password) for login in LOGINS}
    for organization in organizations:
        for login, person in people.items():
            if login.role is not None:
                membership = Membership(organization=organization, user=person, role=login.role)
                membership.full_clean()
                membership.save(force_insert=True)


def issue_token(organization: Organization) -> str:
    """The secret of a new demo token of the organization. The one before opens nothing from now on."""
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        earlier = AccessToken.objects.for_organization(organization).usable()
        for token in earlier.filter(name=TOKEN_NAME, created_by=None):
            revoke_token(token=token)
        _, secret = create_token(organization=organization, name=TOKEN_NAME)
    return secret


def login_facts() -> str:
    """Who may log in, and with which password, in lines for a terminal."""
    password = demo_password()
    lines = []
    for login in LOGINS:
        person = User.objects.filter(email__iexact=login.email, is_active=True).first()
        if person is not None:
            remark = "  for the admin" if login.role is None else ""
            if not person.check_password(password):
                remark = f"  has another password; manage.py changepassword {login.email}"
            lines.append(_line(login.title, login.email + remark))
    lines.append(_line("Password", password))
    return "\n".join(lines)


def banner_facts(base_url: str) -> str:
    """What a newcomer needs to try the running demo: logins, a fresh token, and a `curl` that works when pasted."""
    organization = Organization.objects.get(slug=NORTHWIND.slug)
    token = issue_token(organization)
    return "\n".join(
        [
            login_facts(),
            _line("API token", token),
            "",
            f"  {curl(_example_url(base_url, organization), token)}",
        ]
    )


def _example_url(base_url: str, organization: Organization) -> str:
    """The address of the first customer who has an external ID, or else of the list."""
    known = Customer.objects.for_organization(organization).live().filter(external_customer_id__isnull=False)
    own_id = known.order_by("created_at", "id").values_list("external_customer_id", flat=True).first()
    return base_url + reverse("customers") if own_id is None else api_url(base_url, own_id)


def _person(login: Login, password: str) -> User:
    person = User.objects.filter(email__iexact=login.email).first()
    if person is not None:
        return person
    if login.role is None:
        return User.objects.create_superuser(login.email, password, name=login.name)
    return User.objects.create_user(login.email, password, name=login.name)


def _line(title: str, text: str) -> str:
    return f"  {title:<10} {text}"


def _new_password() -> str:
    """Four groups of four, 79 bits: long enough against guessing, and fit to be typed from another screen."""
    letters = (secrets.choice(_PASSWORD_ALPHABET) for _ in range(16))
    return "-".join("".join(group) for group in zip(*[letters] * 4, strict=True))
