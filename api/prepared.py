"""Look-ups of every request: compiled once a process and prepared once a connection.

Django's cursor writes the values into the statement, which PostgreSQL then parses and plans anew: for one row of a
table with twenty indexes that takes ten times as long as reading it.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Generic

import psycopg
from django.db import Error, models
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName
from psycopg.pq import ExecStatus, Format

from api.compiled import Compiled, M, check, dumped, run


class PreparedLookup(Generic[M]):
    """Finds one row by `build(*arguments)`, whose SQL must not depend on the arguments' values, and which at most one
    row answers to.

    `samples` are arguments of the right types, distinct from each other and from every constant of the queryset: they
    show where each argument goes. `select_related` of one level is followed.
    """

    _numbers = itertools.count(1)

    def __init__(self, build: Callable[..., models.QuerySet[M]], *samples: Any) -> None:
        self._build = build
        self._samples = samples
        self._name = b"look_up_%d" % next(self._numbers)
        # Two threads may compile at once. Both make the same of it, so whose is kept makes no difference.
        self._compiled: Compiled[M] | None = None
        self._prepared_on: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()

    def get(self, *arguments: Any) -> M | None:
        """The row, or None: one statement."""
        compiled = self._compiled or self._compile()
        params = compiled.parameters(arguments)
        row = run(compiled.sql, lambda connection: self._execute(connection, compiled, params), _is_stale)
        return None if row is None else compiled.row(row)

    def _compile(self) -> Compiled[M]:
        # At most one row, so an order would only have it sorted.
        self._compiled = Compiled.of(self._build(*self._samples).order_by()[:1], self._samples)
        return self._compiled

    def _execute(
        self, connection: psycopg.Connection[Any], compiled: Compiled[M], params: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """By libpq itself: psycopg's cursor takes three times as long to do the same, and Django has its preparing
        switched off. Results are binary and arrive as Python values, so no field's converter is owed."""
        server = connection.pgconn
        values, sent = dumped(connection, params)
        if connection not in self._prepared_on:
            check(
                connection,
                server.prepare(self._name, compiled.sql.encode(), values.types),
                ExecStatus.COMMAND_OK,
            )
            self._prepared_on.add(connection)
        result = server.exec_prepared(self._name, sent, values.formats, Format.BINARY)
        check(connection, result, ExecStatus.TUPLES_OK)
        values.set_pgresult(result)
        return values.load_row(0, tuple) if result.ntuples else None


def _is_stale(error: Error) -> bool:
    """Whether the statement is gone from the connection, or its table has other columns than when it was prepared."""
    return isinstance(error.__cause__, FeatureNotSupported | InvalidSqlStatementName)
