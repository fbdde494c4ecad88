"""Requests as a web server hands them over: bytes, not what a test client would make of them."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection

from api.tests import document


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The one error's code."""
        (error,) = self.json["errors"]
        return str(error["code"])

    @property
    def attr(self) -> str | None:
        (error,) = self.json["errors"]
        return error["attr"]

    @property
    def detail(self) -> str:
        (error,) = self.json["errors"]
        return str(error["detail"])


class Server:
    """Calls the WSGI application with the environment that granian builds: the path percent-decoded, bytes as Latin-1,
    the query as it stands in the request line. `headers` go along with every request. Every answer is held against the
    OpenAPI document."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = dict(headers or {})

    def __call__(self, method: str, target: str, body: Any = None, **how: Any) -> Answer:
        """`unchecked`, and the answer held against the OpenAPI document."""
        answer = self.unchecked(method, target, body, **how)
        path = target.partition("?")[0]
        if not path.endswith("/") or "/external_id/" in path:
            document.check(method, unquote(path, errors="replace"), answer)
        return answer

    def unchecked(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        chunked: bool = False,
    ) -> Answer:
        """`target` is path and query as they stand in the request line. A `body` of bytes is sent as it is, anything
        else as JSON; `headers` may take the type away again."""
        path, _, query = target.partition("?")
        sent = {"Host": "localhost", **self.headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode("latin-1"),
            "QUERY_STRING": query.encode("utf-8", "surrogateescape").decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(data),
            "wsgi.input_terminated": True,
            "wsgi.errors": io.StringIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if chunked:
            environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        elif data:
            environ["CONTENT_LENGTH"] = str(len(data))
        for name, value in sent.items():
            variable = name.upper().replace("-", "_")
            environ[variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"] = (
                value
            )
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started.append((status, headers))

        from polar_customers.wsgi import (
            application,
        )  # late: it loads the middleware, which reads the settings

        with the_tests_transaction_kept():
            chunks = application(environ, start_response)
            try:
                content = b"".join(chunks)
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        ((status, given),) = started
        return Answer(int(status.split()[0]), dict(given), content)


@contextlib.contextmanager
def the_tests_transaction_kept() -> Iterator[None]:
    """A request's end would close the connection, and with it the transaction that a test may run in."""
    if not connection.in_atomic_block:
        yield
        return
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
