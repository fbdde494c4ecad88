"""Querysets that are compiled once a process and run by libpq: what prepared look-ups and shaped lists have in common.

Django compiles a queryset's SQL each time anew, which takes several times as long as reading a page of rows by it. The
queryset stays the one place that says what is asked; only its execution is another (docs/decisions/0002).
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Compiled(Generic[M]):
    """A queryset's SQL with places for arguments, and how its rows become models: with what `select_related` of one
    level brings along, and without anything else that isn't a column of theirs."""

    sql: str
    constants: tuple[Any, ...]
    places: tuple[int | None, ...]  # which argument stands there, None for a constant
    model: type[M]
    fields: tuple[str, ...]
    related: tuple[tuple[str, type[models.Model], tuple[str, ...]], ...]

    @classmethod
    def of(cls, queryset: models.QuerySet[M], samples: Sequence[Any]) -> Compiled[M]:
        """`samples` are the arguments that the queryset was made of: distinct from each other and from every constant
        in it, so that they show where each argument goes. Raises TypeError when one is nowhere to be found, and for an
        ID or a moment that isn't one: it would be the first caller's, for everybody."""
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        info: dict[str, Any] = compiler.klass_info or {}

        def names(indexes: Sequence[int]) -> tuple[str, ...]:
            return tuple(compiler.select[index][0].target.attname for index in indexes)

        places = tuple(_place_of(value, samples) for value in params)
        if set(places) - {None} != set(range(len(samples))):
            raise TypeError("Not every sample argument can be found again in the SQL's parameters.")
        for value, place in zip(params, places, strict=True):
            if place is None and isinstance(value, uuid.UUID | datetime.datetime):
                raise TypeError(f"{value!r} is no argument, and would stay in the SQL.")
        return cls(
            sql=sql % tuple(f"${number}" for number in range(1, len(params) + 1)),
            constants=tuple(params),
            places=places,
            model=queryset.model,
            fields=names(info["select_fields"]),
            related=tuple(
                (related["field"].name, related["model"], names(related["select_fields"]))
                for related in info.get("related_klass_infos", ())
            ),
        )

    def parameters(self, arguments: Sequence[Any]) -> list[Any]:
        return [
            constant if place is None else arguments[place]
            for place, constant in zip(self.places, self.constants, strict=True)
        ]

    def row(self, values: tuple[Any, ...]) -> M:
        """The model instance of what was read."""
        end = len(self.fields)
        found = self.model.from_db(DEFAULT_DB_ALIAS, self.fields, values[:end])
        for name, model, fields in self.related:
            start, end = end, end + len(fields)
            setattr(found, name, model.from_db(DEFAULT_DB_ALIAS, fields, values[start:end]))
        return found


def run(
    sql: str,
    execute: Callable[[psycopg.Connection[Any]], T],
    is_stale: Callable[[Error], bool] = lambda error: False,
) -> T:
    """What `execute` makes of the connection; `sql` is for the log of queries. A connection that the server has closed
    meanwhile, or on which the statement `is_stale`, is replaced, once, outside of transactions."""
    # the proxy `connection` would look this up at each attribute
    database = connections[DEFAULT_DB_ALIAS]
    try:
        return _run(database, sql, execute)
    except Error as error:
        if database.in_atomic_block or not (_was_lost(database) or is_stale(error)):
            raise
    database.close()
    return _run(database, sql, execute)


def _run(database: BaseDatabaseWrapper, sql: str, execute: Callable[[psycopg.Connection[Any]], T]) -> T:
    database.ensure_connection()
    database.validate_no_broken_transaction()
    started = time.perf_counter()
    with database.wrap_database_errors:
        answer = execute(database.connection)
    database.health_check_done = True  # type: ignore[attr-defined]
    if database.queries_logged:
        database.queries_log.append({"sql": sql, "time": f"{time.perf_counter() - started:.3f}"})
    return answer


def dumped(connection: psycopg.Connection[Any], params: Sequence[Any]) -> tuple[Any, Any]:
    """`params` as libpq takes them, with what knows their types and reads the result; in a transaction that has begun,
    if this is to be in one."""
    server = connection.pgconn
    if not connection.autocommit and server.transaction_status == TransactionStatus.IDLE:
        check(connection, server.exec_(b"BEGIN"), ExecStatus.COMMAND_OK)
    values = Transformer(connection)
    return values, values.dump_sequence(params, [PyFormat.AUTO] * len(params))


def check(connection: psycopg.Connection[Any], result: Any, expected: ExecStatus) -> None:
    """Raises psycopg's error for a result that isn't as expected."""
    if result.status == expected:
        return
    error = error_from_result(result, connection.info.encoding)
    if connection.pgconn.status == ConnStatus.BAD and not isinstance(error, psycopg.OperationalError):
        raise psycopg.OperationalError(str(error))
    raise error


def _place_of(value: Any, samples: Sequence[Any]) -> int | None:
    sent = value.obj if isinstance(value, psycopg.Binary) else value
    return samples.index(sent) if sent in samples else None


def _was_lost(database: BaseDatabaseWrapper) -> bool:
    return database.connection is None or bool(database.connection.closed)
