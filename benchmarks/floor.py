"""The least that a request costs: a bare WSGI function under the same server and beside the same database.

It checks the token's hash and reads the customer, by two prepared statements, and answers with orjson; a POST inserts
a row durably in place of the read. No framework, no log, no figures, no checks: what the product's rates are held
against.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row
from uuid_utils.compat import uuid7

_ACCESS = """
SELECT t.organization_id, t.scopes, t.expires_at, t.revoked_at, o.slug
FROM access_tokens t JOIN organizations o ON o.id = t.organization_id WHERE t.token_hash = %s
"""
_CUSTOMER = """
SELECT id, external_customer_id, name, email, billing_address, tax_id, metadata, created_at, modified_at
FROM customers WHERE organization_id = %s AND external_customer_id = %s AND deleted_at IS NULL
"""
_INSERT = """
INSERT INTO benchmark_floor (id, organization_id, external_customer_id, name, email, metadata)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING id, external_customer_id, name, email, created_at
"""
_PREFIX = "/v1/customers/external_id/"
_local = threading.local()


def _cursor() -> psycopg.Cursor[dict[str, Any]]:
    cursor: psycopg.Cursor[dict[str, Any]] | None = getattr(_local, "cursor", None)
    if cursor is None:
        connection = psycopg.connect(os.environ["FLOOR_CONNINFO"], autocommit=True, row_factory=dict_row)
        cursor = _local.cursor = connection.cursor(binary=True)
    return cursor


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    cursor = _cursor()
    secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
    token = cursor.execute(_ACCESS, (hashlib.sha256(secret.encode()).digest(),), prepare=True).fetchone()
    if token is None or token["revoked_at"] is not None:
        return _answer(start_response, "401 Unauthorized", None)
    if environ["REQUEST_METHOD"] == "POST":
        body = orjson.loads(environ["wsgi.input"].read())
        values = (
            uuid7(),
            token["organization_id"],
            body["external_customer_id"],
            body.get("name"),
            body.get("email"),
            orjson.dumps(body.get("metadata", {})).decode(),
        )
        return _answer(
            start_response, "201 Created", cursor.execute(_INSERT, values, prepare=True).fetchone()
        )
    path: str = environ["PATH_INFO"]
    own_id = path[len(_PREFIX) :].encode("latin-1").decode()
    row = cursor.execute(_CUSTOMER, (token["organization_id"], own_id), prepare=True).fetchone()
    return _answer(start_response, "200 OK" if row else "404 Not Found", row)


def _answer(
    start_response: Callable[[str, list[tuple[str, str]]], Any], status: str, body: Any
) -> list[bytes]:
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]
