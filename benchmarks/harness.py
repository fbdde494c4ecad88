"""Starting what is measured and the load on it. Everything is on 127.0.0.1, bounded in time, and stops by itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from polar_customers import web_server

HERE = Path(__file__).resolve().parent
WORKERS = 2
THREADS = 4
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: str = ""

    def line(self) -> str:
        return f"{self.method}\t{self.path}\t{self.body}\n"


@dataclass(frozen=True, slots=True)
class Result:
    """Requests per second, and the latency's median and 99th percentile in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    port: int
    pid: int

    def load(self, requests: Sequence[Request], *, token: str, seconds: int) -> Result:
        """What the server does under `CONNECTIONS` connections. Raises when an answer wasn't a success."""
        with tempfile.NamedTemporaryFile("w", suffix=".requests", encoding="utf-8") as listed:
            listed.writelines(request.line() for request in requests)
            listed.flush()
            command = [
                "wrk",
                "--threads=1",
                f"--connections={CONNECTIONS}",
                f"--duration={seconds}s",
                "--timeout=30s",
                f"--script={HERE / 'load.lua'}",
                f"http://127.0.0.1:{self.port}",
                "--",
                listed.name,
                token,
                uuid.uuid4().hex[:8],
            ]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
        line = next(line for line in output.splitlines() if line.startswith("RESULT "))
        count, microseconds, errors, p50, p99 = (float(part) for part in line.split()[1:])
        if errors:
            raise SystemExit(f"{self.name}: {errors:.0f} of {count:.0f} answers were errors.\n{output}")
        return Result(count / microseconds * 1e6, p50 / 1000, p99 / 1000)


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("The load comes from wrk, which isn't installed (Debian: apt-get install wrk).")


@contextlib.contextmanager
def serving(name: str, target: str, log: IO[bytes], **environment: str) -> Iterator[Server]:
    """A WSGI application under the product's web server, with the product's number of processes and threads. The
    product itself runs as in production: imported before the server forks, its figures shared by the processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    options = ["--interface", "wsgi", "--http", "1", "--no-ws"]
    options += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--port", str(port)]
    if target == web_server.TARGET:
        figures = tempfile.mkdtemp(prefix="figures-", dir=os.environ["DATA_DIR"])
        environment = {"PROMETHEUS_MULTIPROC_DIR": figures, **environment}
        command = [sys.executable, "-m", "polar_customers.web_server", *options]
    else:
        command = [sys.executable, "-m", "granian", *options, target]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)  # noqa: S603
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start.")
            time.sleep(0.1)
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def ratio(ours: Sequence[Result], theirs: Sequence[Result], figure: str) -> float:
    """The middle of what each round gives: a machine that others use too changes from one round to the next."""
    return statistics.median(
        float(getattr(our, figure)) / float(getattr(their, figure))
        for our, their in zip(ours, theirs, strict=True)
    )


def median(results: Sequence[Result]) -> Result:
    """The middle of several runs, figure by figure."""
    return Result(
        statistics.median(result.rate for result in results),
        statistics.median(result.p50 for result in results),
        statistics.median(result.p99 for result in results),
    )
