"""The background worker: it takes jobs from the database and runs their tasks in threads, until it is asked to stop.

Which tasks there are is in the apps' `tasks.py`. While the database is away it waits, and then goes on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import django
import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app, connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from polar_customers.embedded import CONNECT_SECONDS
from polar_customers.task_reports import reported, reported_async

RECONNECT_SECONDS = 2

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
    asyncio.run(work_until_stopped())


async def work_until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    waits = False
    while not stop.is_set():
        try:
            async with pool() as connections:
                log.info("worker_started", threads=settings.WORKER_THREADS)
                waits = False
                await work(connections, stop)
        except (ConnectorException, psycopg.Error) as error:
            if not waits:
                log.warning("worker_waits_for_the_database", reason=str(error.__cause__ or error))
            waits = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RECONNECT_SECONDS)
    log.info("worker_stopped")


@contextlib.asynccontextmanager
async def pool() -> Any:
    """Connections like Django's own, when the database can be reached; raises psycopg.Error when it can't."""
    parameters = {"connect_timeout": CONNECT_SECONDS, **connector_params()}
    # a pool doesn't say why it could not connect
    await (await psycopg.AsyncConnection.connect(**parameters)).close()
    async with AsyncConnectionPool(
        kwargs=parameters,
        min_size=1,
        max_size=2,
        open=False,
        check=AsyncConnectionPool.check_connection,
    ) as connections:
        yield connections


async def work(connections: Any, stop: asyncio.Event) -> None:
    """Returns when it has been asked to stop and no job is under way any more, or when the worker lost its footing,
    which it does as soon as it can't reach the database."""
    with app.replace_connector(WorkerConnector(app.connector)):
        async with app.open_async(connections):
            await sync_to_async(close_old_connections)()
            worker = asyncio.ensure_future(
                app.run_worker_async(
                    concurrency=settings.WORKER_THREADS,
                    task_middleware=[*app.worker_defaults["task_middleware"], reported, reported_async],
                    update_heartbeat_interval=settings.WORKER_HEARTBEAT_SECONDS,
                    stalled_worker_timeout=settings.WORKER_STALLED_SECONDS,
                    install_signal_handlers=False,
                )
            )
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not worker.done():
                worker.cancel()  # which lets it finish what it has begun
            with contextlib.suppress(asyncio.CancelledError):
                await worker


if __name__ == "__main__":
    main()
