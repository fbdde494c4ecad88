"""The tests' database: there when the first test asks for it, and emptied past its own guards."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from polar_customers.embedded import DatabaseUnavailable, provide_database

pytest_plugins = ("polar_customers.tests.browser", "polar_customers.tests.task_queue")

# Every trigger before TRUNCATE (the bit 32 of its type), and what enables it as it was.
GUARDS_OF_TRUNCATE = """
SELECT tgrelid::regclass::text, quote_ident(tgname),
       CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END
FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 <> 0 AND tgenabled <> 'D'
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Parallel runs hand out tests by their IDs: of those that share one, all but one would silently not be run."""
    shared = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    if shared:
        raise pytest.UsageError(f"More than one test is called {', '.join(shared)}.")


def pytest_collection_finish() -> None:
    """What was imported stays until the end, so the collector needn't go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """pytest-django asks for this before it creates the test database, and lets it go after the last test."""
    try:
        with provide_database(os.environ):
            yield
    except DatabaseUnavailable as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """No table is vacuumed or analyzed by itself. At the end a thread of a test's web server may still hold its
    connection, and PostgreSQL doesn't drop a database that somebody is connected to."""
    from django.db import connection

    # Or what a plan, a lock or a sample is would depend on when it comes by.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def superuser(db: None) -> None:
    """For what PostgreSQL lets nobody else do. The one that the tests start by themselves has such a user."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            pytest.skip("The user of DATABASE_URL is no superuser.")


@pytest.fixture(autouse=True)
def _no_export_is_left() -> Iterator[None]:
    """A web server closes every answer, which ends an export; a test that looks at the headers alone does not."""
    yield
    from api.exports import exports

    exports.forget()


@pytest.fixture(scope="session", autouse=True)
def _flush_past_guards() -> Iterator[None]:
    """A test with transactions of its own ends with a TRUNCATE of every table, which the database refuses for some:
    for that one transaction their guards step aside. The queue is emptied with them."""
    from django.db import connection  # which reads the settings

    from polar_customers.tests.task_queue import TABLES

    sql_flush = type(connection.ops).sql_flush

    def unguarded(operations: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        with operations.connection.cursor() as cursor:
            cursor.execute(GUARDS_OF_TRUNCATE)
            guards = cursor.fetchall()
        return [
            *(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name, _ in guards),
            *sql_flush(operations, style, [*tables, *TABLES], **options),
            *(f"ALTER TABLE {table} {enabled} TRIGGER {name}" for table, name, enabled in guards),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", unguarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_settings() -> Iterator[None]:
    """Pages name static files as the repository does, since for tests nothing collects them under names with digests;
    and passwords are hashed by what takes no time, since their number in tests is large and their worth nil."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield
