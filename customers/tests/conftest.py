from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from api.tests.wsgi import Server
from customers.models import Customer
from customers.tests.dashboard import ADDRESS, Dashboard
from customers.tests.factories import CustomerFactory
from organizations.models import Organization, User
from organizations.tests.administration import superuser
from organizations.tests.factories import OrganizationFactory, make_token
from organizations.tests.people import MEMBER, client_of


@pytest.fixture(autouse=True)
def _no_rate_limits(settings: Settings) -> None:
    settings.RATE_LIMITS = False


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory.create()


@pytest.fixture
def stranger(db: None) -> Organization:
    """Another organization, whose customers are nobody else's business."""
    return OrganizationFactory.create()


@pytest.fixture
def api(organization: Organization) -> Server:
    """A program of `organization` with every scope."""
    return program_of(organization)


@pytest.fixture
def foreign_api(stranger: Organization) -> Server:
    """A program of `stranger` with every scope."""
    return program_of(stranger)


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    """Somebody at the dashboard who may change customers."""
    return Dashboard(organization, MEMBER)


@pytest.fixture
def support(db: None) -> User:
    """Support who may do everything."""
    return superuser()


@pytest.fixture
def browser(support: User) -> Client:
    """In which they are logged in."""
    return client_of(support)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    """One with some of everything."""
    return CustomerFactory(
        organization=organization,
        external_customer_id="cust_1",
        name="Ada",
        email="ada@example.com",
        billing_address=ADDRESS,
        metadata={"plan": "pro", "seats": 5, "trial": True},
    )


def program_of(organization: Organization) -> Server:
    _, secret = make_token(organization)
    return Server({"Authorization": f"Bearer {secret}"})
