"""What the product needs besides its own process: an up-to-date database, and a worker for what happens later."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrations_are_pending() -> bool:
    """Whether the database lacks a migration of this version."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def worker_is_there() -> bool:
    """Whether a background worker, on whatever machine, has lately said that it is at work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [settings.WORKER_STALLED_SECONDS],
        )
        return bool(cursor.fetchone()[0])
