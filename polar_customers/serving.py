"""The pieces of `manage.py serve` and `manage.py worker`: where it listens, when it is asked to stop, and the processes
they look after."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from polar_customers.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.25
RESTART_SECONDS = 5


class Stopped(KeyboardInterrupt):
    """Somebody asked the product to stop: Ctrl-C, SIGTERM or a closed terminal. By its base psycopg knows that it has
    to call off the statement that this interrupts, without which its transaction could not be rolled back."""


class StopRequests:
    """Turns the first request to stop into Stopped, and remembers that a second one wants it at once."""

    def __init__(self) -> None:
        self.count = 0
        self._raises = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def finishing(self) -> None:
        """From here on a request interrupts nothing: what is being stopped is stopped to the end."""
        self._raises = False

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self._raises:
            self._raises = False
            raise Stopped


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Address:
        given = environ.get("PORT") or "8000"
        if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
            raise SystemExit(f"PORT must be a number from 1 to 65535, not {given!r}.")
        host, port = environ.get("HOST") or "127.0.0.1", int(given)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError:
            raise SystemExit(f"HOST {host!r} is not an address of this machine.") from None
        return cls(str(found[0][4][0]), port)

    @property
    def local(self) -> str:
        """The host by which this machine itself reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        return f"http://{f'[{self.local}]' if ':' in self.local else self.local}:{self.port}"

    def check_free(self) -> None:
        """End with one sentence when somebody else listens here."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
                raise SystemExit(
                    f"Port {self.port} of {self.host} can't be used: {reason}; choose another one with PORT."
                ) from None

    def answers(self) -> bool:
        """Whether the product answers here."""
        connection = http.client.HTTPConnection(self.local, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Child:
    command: Sequence[str]
    environment: Mapping[str, str]
    restarts: bool
    process: subprocess.Popen[bytes]
    started: float


class Children:
    """Named processes that run until they are stopped together, and never longer than this one."""

    def __init__(self, stop_requests: StopRequests) -> None:
        self._stop_requests = stop_requests
        self._running: dict[str, Child] = {}

    def start(
        self,
        name: str,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        *,
        restarts: bool = False,
    ) -> None:
        """Run a module. One that ends by itself brings everything down, or is started again when it `restarts`."""
        command = [sys.executable, "-m", "polar_customers.supervised", str(os.getpid()), module, *arguments]
        environment = {**os.environ, **(environment or {})}
        self._running[name] = Child(
            command, environment, restarts, _process(command, environment), time.monotonic()
        )

    def check(self) -> None:
        """End with one sentence when one of them has ended by itself that must not."""
        for name, child in self._running.items():
            if (code := child.process.poll()) is None:
                continue
            how = f"by signal {-code}" if code < 0 else f"with status {code}"
            if not child.restarts:
                raise SystemExit(f"The {name} ended {how}, so everything was stopped.")
            if time.monotonic() - child.started > RESTART_SECONDS:
                say(f"The {name} ended {how} and is started again.")
                child.process, child.started = _process(child.command, child.environment), time.monotonic()

    def stop(self) -> None:
        """Ask all to finish, the last one first; kill what takes too long, or what is left when asked again."""
        asked = self._stop_requests.count
        processes = [child.process for child in self._running.values()]
        for process in reversed(processes):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or self._stop_requests.count > max(asked, 1):
                break
            time.sleep(POLL_SECONDS)
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()


def _process(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        # A signal for the whole group would reach granian's workers twice, by itself and through their
        # parent, and then some of them never end.
        process_group=0,
    )


def web_server_arguments(address: Address, environ: Mapping[str, str]) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": address.host,
        "--port": str(address.port),
        "--http": "1",
        "--workers": positive_number(environ, "WEB_WORKERS", 2),
        "--blocking-threads": positive_number(environ, "WEB_THREADS", 4),
        "--workers-kill-timeout": str(STOP_SECONDS - 2),
        "--respawn-interval": "0.1",
        "--log-level": "error",
    }
    pairs = [part for pair in options.items() for part in pair]
    return [*pairs, "--no-ws", "--respawn-failed-workers"]


def positive_number(environ: Mapping[str, str], name: str, default: int) -> str:
    given = environ.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and int(given) > 0):
        raise SystemExit(f"{name} must be a whole number of 1 or more, not {given!r}.")
    return given


def wait_until_ready(address: Address, children: Children) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not address.answers():
        children.check()
        if time.monotonic() > deadline:
            raise SystemExit(f"{address.url}/healthz did not answer within {READY_SECONDS} seconds.")
        time.sleep(POLL_SECONDS)


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


@contextlib.contextmanager
def stopping(children: Children, stop_requests: StopRequests) -> Iterator[None]:
    """Stop the children on leaving, whatever the reason."""
    try:
        yield
    finally:
        stop_requests.finishing()
        children.stop()


def watch(children: Children, cluster: Cluster | None) -> None:
    """Returns only by an exception: a request to stop, or the end of something that should not have ended."""
    checked = time.monotonic()
    while True:
        children.check()
        if cluster is not None and time.monotonic() - checked > 1:
            checked = time.monotonic()
            cluster.bound_log()
            if not cluster.is_up():
                raise SystemExit(
                    f"PostgreSQL ended by itself (see {cluster.log}), so everything was stopped."
                )
        time.sleep(WATCH_SECONDS)


def say(text: str) -> None:
    # a terminal that has been closed must not keep anything from being stopped
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
