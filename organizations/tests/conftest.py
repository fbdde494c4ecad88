from __future__ import annotations

import pytest
from django.test import Client

from organizations.models import User
from organizations.tests.administration import superuser
from organizations.tests.people import client_of


@pytest.fixture
def root(db: None) -> User:
    """Support who may do everything."""
    return superuser()


@pytest.fixture
def browser(root: User) -> Client:
    """In which they are logged in."""
    return client_of(root)
