"""What machines ask about the process: whether it lives, whether it can serve, and what it has done."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoAssertNumQueries

from api import views
from api.tests.wsgi import Server
from customers.services import create_customer
from organizations.models import Organization


def test_the_process_lives_without_a_database(server: Server, nowhere: None) -> None:
    answer = server("GET", "/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_it_is_ready_with_database_and_migrations(server: Server) -> None:
    answer = server("GET", "/readyz")
    assert answer.status == 200
    assert answer.json["checks"]["database"] == answer.json["checks"]["migrations"] == "ok"


def test_it_is_not_ready_with_a_migration_pending(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_migrations_are_applied", False)
    ((app, name),) = MigrationLoader(connection).graph.leaf_nodes("customers")
    MigrationRecorder(connection).record_unapplied(app, name)
    answer = server("GET", "/readyz")
    assert (answer.status, answer.json["checks"]["migrations"]) == (503, "pending")
    MigrationRecorder(connection).record_applied(app, name)
    assert server("GET", "/readyz").status == 200


def test_it_is_not_ready_without_a_database(server: Server, nowhere: None) -> None:
    answer = server("GET", "/readyz")
    assert answer.status == 503
    assert answer.json["checks"] == {
        "database": "unreachable",
        "migrations": "unknown",
        "worker": "unknown",
    }


@pytest.mark.parametrize(
    ("heartbeats", "said"),
    [([], "absent"), ([29], "ok"), ([31], "absent"), ([86400, 31, 5], "ok")],
)
def test_it_says_whether_a_worker_is_there_and_is_ready_without(
    heartbeats: list[int], said: str, server: Server
) -> None:
    with connection.cursor() as cursor:
        for age in heartbeats:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
                [age],
            )
    answer = server("GET", "/readyz")
    assert (answer.status, answer.json["checks"]["worker"]) == (200, said)


def test_a_worker_costs_the_probe_one_query(
    server: Server, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    server("GET", "/readyz")
    with django_assert_num_queries(1):
        server("GET", "/readyz")


def test_figures_are_by_route_and_never_by_path(api: Server, organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id="unmistakable")
    api("GET", "/v1/customers/external_id/unmistakable")
    api("GET", "/unmistakable")
    api("UNMISTAKABLE", "/v1/customers")
    answer = api("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    text = answer.body.decode()
    assert "unmistakable" not in text.lower()
    route = 'method="GET",route="v1/customers/external_id/<rest:external_customer_id>",status="200"'
    assert f"polar_customers_http_requests_total{{{route}}}" in text
    assert 'method="GET",route="unmatched",status="404"' in text
    assert 'method="other",route="v1/customers",status="405"' in text
    assert "polar_customers_http_request_duration_seconds_bucket" in text


def test_refusals_of_ids_are_counted(api: Server) -> None:
    def count(code: str) -> float:
        for line in api("GET", "/metrics").body.decode().splitlines():
            if line.startswith(f'polar_customers_external_id_refusals_total{{code="{code}"}}'):
                return float(line.rpartition(" ")[2])
        return 0

    codes = ("external_customer_id_taken", "external_customer_id_immutable")
    before = [count(code) for code in codes]
    api("POST", "/v1/customers", {"external_customer_id": "a"})
    api("POST", "/v1/customers", {"external_customer_id": "a"})
    api("PATCH", "/v1/customers/external_id/a", {"external_customer_id": "b"})
    assert [count(code) for code in codes] == [number + 1 for number in before]


def test_figures_can_have_a_token_of_their_own(server: Server, settings: Any) -> None:
    settings.METRICS_TOKEN = "sesame"
    refused = server("GET", "/metrics")
    assert (refused.status, refused.code) == (401, "not_authenticated")
    assert "WWW-Authenticate" in refused.headers
    for header in ("Bearer wrong", "sesame", "Bearer sesam\xff", "Bearer "):
        assert server("GET", "/metrics", headers={"Authorization": header}).status == 401
    assert server("GET", "/metrics", headers={"Authorization": "Bearer sesame"}).status == 200
