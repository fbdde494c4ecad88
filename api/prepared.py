"""Querysets that are compiled once a process and prepared once a connection, for the look-ups of every request.

Django compiles a queryset's SQL each time anew, and its cursor writes the values into the statement, which PostgreSQL
then parses and plans anew: for one row of a table with twenty indexes that takes ten times as long as reading it. The
queryset stays the one place that says what is looked up; only its execution is another.
"""

from __future__ import annotations

import itertools
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Compiled:
    name: bytes
    sql: str
    constants: tuple[Any, ...]
    places: tuple[int | None, ...]  # which argument stands there, None for a constant
    fields: tuple[str, ...]
    related: tuple[tuple[str, type[models.Model], tuple[str, ...]], ...]


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
        self._compiled: _Compiled | None = None
        self._prepared_on: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()
        self._model: type[M]

    def get(self, *arguments: Any) -> M | None:
        """The row, or None: one statement. A connection that the server has closed meanwhile, or on which the
        statement isn't what it was, is replaced, once."""
        database = connections[
            DEFAULT_DB_ALIAS
        ]  # the proxy `connection` would look this up at each attribute
        compiled = self._compiled or self._compile(database)
        params = [
            constant if place is None else arguments[place]
            for place, constant in zip(compiled.places, compiled.constants, strict=True)
        ]
        try:
            row = self._fetch(database, compiled, params)
        except Error as error:
            if database.in_atomic_block or not (_was_lost(database) or _is_stale(error)):
                raise
            database.close()
            row = self._fetch(database, compiled, params)
        return None if row is None else self._hydrate(compiled, row)

    def _compile(self, database: BaseDatabaseWrapper) -> _Compiled:
        # At most one row, so an order would only have it sorted.
        queryset = self._build(*self._samples).order_by()[:1]
        compiler = queryset.query.get_compiler(using=database.alias)
        sql, params = compiler.as_sql()
        info: dict[str, Any] = compiler.klass_info or {}

        def names(indexes: Sequence[int]) -> tuple[str, ...]:
            return tuple(compiler.select[index][0].target.attname for index in indexes)

        places = tuple(self._place_of(value) for value in params)
        if set(places) - {None} != set(range(len(self._samples))):
            raise TypeError("Not every sample argument can be found again in the SQL's parameters.")
        self._model = queryset.model
        self._compiled = _Compiled(
            name=self._name,
            sql=sql % tuple(f"${number}" for number in range(1, len(params) + 1)),
            constants=tuple(params),
            places=places,
            fields=names(info["select_fields"]),
            related=tuple(
                (related["field"].name, related["model"], names(related["select_fields"]))
                for related in info.get("related_klass_infos", ())
            ),
        )
        return self._compiled

    def _place_of(self, value: Any) -> int | None:
        sent = value.obj if isinstance(value, psycopg.Binary) else value
        return self._samples.index(sent) if sent in self._samples else None

    def _hydrate(self, compiled: _Compiled, row: tuple[Any, ...]) -> M:
        end = len(compiled.fields)
        found = self._model.from_db(DEFAULT_DB_ALIAS, compiled.fields, row[:end])
        for name, model, fields in compiled.related:
            start, end = end, end + len(fields)
            setattr(found, name, model.from_db(DEFAULT_DB_ALIAS, fields, row[start:end]))
        return found

    def _fetch(
        self, database: BaseDatabaseWrapper, compiled: _Compiled, params: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        database.ensure_connection()
        database.validate_no_broken_transaction()
        started = time.perf_counter()
        with database.wrap_database_errors:
            row = self._execute(database.connection, compiled, params)
        database.health_check_done = True  # type: ignore[attr-defined]
        if database.queries_logged:
            database.queries_log.append({"sql": compiled.sql, "time": f"{time.perf_counter() - started:.3f}"})
        return row

    def _execute(
        self, connection: psycopg.Connection[Any], compiled: _Compiled, params: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """By libpq itself: psycopg's cursor takes three times as long to do the same, and Django has its preparing
        switched off. Results are binary and arrive as Python values, so no field's converter is owed."""
        server = connection.pgconn
        if not connection.autocommit and server.transaction_status == TransactionStatus.IDLE:
            connection.execute("SELECT")  # begins the transaction that this belongs to
        values = Transformer(connection)
        dumped: Any = values.dump_sequence(params, [PyFormat.AUTO] * len(params))
        if connection not in self._prepared_on:
            _check(
                connection,
                server.prepare(compiled.name, compiled.sql.encode(), values.types),
                ExecStatus.COMMAND_OK,
            )
            self._prepared_on.add(connection)
        result = server.exec_prepared(compiled.name, dumped, values.formats, Format.BINARY)
        _check(connection, result, ExecStatus.TUPLES_OK)
        values.set_pgresult(result)
        return values.load_row(0, tuple) if result.ntuples else None


def _check(connection: psycopg.Connection[Any], result: Any, expected: ExecStatus) -> None:
    """Raises psycopg's error for a result that isn't as expected."""
    if result.status == expected:
        return
    error = error_from_result(result, connection.info.encoding)
    if connection.pgconn.status == ConnStatus.BAD and not isinstance(error, psycopg.OperationalError):
        raise psycopg.OperationalError(str(error))
    raise error


def _was_lost(database: BaseDatabaseWrapper) -> bool:
    return database.connection is None or bool(database.connection.closed)


def _is_stale(error: Error) -> bool:
    """Whether the statement is gone from the connection, or its table has other columns than when it was prepared."""
    return isinstance(error.__cause__, FeatureNotSupported | InvalidSqlStatementName)
