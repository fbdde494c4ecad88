#!/usr/bin/env python
"""Django's command line, with the database provided to the commands that need one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.backends.signals import connection_created

from polar_customers.embedded import DatabaseUnavailable, provide_database

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "serve",  # which provides it itself, after the checks that are quicker
    "spectacular",
    "startapp",
    "version",
    "worker",  # like serve
}
HELP = {"-h", "--help", "--version"}


def main(arguments: Sequence[str]) -> None:
    check_encoding(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")
    signal.signal(signal.SIGTERM, _leave)
    try:
        with database_for(arguments[1:]):
            execute_from_command_line(list(arguments))
    except (DatabaseUnavailable, ImproperlyConfigured) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def check_encoding(arguments: Sequence[str]) -> None:
    """Ends with a sentence about an argument that no text of ours can hold."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            sys.exit(f"The argument {argument!a} isn't UTF-8.")


@contextlib.contextmanager
def database_for(arguments: Sequence[str]) -> Iterator[None]:
    """The database, when the command that these arguments name needs one."""
    if not arguments or arguments[0] in WITHOUT_DATABASE or HELP & set(arguments):
        yield
        return
    with provide_database(os.environ):
        sign_changes(arguments[0])
        yield


def sign_changes(command: str) -> None:
    """Has the history of whatever this process changes name the command, raw SQL and COPY included."""

    def sign(connection: Any, **signal: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pghistory.context_metadata', %s, false)",
                [json.dumps({"command": command})],
            )

    connection_created.connect(sign, weak=False)


def _leave(number: int, frame: FrameType | None) -> None:
    # as an exception, so that an embedded server nobody else uses is stopped on the way out
    sys.exit(128 + number)


if __name__ == "__main__":
    main(sys.argv)
