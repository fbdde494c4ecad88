"""How long a meter may take: it counts events one by one, and a range holds any number of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

MOST_SECONDS = 30.0


class TakesTooLong(ValidationError):
    """The range has more events than can be counted in time."""

    def __init__(self) -> None:
        text = (
            f"The events of this range can't be counted within {MOST_SECONDS:g} seconds. Ask for a shorter range, or "
            "for certain customers."
        )
        super().__init__({"start": ValidationError(text, code="takes_too_long")})


@contextmanager
def bounded() -> Iterator[Any]:
    """A cursor for a statement that ends after MOST_SECONDS at the latest. Raises TakesTooLong where it had to."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [int(MOST_SECONDS * 1000)])
            yield cursor
    except OperationalError as refusal:
        if isinstance(refusal.__cause__, QueryCanceled):
            raise TakesTooLong from None
        raise
