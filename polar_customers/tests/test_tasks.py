"""Background tasks: a job exists exactly when its transaction commits, and tests can run what waits."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.retry import RetryStrategy

from customers.services import create_customer, update_customer
from customers.timeline import timeline
from organizations.models import Organization
from organizations.services import create_organization

pytestmark = pytest.mark.django_db
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def task() -> Any:
    """Makes a function a task for one test."""
    names = []

    def make(function: Any, **options: Any) -> Any:
        made = app.task(name=f"test.{function.__name__}", **options)(function)
        names.append(made.name)
        return made

    yield make
    for name in names:
        del app.tasks[name]


@pytest.fixture
def organization(db: None) -> Organization:
    return create_organization(slug="acme", name="Acme Inc")


def waiting() -> list[str]:
    return list(
        ProcrastinateJob.objects.filter(status="todo").order_by("id").values_list("task_name", flat=True)
    )


def test_a_job_of_a_transaction_that_is_rolled_back_does_not_exist(task: Any, run_tasks: Any) -> None:
    done = []

    def note(word: str) -> None:
        done.append(word)

    note = task(note)
    with transaction.atomic():
        note.defer(word="lost")
        assert waiting() == ["test.note"]
        transaction.set_rollback(True)
    assert waiting() == []
    note.defer(word="kept")
    run_tasks()
    assert done == ["kept"]


def test_jobs_run_in_order_with_those_that_they_defer(task: Any, run_tasks: Any) -> None:
    done = []

    def last(word: str) -> None:
        done.append(word)

    def first(word: str) -> None:
        done.append(word)
        last.defer(word=f"after {word}")

    last, first = task(last), task(first)
    first.defer(word="a")
    first.defer(word="b")
    assert run_tasks() == ["test.first", "test.first", "test.last", "test.last"]
    assert done == ["a", "b", "after a", "after b"]
    assert run_tasks() == []


def test_a_job_for_later_waits_for_its_time(task: Any, run_tasks: Any) -> None:
    def later() -> None: ...

    later = task(later)
    later.configure(schedule_in={"seconds": 60}).defer()
    assert run_tasks() == []
    assert run_tasks(until=timezone.now() + 59 * SECOND) == []
    assert run_tasks(until=timezone.now() + 61 * SECOND) == ["test.later"]


def test_a_tasks_error_is_the_tests_own(task: Any, run_tasks: Any) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    task(fail).defer()
    with pytest.raises(ZeroDivisionError):
        run_tasks()


def test_a_task_that_is_tried_again_waits_for_that(task: Any, run_tasks: Any) -> None:
    tries = []

    def stubborn() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ZeroDivisionError

    task(stubborn, retry=RetryStrategy(max_attempts=2, wait=60)).defer()
    assert run_tasks() == ["test.stubborn"]
    assert run_tasks() == []
    soon = timezone.now() + 61 * SECOND
    assert run_tasks(until=soon) == run_tasks(until=soon) == ["test.stubborn"]
    assert len(tries) == 3


def test_what_a_task_changes_is_in_the_history_under_its_name(
    organization: Organization, task: Any, run_tasks: Any
) -> None:
    customer = create_customer(organization=organization)

    def rename() -> None:
        update_customer(customer=customer, name="Ada")

    task(rename).defer()
    run_tasks()
    assert [change.who for change in timeline(customer, limit=2).changes] == ["the task rename", ""]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [False, True])
def test_a_test_with_transactions_leaves_no_jobs(again: bool, task: Any) -> None:
    assert waiting() == []
    task(test_a_job_for_later_waits_for_its_time).defer()
    assert len(waiting()) == 1
