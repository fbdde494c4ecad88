"""What the logs and the history say of tasks: which one ran, for whom, how long, and how it ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import pghistory
import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

if TYPE_CHECKING:
    from procrastinate.job_context import JobContext
    from procrastinate.worker import Worker

# arguments of a task that say whom it is about, and their names in the log
SUBJECTS = {
    "organization_id": "organization",
    "customer_id": "customer_id",
    "external_customer_id": "external_customer_id",
}

log = structlog.get_logger("task")


def reported(call_next: Callable[[], Any], context: JobContext, worker: Worker | None) -> Any:
    """Around each task in a thread, which names itself in the history of whatever it changes."""
    with _report(context), pghistory.context(task=context.job.task_name):
        return call_next()


async def reported_async(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker | None
) -> Any:
    """Around each asynchronous task; those that look after the queue are."""
    with _report(context):
        return await call_next()


@contextlib.contextmanager
def _report(context: JobContext) -> Iterator[None]:
    """Writes a line when the task has ended, and has every line in between name the task. A task that fails is an
    error when it is not tried again, else a warning."""
    job = context.job
    clear_contextvars()
    bind_contextvars(task=job.task_name, job=job.id)
    bind_contextvars(**{SUBJECTS[name]: value for name, value in job.task_kwargs.items() if name in SUBJECTS})
    log.debug("task_started", attempt=job.attempts + 1)
    started = time.perf_counter()

    def figures() -> dict[str, Any]:
        return {
            "attempt": job.attempts + 1,
            "duration_ms": round((time.perf_counter() - started) * 1000, 2),
        }

    try:
        yield
    except Exception as error:
        if context.task.get_retry_exception(exception=error, job=job):
            log.warning("task", outcome="tried_again", **figures(), exc_info=True)
        else:
            log.error("task", outcome="failed", **figures(), exc_info=True)
        raise
    log.info("task", outcome="succeeded", **figures())
