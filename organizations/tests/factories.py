"""Organizations, people and tokens for tests, made by the services that make them in the product."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from organizations import services
from organizations.models import AccessToken, Membership, Organization, User


class OrganizationFactory(DjangoModelFactory[Organization]):
    class Meta:
        model = Organization

    slug = factory.Sequence(lambda number: f"organization-{number}")
    name = factory.Sequence(lambda number: f"Organization {number}")

    @classmethod
    def _create(cls, model_class: type[Organization], *args: Any, **fields: Any) -> Organization:
        return services.create_organization(**fields)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person-{number}@example.com")
    password = "correct horse battery staple"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return User.objects.create_user(**fields)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Membership.Role.MEMBER


def make_token(organization: Organization, **options: Any) -> tuple[AccessToken, str]:
    """A token of the organization and its secret; all scopes unless told."""
    return services.create_token(organization=organization, name="Test", **options)
