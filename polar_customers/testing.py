"""A pytest plugin: the tests' database, away from the data of a running product."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from polar_customers.embedded import DatabaseUnavailable, provide_database

# before Django's settings are read, and once: a worker of pytest-xdist inherits what was set for its parent
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["DATA_DIR"] = os.path.join(os.environ.get("DATA_DIR") or ".data", "test")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """pytest-django asks for this before it creates the test database, and lets it go after the last test."""
    try:
        with provide_database(os.environ):
            yield
    except DatabaseUnavailable as error:
        pytest.exit(str(error), returncode=1)
