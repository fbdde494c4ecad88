"""Querysets that are compiled once a process and prepared once a connection, for the look-ups of every request.

Django compiles a queryset's SQL each time anew, and its cursor writes the values into the statement, which PostgreSQL
then parses and plans anew. For a look-up of one row by an index that is most of its time. The queryset stays the one
place that says what is looked up; only its execution is another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    constants: tuple[Any, ...]
    places: tuple[int | None, ...]  # which argument stands there, None for a constant
    fields: tuple[str, ...]
    related: tuple[tuple[str, type[models.Model], tuple[str, ...]], ...]


class PreparedLookup(Generic[M]):
    """Finds one row by `build(*arguments)`, whose SQL must not depend on the arguments' values.

    `samples` are arguments of the right types, distinct from each other and from every constant of the queryset: they
    show where each argument goes. `select_related` of one level is followed.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], *samples: Any) -> None:
        self._build = build
        self._samples = samples
        self._compiled: _Compiled | None = None
        self._model: type[M]

    def get(self, *arguments: Any) -> M | None:
        """The row, or None: one statement. A connection that the server has closed meanwhile is replaced, once."""
        database = connections[
            DEFAULT_DB_ALIAS
        ]  # the proxy `connection` would look this up at each attribute
        compiled = self._compiled or self._compile(database)
        params = [
            constant if place is None else arguments[place]
            for place, constant in zip(compiled.places, compiled.constants, strict=True)
        ]
        try:
            row = _fetch(database, compiled.sql, params)
        except (OperationalError, InterfaceError):
            if database.in_atomic_block or not _was_lost(database):
                raise
            database.close()
            row = _fetch(database, compiled.sql, params)
        return None if row is None else self._hydrate(compiled, row)

    def _compile(self, database: BaseDatabaseWrapper) -> _Compiled:
        queryset = self._build(*self._samples)[:1]
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
            sql=sql,
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


def _fetch(database: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    database.ensure_connection()
    database.validate_no_broken_transaction()
    started = time.perf_counter()
    # Binary results arrive as Python values, so no field's converter is owed.
    with database.wrap_database_errors:
        cursor = psycopg.Cursor(database.connection)
        row: tuple[Any, ...] | None = cursor.execute(sql, params, prepare=True, binary=True).fetchone()
    database.health_check_done = True  # type: ignore[attr-defined]
    if database.queries_logged:
        database.queries_log.append({"sql": sql, "time": f"{time.perf_counter() - started:.3f}"})
    return row


def _was_lost(database: BaseDatabaseWrapper) -> bool:
    return database.connection is None or bool(database.connection.closed)
