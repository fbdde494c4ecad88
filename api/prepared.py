"""Statements of every request: look-ups and inserts, compiled once a process, and SQL of our own, prepared once a
connection.

Django's cursor writes the values into the statement, which PostgreSQL then parses and plans anew: for one row of a
table with twenty indexes that takes ten times as long as reading it.
"""

from __future__ import annotations

import functools
import itertools
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections, models
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName
from psycopg.pq import ExecStatus, Format

from api.compiled import Compiled, M, check, dumped, run

_STALE = (FeatureNotSupported, InvalidSqlStatementName)
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


class PreparedInsert(Generic[M]):
    """Inserts a row, as `save(force_insert=True)` does, without its signals and without reading what the database
    generates; what wraps the statements of Django's cursor, such as the history's context, wraps this one too. It
    belongs in a transaction, as that context does.

    With `unless_taken`, a row that a unique index has already is no error: it isn't inserted. A wrapper may put one
    statement in front; for anything else that it makes of the SQL there is a TypeError.
    """

    def __init__(self, model: type[M], *, unless_taken: bool = False) -> None:
        meta = model._meta
        self._fields = [field for field in meta.concrete_fields if not field.generated]
        names = ", ".join(f'"{field.column}"' for field in self._fields)
        places = ", ".join(f"${number}" for number in range(1, len(self._fields) + 1))
        conflict = "ON CONFLICT DO NOTHING" if unless_taken else ""
        # Of names that only the model says.
        self._sql = f'INSERT INTO "{meta.db_table}" ({names}) VALUES ({places}) {conflict} RETURNING 1'  # noqa: S608
        self._prepared = _Prepared()
        self._before: dict[str, _Prepared] = {}

    def insert(self, row: M) -> bool:
        """Whether it is there now. Raises IntegrityError."""
        database = connections[DEFAULT_DB_ALIAS]
        params = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection=database)
            for field in self._fields
        ]
        inserted = run(self._sql, lambda connection: self._execute(connection, params), _is_stale)
        if inserted:
            row._state.adding = False
            row._state.db = DEFAULT_DB_ALIAS
        return inserted

    def _execute(self, connection: psycopg.Connection[Any], params: Sequence[Any]) -> bool:
        rows: list[tuple[Any, ...]] = []

        def execute(sql: str, given: Sequence[Any], many: bool, context: dict[str, Any]) -> None:
            if not sql.endswith(self._sql):
                raise TypeError("What wraps an insert has changed it.")
            if before := sql.removesuffix(self._sql):
                self._execute_before(connection, before, given[: len(given) - len(params)])
            rows.extend(self._prepared.execute(connection, self._sql, params))

        database = connections[DEFAULT_DB_ALIAS]
        wrapped: Callable[..., Any] = execute
        for wrapper in reversed(database.execute_wrappers):
            wrapped = functools.partial(wrapper, wrapped)
        wrapped(self._sql, tuple(params), False, {"connection": database, "cursor": connection.cursor()})
        return bool(rows)

    def _execute_before(
        self, connection: psycopg.Connection[Any], before: str, params: Sequence[Any]
    ) -> None:
        """What a wrapper put in front: a statement of its own, since one that is prepared is one."""
        statement = before.rstrip().removesuffix(";")
        places = tuple(f"${number}" for number in range(1, len(params) + 1))
        prepared = self._before.setdefault(statement, _Prepared())
        prepared.execute(connection, statement % places, params)


class _Prepared:
    """One statement, and the name that each connection knows it by."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._names: weakref.WeakKeyDictionary[psycopg.Connection[Any], bytes] = weakref.WeakKeyDictionary()

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        return run(sql, lambda connection: self.execute(connection, sql, params), _is_stale)

    def execute(
        self, connection: psycopg.Connection[Any], sql: str, params: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        """By libpq itself: psycopg's cursor takes three times as long to do the same, and Django has its preparing
        switched off. Results are binary and arrive as Python values, so no field's converter is owed."""
        server = connection.pgconn
        values, sent = dumped(connection, params)
        name = self._names.get(connection)
        if name is None:
            name = b"prepared_%d" % next(self._numbers)
            check(connection, server.prepare(name, sql.encode(), values.types), ExecStatus.COMMAND_OK)
            self._names[connection] = name
        result = server.exec_prepared(name, sent, values.formats, Format.BINARY)
        try:
            check(connection, result, ExecStatus.TUPLES_OK)
        except _STALE:
            # In a transaction this fails; what comes after it prepares it anew.
            self._names.pop(connection, None)
            raise
        values.set_pgresult(result)
        rows: list[tuple[Any, ...]] = values.load_rows(0, result.ntuples, tuple)
        return rows


def _is_stale(error: Error) -> bool:
    """Whether the statement is gone from the connection, or its table has other columns than when it was prepared."""
    return isinstance(error.__cause__, _STALE)
