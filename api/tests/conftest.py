"""Two organizations, the callers that a route must tell apart, and the product as a web server calls it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from api.tests.wsgi import Server
from organizations.models import Organization
from organizations.scopes import Scope
from organizations.services import create_organization, create_token

ALL_READING = [scope for scope in Scope.values if scope.endswith(":read")]


@dataclass
class Access:
    """A token: its organization, its secret, and the header that shows it."""

    organization: Organization
    secret: str
    header: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.header = {"Authorization": f"Bearer {self.secret}"}


def access_to(organization: Organization, **how: Any) -> Access:
    _, secret = create_token(organization=organization, name="test", **how)
    return Access(organization, secret)


@pytest.fixture
def organization(db: None) -> Organization:
    return create_organization(slug="acme", name="Acme Inc")


@pytest.fixture
def stranger(db: None) -> Organization:
    return create_organization(slug="globex", name="Globex")


@pytest.fixture
def owner(organization: Organization) -> Access:
    return access_to(organization)


@pytest.fixture
def reader(organization: Organization) -> Access:
    return access_to(organization, scopes=ALL_READING)


@pytest.fixture
def outsider(stranger: Organization) -> Access:
    return access_to(stranger)


@contextlib.contextmanager
def database_away() -> Iterator[None]:
    """Inside this block nothing answers where the database is looked for."""
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "HOST", "/nonexistent")
        yield
        connection.close()


@pytest.fixture
def nowhere(transactional_db: None) -> Iterator[None]:
    """No database, from when the fixtures before this one are made."""
    with database_away():
        yield


@pytest.fixture
def server(db: None) -> Server:
    """Without a token."""
    return Server()


@pytest.fixture
def api(owner: Access) -> Server:
    """With the organization's own token, which may do everything."""
    return Server(owner.header)
