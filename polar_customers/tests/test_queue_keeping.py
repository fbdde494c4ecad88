"""The queue keeps itself in order: jobs of workers that are gone run again, and what is done is removed in time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from polar_customers.tasks import remove_finished_jobs, retry_stalled_jobs
from polar_customers.tests.task_queue import RunTasks

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def done() -> Iterator[list[int]]:
    """A task to have jobs of, and the numbers of those that ran."""
    done = []

    @app.task(name="test.work", pass_context=True)
    def work(context: object) -> None:
        done.append(context.job.id)

    yield done
    del app.tasks["test.work"]


def execute(sql: str, *values: object) -> int:
    """The first value of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def worker(*, heard: int) -> int:
    """One that was last heard of so many seconds ago."""
    return execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
        heard,
    )


def job(status: str, *, of: int | None = None, attempts: int = 0, last: int = 0) -> int:
    """One to which something last happened so many seconds ago."""
    made = execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts)"
        " VALUES ('default', 'test.work', %s, %s, %s) RETURNING id",
        *(status, of, attempts),
    )
    execute(
        "INSERT INTO procrastinate_events (job_id, type, at)"
        " VALUES (%s, 'started', now() - make_interval(secs => %s)) RETURNING id",
        *(made, last),
    )
    return made


def statuses() -> dict[int, str]:
    return dict(ProcrastinateJob.objects.filter(task_name="test.work").values_list("id", "status"))


def test_jobs_of_workers_that_are_gone_run_again(run_tasks: RunTasks, done: list[int]) -> None:
    under_way = job("doing", of=worker(heard=29))
    stalled = [job("doing", of=worker(heard=31)), job("doing", of=None)]
    retry_stalled_jobs.defer(timestamp=0)
    run_tasks()
    assert done == stalled
    assert statuses() == {under_way: "doing"} | dict.fromkeys(stalled, "succeeded")


def test_a_job_that_ended_several_workers_is_given_up(run_tasks: RunTasks, done: list[int]) -> None:
    fourth, fifth = job("doing", attempts=3), job("doing", attempts=4)
    retry_stalled_jobs.defer(timestamp=0)
    run_tasks()
    assert done == [fourth]
    assert statuses() == {fourth: "succeeded", fifth: "failed"}


@pytest.mark.parametrize(
    ("status", "kept_days"),
    [("succeeded", 3), ("failed", 30), ("cancelled", 30), ("aborted", 30)],
)
def test_what_is_done_is_removed_in_time(status: str, kept_days: int, run_tasks: RunTasks) -> None:
    recent, _ = job(status, last=kept_days * DAY - 3600), job(status, last=kept_days * DAY + 3600)
    remove_finished_jobs.defer(timestamp=0)
    run_tasks()
    assert statuses() == {recent: status}


def test_what_is_not_done_is_never_removed(run_tasks: RunTasks) -> None:
    old = job("doing", of=worker(heard=0), last=365 * DAY)
    remove_finished_jobs.defer(timestamp=0)
    run_tasks()
    assert statuses() == {old: "doing"}
