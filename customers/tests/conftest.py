from __future__ import annotations

import pytest
from pytest_django import Settings

from customers.tests.client import Integrator
from organizations.models import Organization
from organizations.tests.factories import OrganizationFactory, make_token


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
def api(organization: Organization) -> Integrator:
    """A program of `organization` with every scope."""
    _, secret = make_token(organization)
    return Integrator(secret)


@pytest.fixture
def foreign_api(stranger: Organization) -> Integrator:
    """A program of `stranger` with every scope."""
    _, secret = make_token(stranger)
    return Integrator(secret)
