"""Several writers at once, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, transaction

PATIENCE = 30  # seconds until a race that hangs is given up

Action = Callable[[], Any]


def all_at_once(actions: Sequence[Action]) -> list[Any]:
    """What each returns, or the exception that it raises. They start together, connected already."""
    start = threading.Barrier(len(actions))
    with _writers(len(actions)) as submit:
        writers = [submit(action, start) for action in actions]
        return [writer.result(PATIENCE) for writer in writers]


def while_uncommitted(write: Action, actions: Sequence[Action], *, then: Action | None = None) -> list[Any]:
    """As `all_at_once`, but a transaction with `write` in it is committed only once every action waits for it; `then`
    is its last part, done while they wait."""
    start = threading.Barrier(len(actions))
    with _writers(len(actions)) as submit:
        with transaction.atomic():
            write()
            writers = [submit(action, start) for action in actions]
            _wait_until_blocked(writers)
            if then is not None:
                then()
        return [writer.result(PATIENCE) for writer in writers]


@contextmanager
def _writers(count: int) -> Iterator[Callable[[Action, threading.Barrier], Future[Any]]]:
    def run(action: Action, start: threading.Barrier) -> Any:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return action()
        except Exception as error:  # the race's outcome, which the test judges
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        yield lambda action, start: pool.submit(run, action, start)


def _wait_until_blocked(writers: Sequence[Future[Any]]) -> None:
    """Until each is done or waits for a lock that this thread's transaction holds, directly or behind others."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # A transaction keeps what it has read of who is there, and a writer may come after that.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            )
            (waiting,) = cursor.fetchone()
        if waiting + sum(writer.done() for writer in writers) == len(writers):
            return
    raise AssertionError("The writers neither wait nor end.")
