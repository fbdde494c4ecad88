"""People who work for an organization, for tests: `person(role, organization)`, and a browser that is theirs."""

from __future__ import annotations

from django.test import Client

from organizations.models import Membership, Organization, User
from organizations.tests.factories import MembershipFactory, UserFactory

PASSWORD = "correct horse battery staple"

OWNER = Membership.Role.OWNER
MEMBER = Membership.Role.MEMBER
VIEWER = Membership.Role.VIEWER


def person(role: Membership.Role | None = None, *organizations: Organization, **fields: object) -> User:
    """Someone with this role in each of the organizations."""
    user = UserFactory.create(password=PASSWORD, **fields)
    for organization in organizations:
        MembershipFactory.create(user=user, organization=organization, role=role)
    return user


def client_of(user: User | None) -> Client:
    """A browser in which this person is logged in; nobody is, for None."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
