"""A pytest plugin for background tasks: they run when a test says so, in the test's own transaction."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from procrastinate.jobs import Job

# They belong to no model that Django looks after, so that no flush names them by itself.
TABLES = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)

RunTasks = Callable[..., list[str]]


@pytest.fixture
def run_tasks(db: None) -> Iterator[RunTasks]:
    """Runs every job that is due, and those that they defer, as the worker does, and gives the names of their tasks.

    `until`, by default now, is the time up to which jobs that wait now are due. A task's error is the test's
    error, unless the task is to be tried again: then its job waits for that time."""
    from django.db import connection, connections

    def share(alias: str, shared: Any) -> None:
        connections[alias] = shared

    # a thread of its own, since an event loop may be running in the test's
    connection.inc_thread_sharing()
    with ThreadPoolExecutor(
        1, initializer=share, initargs=(connection.alias, connections[connection.alias])
    ) as thread:

        def run_tasks(*, until: datetime.datetime | None = None) -> list[str]:
            return thread.submit(_run_tasks, until).result()

        yield run_tasks
    connection.dec_thread_sharing()


def _run_tasks(until: datetime.datetime | None) -> list[str]:
    from asgiref.sync import async_to_sync
    from django.utils import timezone
    from procrastinate.contrib.django import app

    names = []
    worker = async_to_sync(app.job_manager.register_worker)()
    _make_due(until or timezone.now())
    while job := async_to_sync(app.job_manager.fetch_job)(None, worker):
        names.append(job.task_name)
        _run(job.evolve(task_kwargs=json.loads(job.task_kwargs)))  # which Django's connection gives as text
        _make_due(timezone.now())
    return names


def _run(job: Job) -> None:
    from asgiref.sync import async_to_sync
    from procrastinate.contrib.django import app
    from procrastinate.job_context import JobContext
    from procrastinate.jobs import Status

    from polar_customers.task_reports import reported

    task = app.tasks[job.task_name]
    function = async_to_sync(task.func) if iscoroutinefunction(task.func) else task.func
    context = JobContext(app=app, job=job, start_timestamp=0, abort_reason=lambda: None)
    arguments = [context] if task.pass_context else []
    try:
        reported(lambda: function(*arguments, **job.task_kwargs), context, None)
    except Exception as error:
        again = task.get_retry_exception(exception=error, job=job)
        if again is None:
            raise
        decision = again.retry_decision
        async_to_sync(app.job_manager.retry_job)(
            job, decision.retry_at, decision.priority, decision.queue, decision.lock
        )
    else:
        async_to_sync(app.job_manager.finish_job)(job, Status.SUCCEEDED, delete_job=False)


def _make_due(until: datetime.datetime) -> None:
    """For the database it is still the time at which the test's transaction began."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at <= %s",
            [until],
        )
