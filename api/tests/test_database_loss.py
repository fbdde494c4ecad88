"""A database that goes away: 503 while it is gone, and nothing to notice once it is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from api.tests.conftest import access_to, database_away
from api.tests.wsgi import Server
from organizations.services import create_organization

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/v1/customers"


@pytest.fixture
def api(transactional_db: None) -> Server:
    return Server(access_to(create_organization(slug="acme", name="Acme Inc")).header)


@pytest.fixture
def cut() -> Callable[[], None]:
    """Ends the server's side of this thread's connection, as a restart of PostgreSQL does."""

    def cut() -> None:
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        info = connection.connection.info
        with psycopg.connect(info.dsn, password=info.password, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    return cut


REQUESTS = [
    ("GET", URL, None, 200),
    ("GET", f"{URL}?search=acme", None, 200),
    ("GET", f"{URL}/external_id/nobody", None, 404),
    ("POST", URL, {"name": "New"}, 201),
    ("PUT", f"{URL}/external_id/x", {"name": "New"}, 201),
    ("GET", "/readyz", None, 200),
]


@pytest.mark.parametrize(("method", "target", "body", "status"), REQUESTS)
def test_a_lost_connection_is_replaced_within_the_request(
    method: str, target: str, body: Any, status: int, api: Server, cut: Callable[[], None]
) -> None:
    assert api("GET", URL).status == 200
    cut()
    assert api(method, target, body).status == status
    cut()
    cut()
    assert api("GET", URL).status == 200


@pytest.mark.parametrize(("method", "target", "body", "status"), REQUESTS[:-1])
def test_without_a_database_the_answer_is_503(
    method: str, target: str, body: Any, status: int, api: Server, nowhere: None
) -> None:
    answer = api(method, target, body)
    assert (answer.status, answer.json["type"], answer.code) == (503, "server_error", "service_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_it_heals_once_the_database_is_back(api: Server) -> None:
    with database_away():
        assert api("GET", URL).status == 503
        assert api("POST", URL, {}).status == 503
    assert api("GET", URL).json["results"] == []
    assert api("POST", URL, {}).status == 201
