"""The worker as a process: `manage.py worker`, whatever happens to it or to its database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from polar_customers.embedded import connection_parameters, provide_database
from polar_customers.tests.processes import ROOT, Program, environment, processes_of_session, until
from polar_customers.worker import WorkerConnector

WORKS = "worker_started"
REMOVAL = "polar_customers.tasks.remove_finished_jobs"
RETRIAL = "polar_customers.tasks.retry_stalled_jobs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA_DIR with a database that is up to date."""
    folder = tmp_path_factory.mktemp("worker") / "data"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env=environment(DATA_DIR=folder),
        check=True,
    )
    return folder


@pytest.fixture
def database(folder: Path) -> Iterator[Any]:
    """The worker's database, which is up as long as the test is."""
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as connection:
        connection.execute("TRUNCATE procrastinate_workers, procrastinate_jobs CASCADE")
        yield connection


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Program]]:
    programs = []

    def start(*arguments: str, **given: object) -> Program:
        program = Program(
            *(arguments or ("manage.py", "worker")), env=environment(**{"DATA_DIR": folder, **given})
        )
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.leave_nothing()


def connected(folder: Path) -> Any:
    return psycopg.connect(url(folder), autocommit=True)


def url(folder: Path, **options: str) -> str:
    parameters = connection_parameters({"DATA_DIR": str(folder)})
    options = {"host": parameters["HOST"], "user": parameters["USER"], **options}
    return f"postgresql:///{parameters['NAME']}?" + "&".join(
        f"{name}={value}" for name, value in options.items()
    )


def add(database: Any, task: str) -> int:
    return database.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', %s, '{\"timestamp\": 0}')"
        " RETURNING id",
        [task],
    ).fetchone()[0]


def state(database: Any, job: int) -> tuple[str, int]:
    """A job's status, and how often it was taken up."""
    return database.execute(
        "SELECT status::text, (SELECT count(*) FROM procrastinate_events WHERE job_id = j.id AND type = 'started')"
        " FROM procrastinate_jobs j WHERE id = %s",
        [job],
    ).fetchone()


@pytest.fixture
def held_up(database: Any, folder: Path) -> Iterator[Any]:
    """A job that can't end until this connection is closed, which locks what the job is to remove."""
    old = database.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('x', 'x', 'succeeded') RETURNING id"
    ).fetchone()[0]
    database.execute(
        "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'succeeded', now() - interval '1 year')",
        [old],
    )
    with connected(folder) as holder:
        holder.autocommit = False
        holder.execute("SELECT FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [old])
        yield holder


def test_a_job_that_waits_is_done_and_so_is_a_later_one(database: Any, start: Any) -> None:
    first = add(database, REMOVAL)
    worker = start()
    until(lambda: state(database, first) == ("succeeded", 1))
    second = add(database, REMOVAL)
    until(lambda: state(database, second) == ("succeeded", 1), seconds=4)  # told of it, and not by looking
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.end(seconds=15) == 0
    assert not processes_of_session(worker.pid)
    assert database.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)
    assert "Traceback" not in worker.output


def test_a_job_under_way_is_finished_before_the_worker_stops(database: Any, start: Any, held_up: Any) -> None:
    worker = start()
    job = add(database, REMOVAL)
    until(lambda: state(database, job) == ("doing", 1))
    os.kill(worker.pid, signal.SIGTERM)
    next_one = add(database, REMOVAL)
    held_up.close()
    assert worker.end(seconds=15) == 0
    assert state(database, job) == ("succeeded", 1)
    assert state(database, next_one) == ("todo", 0)


@pytest.mark.parametrize("killed", [True, False])
def test_a_job_under_way_runs_again_when_its_worker_was_killed(
    killed: bool, database: Any, start: Any, held_up: Any
) -> None:
    worker = start()
    job = add(database, REMOVAL)
    until(lambda: state(database, job) == ("doing", 1))
    if killed:
        os.killpg(worker.pid, signal.SIGKILL)
    else:
        os.kill(worker.pid, signal.SIGTERM)  # it waits for the job, until it is asked again

    def has_ended() -> bool:
        if not killed:
            os.kill(worker.pid, signal.SIGTERM)
        return not processes_of_session(worker.pid)

    until(has_ended)
    assert state(database, job) == ("doing", 1)
    held_up.close()

    # half a minute later
    database.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 s'")
    start()
    add(database, RETRIAL)
    until(lambda: state(database, job) == ("succeeded", 2))


def test_a_worker_that_loses_its_connections_goes_on(database: Any, start: Any) -> None:
    worker = start()
    worker.wait_for(WORKS)
    until(lambda: database.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (1,))
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(3):
        job = add(database, REMOVAL)
        until(lambda job=job: state(database, job) == ("succeeded", 1))


def test_a_worker_waits_for_a_database_that_is_away(folder: Path, start: Any) -> None:
    server = start("polar_customers/tests/holder.py", PYTHONPATH=ROOT)
    server.wait_for("ready")
    worker = start(DATABASE_URL=url(folder))
    with connected(folder) as database:
        job = add(database, REMOVAL)
        until(lambda: state(database, job) == ("succeeded", 1))
    server.process.stdin.close()
    server.wait_for("left")
    worker.wait_for("worker_waits")
    # Jobs of this minute may have been under way, and tell why they failed.
    own_lines = [
        line for line in worker.output.splitlines() if '"task":' not in line and "process job" not in line
    ]
    # that it was interrupted, and what it waits for, which may be the server's last words first
    assert sum('"level":"warning"' in line for line in own_lines) <= 3
    assert "Traceback" not in "".join(own_lines)
    worker.output = ""
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as database:
        worker.wait_for(WORKS)
        job = add(database, REMOVAL)
        until(lambda: state(database, job) == ("succeeded", 1))


def test_a_worker_waits_for_migrations(database: Any, start: Any) -> None:
    (name,) = database.execute(
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'customers')"
        " RETURNING name"
    ).fetchone()
    try:
        worker = start()
        worker.wait_for("Migrations are pending.")
        assert WORKS not in worker.output
    finally:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('customers', %s, now())", [name]
        )
    worker.wait_for(WORKS)


def test_every_connection_is_made_as_the_url_says(folder: Path, database: Any, start: Any) -> None:
    worker = start(DATABASE_URL=url(folder, application_name="of_the_worker"))
    worker.wait_for(WORKS)
    job = add(database, REMOVAL)
    until(lambda: state(database, job) == ("succeeded", 1))
    names = database.execute(
        "SELECT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()
    assert len(names) > 2
    assert set(names) == {("of_the_worker",)}


def test_a_worker_without_threads_is_one_sentence(start: Any) -> None:
    worker = start(WORKER_THREADS="0")
    assert worker.end() == 1
    assert worker.output == "CommandError: WORKER_THREADS must be 1 or more for a worker.\n"


@pytest.mark.django_db
def test_what_a_task_defers_in_the_worker_belongs_to_the_tasks_transaction() -> None:
    def nothing() -> None: ...

    task = app.task(name="test.nothing")(nothing)
    try:
        with app.replace_connector(WorkerConnector(app.connector)), transaction.atomic():
            task.defer()
            assert ProcrastinateJob.objects.count() == 1
            transaction.set_rollback(True)
        assert ProcrastinateJob.objects.count() == 0
    finally:
        del app.tasks["test.nothing"]
