"""Lists that are compiled once for each shape: one SQL with other values in it, request by request.

A shape is what the SQL depends on: which filters, which order, how many rows, null or not. Of each, a process makes and
compiles the queryset once; after that a page costs what PostgreSQL takes to plan and read it. The statements aren't
prepared: what is searched for decides the plan, and there are many shapes.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import models
from psycopg.pq import ExecStatus, Format

from api.compiled import Compiled, M, check, dumped, run

MOST_SHAPES = 500

# The n-th argument while a shape is compiled: such as nothing else in a queryset is.
_SAMPLES: dict[type, Callable[[int], Any]] = {
    str: lambda number: f"\x1f argument {number} \x1f",
    uuid.UUID: lambda number: uuid.UUID(int=number + 1),
    datetime.datetime: lambda number: (
        datetime.datetime(1, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(number)
    ),
    int: lambda number: 2_000_000_000 + number,
}

# None for a shape that nothing can answer to.
_compiled: dict[Hashable, Any] = {}
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Shaped(Generic[M]):
    """The queryset `build(*arguments)`, which isn't made yet. With the same `shape` and other arguments of the same
    types its SQL is the same: it depends on nothing else, such as the time or what is in the database. Columns of the
    model are read, and of what `select_related` of one level names; no annotations, nothing prefetched."""

    model: type[M]
    shape: Hashable
    arguments: tuple[Any, ...]
    build: Callable[..., models.QuerySet[M]]

    def refined(
        self, shape: Hashable, arguments: Sequence[Any], by: Callable[..., models.QuerySet[M]]
    ) -> Shaped[M]:
        """What `by` makes of the queryset and `arguments`."""
        own, build = len(self.arguments), self.build
        return Shaped(
            self.model,
            (self.shape, shape),
            (*self.arguments, *arguments),
            lambda *given: by(build(*given[:own]), *given[own:]),
        )

    def all(self) -> models.QuerySet[M]:
        """The queryset, made."""
        return self.build(*self.arguments)

    def rows(self) -> list[M]:
        """All rows: one statement."""
        types = tuple(map(type, self.arguments))
        shape = (self.shape, types)
        compiled = _compiled.get(shape, _UNKNOWN)
        if compiled is _UNKNOWN:
            compiled = self._compile(types)
            # What callers can ask for is without end, and what they do ask for is not.
            if len(_compiled) >= MOST_SHAPES:
                _compiled.clear()
            _compiled[shape] = compiled
        if compiled is None:
            return []
        params = compiled.parameters(self.arguments)
        return [
            compiled.row(row)
            for row in run(compiled.sql, lambda connection: _execute(connection, compiled.sql, params))
        ]

    def _compile(self, types: tuple[type, ...]) -> Compiled[M] | None:
        samples = [_SAMPLES[kind](number) for number, kind in enumerate(types)]
        try:
            return Compiled.of(self.build(*samples), samples)
        except EmptyResultSet:
            return None


# What a list is of.
Source: TypeAlias = models.QuerySet[M] | Shaped[M]


def parted(value: Any) -> tuple[Hashable, tuple[Any, ...]]:
    """The shape of a value, and the arguments in it: the texts, moments and IDs, also of a tuple or list. `joined`
    makes it of them again."""
    if isinstance(value, tuple | list):
        parts = [parted(item) for item in value]
        return (type(value), tuple(shape for shape, _ in parts)), tuple(
            argument for _, arguments in parts for argument in arguments
        )
    if type(value) in _SAMPLES and not isinstance(value, int):
        return _Argument, (value,)
    return value, ()


def joined(shape: Any, arguments: Sequence[Any]) -> Any:
    """The value of this shape with these arguments."""
    return _joined(shape, iter(arguments))


class _Argument:
    """Where a value has an argument."""


def _joined(shape: Any, arguments: Any) -> Any:
    if shape is _Argument:
        return next(arguments)
    if isinstance(shape, tuple):
        kind, shapes = shape
        values = [_joined(item, arguments) for item in shapes]
        return kind(values) if kind in (tuple, list) else kind(*values)
    return shape


def _execute(connection: psycopg.Connection[Any], sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """By libpq itself, as look-ups are. The values arrive apart from the statement, and PostgreSQL plans for them."""
    values, sent = dumped(connection, params)
    result = connection.pgconn.exec_params(sql.encode(), sent, values.types, values.formats, Format.BINARY)
    check(connection, result, ExecStatus.TUPLES_OK)
    values.set_pgresult(result)
    rows: list[tuple[Any, ...]] = values.load_rows(0, result.ntuples, tuple)
    return rows
