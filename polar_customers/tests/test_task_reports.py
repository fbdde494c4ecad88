"""What the logs say of a task: its name, whom it is about, how long it took and how it ended."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.retry import RetryStrategy

from polar_customers import task_reports
from polar_customers.tests.task_queue import RunTasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What has been logged about tasks, debug lines included, as JSON."""
    written = io.BytesIO()
    logger = structlog.wrap_logger(
        structlog.BytesLogger(written),
        processors=structlog.get_config()["processors"],
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
    )
    monkeypatch.setattr(task_reports, "log", logger)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def task() -> Iterator[Any]:
    """A task that fails when it is told to."""

    def work(how: str, **subjects: str) -> None:
        if how == "badly":
            raise ZeroDivisionError

    yield app.task(name="test.work", retry=RetryStrategy(max_attempts=1, wait=60))(work)
    del app.tasks["test.work"]


def test_the_start_and_the_end_of_a_task_are_logged(task: Any, run_tasks: RunTasks, lines: Any) -> None:
    job = task.defer(how="well")
    run_tasks()
    start, end = lines()
    assert (start["event"], start["level"]) == ("task_started", "debug")
    assert (end["event"], end["level"], end["outcome"]) == ("task", "info", "succeeded")
    assert start["task"] == end["task"] == "test.work"
    assert start["job"] == end["job"] == job
    assert end["duration_ms"] >= 0
    assert "organization" not in end


def test_a_task_about_somebody_says_about_whom(task: Any, run_tasks: RunTasks, lines: Any) -> None:
    subjects = {"organization_id": "o", "customer_id": "c", "external_customer_id": "cust_123"}
    task.defer(how="well", **subjects)
    run_tasks()
    for line in lines():
        assert (line["organization"], line["customer_id"], line["external_customer_id"]) == tuple(
            subjects.values()
        )
        assert "how" not in line


def test_a_failure_is_an_error_when_nobody_tries_again(task: Any, run_tasks: RunTasks, lines: Any) -> None:
    task.defer(how="badly")
    run_tasks()
    end = lines()[-1]
    assert (end["level"], end["outcome"], end["attempt"]) == ("warning", "tried_again", 1)
    assert "ZeroDivisionError" in end["exception"]
    with pytest.raises(ZeroDivisionError):
        run_tasks(until=timezone.now() + datetime.timedelta(seconds=61))
    end = lines()[-1]
    assert (end["level"], end["outcome"], end["attempt"]) == ("error", "failed", 2)
    assert "ZeroDivisionError" in end["exception"]
