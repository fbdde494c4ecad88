"""The API behind the real web server: what it makes of bytes, of bodies in chunks and of the log."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.db import connection

from api.tests.conftest import access_to
from customers.models import Customer
from organizations.services import create_organization
from polar_customers.tests.processes import Program, environment, free_port, until

pytestmark = pytest.mark.django_db(transaction=True)


class Running:
    """A web server of one process, the log that it writes, and a connection to it with a token."""

    def __init__(self, data_dir: object, secret: str) -> None:
        self.port = free_port()
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        settings = connection.settings_dict
        query = urlencode(
            {"host": settings["HOST"], "user": settings["USER"], "password": settings["PASSWORD"]}
        )
        self.program = Program(
            *("-m", "granian", "--interface", "wsgi", "--port", str(self.port), "--workers", "1"),
            *("--blocking-threads", "2", "--log-level", "error", "polar_customers.wsgi:application"),
            env=environment(
                DATA_DIR=data_dir, DATABASE_URL=f"postgresql:///{settings['NAME']}?{query}", RATE_LIMITS="off"
            ),
        )
        until(self.accepts)
        self.connection = http.client.HTTPConnection("localhost", self.port, timeout=20)

    def accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, method: str, target: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """`target` goes into the request line as it is; a `body` that is iterated over goes in chunks."""
        self.connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {**self.headers, **headers}.items():
            self.connection.putheader(name, value)
        if isinstance(body, bytes):
            self.connection.putheader("Content-Length", str(len(body)))
            self.connection.endheaders(body)
        elif body is not None:
            self.connection.putheader("Transfer-Encoding", "chunked")
            self.connection.endheaders(body, encode_chunked=True)
        else:
            self.connection.endheaders()
        answer = self.connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory, transactional_db: None) -> Iterator[Running]:
    secret = access_to(create_organization(slug="acme", name="Acme Inc")).secret
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "static").mkdir()
    found = Running(data_dir, secret)
    try:
        yield found
    finally:
        found.connection.close()
        found.program.leave_nothing()


def test_bytes_chunks_and_log(running: Running) -> None:
    # A body in chunks, and on the same connection what was made of it, by every way to write its path.
    status, body = running.ask(
        "POST", "/v1/customers", [b'{"external_cus', b'tomer_id": "a/', '客 %"}'.encode()]
    )
    assert (status, json.loads(body)["external_customer_id"]) == (201, "a/客 %")
    for path in ("a%2F%E5%AE%A2%20%25", "a/%E5%AE%A2%20%25", "a%2f%e5%ae%a2%20%25"):
        status, body = running.ask("GET", f"/v1/customers/external_id/{path}")
        assert (status, json.loads(body)["external_customer_id"]) == (200, "a/客 %")
    for path in ("%FF", "%C3", "%ED%A0%80"):
        status, body = running.ask("GET", f"/v1/customers/external_id/{path}")
        assert (status, json.loads(body)["errors"][0]["code"]) == (400, "invalid_utf8")
    for path in ("%00", "..", "../customers", "a//b", "%zz"):
        assert running.ask("GET", f"/v1/customers/external_id/{path}")[0] == 404

    # Bodies that are too large, with a length or without; the connection goes on afterwards.
    large = b'{"name": "'.ljust(1024 * 1024, b"x") + b'"'
    assert running.ask("POST", "/v1/customers", large)[0] == 413
    running.connection.close()
    assert running.ask("POST", "/v1/customers", [large])[0] == 413
    running.connection.close()
    assert running.ask("POST", "/v1/customers", [])[0] == 400
    assert running.ask("POST", "/v1/customers")[0] == 400
    running.connection.close()
    # Sent at once: what is refused for its token may be answered, and hung up on, before a second piece is written.
    assert running.ask("POST", "/v1/customers", b"{", Authorization="Bearer x")[0] == 401
    running.connection.close()
    assert Customer.objects.count() == 1

    # One line of JSON for each of these requests, and nothing else.
    assert running.ask("GET", "/v1/customers?search=hush", **{"X-Request-ID": "the-last"})[0] == 200
    running.program.wait_for("the-last")
    lines = [json.loads(line) for line in running.program.output.splitlines()]
    assert len(lines) == 18
    assert {line["event"] for line in lines} == {"request"}
    assert [line["status"] for line in lines[:4]] == [201, 200, 200, 200]
    assert {line["external_customer_id"] for line in lines[:4]} == {"a/客 %"}
    assert (lines[-1]["request_id"], lines[-1]["path"]) == ("the-last", "/v1/customers")
    assert "hush" not in running.program.output
