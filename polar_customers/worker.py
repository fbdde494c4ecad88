"""The background worker: it takes jobs from the database and runs their tasks in threads, until it is asked to stop.

Which tasks there are is in the apps' `tasks.py`. While the database is away it waits, and then goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import Any

import django
import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app, connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from api.readiness import migrations_are_pending
from polar_customers.embedded import CONNECT_SECONDS
from polar_customers.task_reports import reported, reported_async

PAUSE_SECONDS = 2

log = structlog.get_logger("worker")


class WorkerConnector(PsycopgConnector):
    """The worker's own questions go through a pool. What a task defers goes through Django's connection, as it does
    everywhere else: it exists exactly when the task's transaction commits."""

    def __init__(self, deferring: BaseConnector) -> None:
        super().__init__()
        self._deferring = deferring

    def get_sync_connector(self) -> BaseConnector:
        return self._deferring


def main() -> None:
    django.setup()
    for name in ("procrastinate.worker.worker", "procrastinate.utils"):
        logging.getLogger(name).addFilter(_is_not_of_the_database)
    asyncio.run(work_until_stopped())


def _is_not_of_the_database(record: logging.LogRecord) -> bool:
    """Each part of a worker would say it in its own way, and at length; `work_until_stopped` says it once."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectorException))


async def work_until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = ""
    while not stop.is_set():
        if obstacle := await sync_to_async(_obstacle)():
            if obstacle != told:
                log.warning("worker_waits", reason=obstacle)
            told = obstacle
        else:
            told = ""
            log.info("worker_started", threads=settings.WORKER_THREADS)
            try:
                await work(stop)
            except (ConnectorException, psycopg.Error) as error:
                log.warning("worker_interrupted", reason=str(error.__cause__ or error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
    log.info("worker_stopped")


def _obstacle() -> str:
    """Why there can be no work now, "" when there can."""
    try:
        return "Migrations are pending." if migrations_are_pending() else ""
    except DatabaseError as error:
        return str(error).strip()
    finally:
        connection.close()


async def work(stop: asyncio.Event) -> None:
    """Returns when it was asked to stop and what was under way is done, or when it can't reach the database."""
    pool = AsyncConnectionPool(
        kwargs=connector_params(),
        min_size=1,
        max_size=4,
        timeout=CONNECT_SECONDS,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )
    async with pool:
        with app.replace_connector(WorkerConnector(app.connector)):
            async with app.open_async(pool):
                app.perform_import_paths()  # type: ignore[no-untyped-call]
                worker = Worker(app, **{**app.worker_defaults, **_options()})
                working = asyncio.ensure_future(worker.run())  # type: ignore[no-untyped-call]
                stopping = asyncio.ensure_future(stop.wait())
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                # It finishes what it has begun. Cancelled while it registers, it would go on instead.
                worker.stop()  # type: ignore[no-untyped-call]
                await working


def _options() -> dict[str, Any]:
    return {
        "concurrency": settings.WORKER_THREADS,
        "task_middleware": [*app.worker_defaults["task_middleware"], reported, reported_async],
        "update_heartbeat_interval": settings.WORKER_HEARTBEAT_SECONDS,
        "stalled_worker_timeout": settings.WORKER_STALLED_SECONDS,
        "install_signal_handlers": False,
    }


if __name__ == "__main__":
    main()
