"""Statements of every request: look-ups, compiled once a process, and SQL of our own, prepared once a connection.

Django's cursor writes the values into the statement, which PostgreSQL then parses and plans anew: for one row of a
table with twenty indexes that takes ten times as long as reading it.
"""

from __future__ import annotations

import itertools
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import psycopg
from django.db import Error, models
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName
from psycopg.pq import ExecStatus, Format

from api.compiled import Compiled, M, check, dumped, run

_PARAMETER = re.compile(r"%\((\w+)\)s")


class PreparedLookup(Generic[M]):
    """Finds one row by `build(*arguments)`, whose SQL must not depend on the arguments' values, and which at most one
    row answers to.

    `samples` are arguments of the right types, distinct from each other and from every constant of the queryset: they
    show where each argument goes. `select_related` of one level is followed.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], *samples: Any) -> None:
        self._build = build
        self._samples = samples
        self._prepared = _Prepared()
        # Two threads may compile at once. Both make the same of it, so whose is kept makes no difference.
        self._compiled: Compiled[M] | None = None

    def get(self, *arguments: Any) -> M | None:
        """The row, or None: one statement."""
        compiled = self._compiled or self._compile()
        rows = self._prepared.rows(compiled.sql, compiled.parameters(arguments))
        return compiled.row(rows[0]) if rows else None

    def _compile(self) -> Compiled[M]:
        # At most one row, so an order would only have it sorted.
        self._compiled = Compiled.of(self._build(*self._samples).order_by()[:1], self._samples)
        return self._compiled


class PreparedStatement:
    """SQL that names its parameters `%(name)s`. Each needs a value of the same type every time; whole numbers, whose
    type depends on how large they are, are sent as text."""

    def __init__(self, sql: str) -> None:
        self._names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
        self._sql = sql % {name: f"${number}" for number, name in enumerate(self._names, 1)}
        self._prepared = _Prepared()

    def rows(self, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What it gives with these values, and possibly others, which it doesn't name."""
        return self._prepared.rows(self._sql, [parameters[name] for name in self._names])


class _Prepared:
    """The name that connections know one statement by, and which of them do."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._name = b"prepared_%d" % next(self._numbers)
        self._on: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        return run(sql, lambda connection: self._execute(connection, sql, params), _is_stale)

    def _execute(
        self, connection: psycopg.Connection[Any], sql: str, params: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        """By libpq itself: psycopg's cursor takes three times as long to do the same, and Django has its preparing
        switched off. Results are binary and arrive as Python values, so no field's converter is owed."""
        server = connection.pgconn
        values, sent = dumped(connection, params)
        if connection not in self._on:
            prepared = server.prepare(self._name, sql.encode(), values.types)
            check(connection, prepared, ExecStatus.COMMAND_OK)
            self._on.add(connection)
        result = server.exec_prepared(self._name, sent, values.formats, Format.BINARY)
        check(connection, result, ExecStatus.TUPLES_OK)
        values.set_pgresult(result)
        rows: list[tuple[Any, ...]] = values.load_rows(0, result.ntuples, tuple)
        return rows


def _is_stale(error: Error) -> bool:
    """Whether the statement is gone from the connection, or its table has other columns than when it was prepared."""
    return isinstance(error.__cause__, FeatureNotSupported | InvalidSqlStatementName)
