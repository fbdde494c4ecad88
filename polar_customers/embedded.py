"""Which database the product uses, and the promise that it is there: the server that DATABASE_URL names, or
a real PostgreSQL of our own in DATA_DIR when it names none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from polar_customers.cluster import DATABASE, PORT, SUPERUSER, Cluster, socket_directory
from polar_customers.exceptions import DatabaseUnavailable

ROOT = Path(__file__).resolve().parent.parent
OLDEST_SUPPORTED = 15
CONNECT_SECONDS = 5
DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}

__all__ = ["DatabaseUnavailable", "connection_parameters", "data_dir", "provide_database"]


def data_dir(environ: Mapping[str, str]) -> Path:
    """DATA_DIR as an absolute path to a folder that exists and can be written to."""
    path = Path(os.path.abspath(ROOT / (environ.get("DATA_DIR") or ".data")))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {path} can't be written to ({error.strerror}): make it writable or choose another one."
        ) from None
    return path


def connection_parameters(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's entry in DATABASES. Starts and asks nothing."""
    if url := environ.get("DATABASE_URL"):
        return {"ENGINE": "django.db.backends.postgresql", **_django_parameters(url)}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": SUPERUSER,
        "PASSWORD": "",
        "HOST": str(socket_directory(data_dir(environ))),
        "PORT": PORT,
        "OPTIONS": {},
    }


@contextlib.contextmanager
def provide_database(environ: Mapping[str, str]) -> Iterator[Cluster | None]:
    """Inside this block the database of `connection_parameters` accepts connections.

    Gives the embedded server, or None where DATABASE_URL names another one. Raises DatabaseUnavailable, with one
    sentence for the reader, when the database can't be had."""
    if environ.get("DATABASE_URL"):
        _check_external(connection_parameters(environ))
        yield None
        return
    cluster = Cluster(data_dir(environ))
    with cluster.held():
        yield cluster


def check_version(number: int) -> None:
    """Refuse a server, by the number it gives as its version (150004), that is older than we support."""
    if number < OLDEST_SUPPORTED * 10000:
        raise DatabaseUnavailable(
            f"The database of DATABASE_URL is PostgreSQL {number // 10000}, "
            f"and {OLDEST_SUPPORTED} or newer is needed."
        )


def _django_parameters(url: str) -> dict[str, Any]:
    example = "such as postgresql://user:password@host:5432/database"
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"DATABASE_URL must begin with postgresql://, {example}.")
    try:
        given = dict(conninfo_to_dict(url))
        ports = [int(port) for port in str(given.get("port") or PORT).split(",")]
    except (psycopg.Error, ValueError):  # their texts may quote the password
        raise ImproperlyConfigured(f"DATABASE_URL can't be understood; it must look {example}.") from None
    if not all(0 < port < 65536 for port in ports):
        raise ImproperlyConfigured(f"DATABASE_URL names a port that does not exist; it must look {example}.")
    if not given.get("dbname"):
        raise ImproperlyConfigured(f"DATABASE_URL names no database; it must look {example}.")
    parameters: dict[str, Any] = {name: str(given.pop(key, None) or "") for key, name in DJANGO_NAMES.items()}
    return {**parameters, "OPTIONS": given}


def _check_external(parameters: dict[str, Any]) -> None:
    place = f"{parameters['HOST'] or 'the local socket'}, database {parameters['NAME']}"
    given = {key: parameters[name] for key, name in DJANGO_NAMES.items() if parameters[name]}
    try:
        with psycopg.connect(
            make_conninfo(**{"connect_timeout": CONNECT_SECONDS, **parameters["OPTIONS"], **given})
        ) as connection:
            number, encoding = (
                connection.info.server_version,
                connection.info.parameter_status("server_encoding"),
            )
    except psycopg.Error as error:
        raise DatabaseUnavailable(
            f"The database of DATABASE_URL ({place}) can't be used: {_reason(error)}."
        ) from None
    check_version(number)
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"The database of DATABASE_URL ({place}) has the encoding {encoding}, and UTF8 is needed."
        )


def _reason(error: psycopg.Error) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()] or ["it gave no reason"]
    reason = lines[0]
    for opening in ("FATAL:", "failed:", "error:"):
        if opening in reason:
            return reason.rsplit(opening, 1)[1].strip().rstrip(".")
    return reason.strip().rstrip(".")
