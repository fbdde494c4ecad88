"""What the tests that start real processes share."""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def until(condition: Callable[[], object], seconds: float = 20) -> object:
    """The first true value of the condition; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        select.select([], [], [], 0.01)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**given: object) -> dict[str, str]:
    """A small environment of its own, without what the test run itself was given."""
    return {"PATH": os.environ["PATH"], **{name: str(value) for name, value in given.items()}}


def processes_of_session(session: int) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(state[3]) == session and state[0] != "Z":
                found.append(int(entry))
    return found


class Program:
    """A Python program in a session of its own, whose output can be waited for."""

    def __init__(self, *arguments: str, env: dict[str, str]) -> None:
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self.process.pid

    def wait_for(self, text: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert self._read(deadline - time.monotonic()), f"ended or silent before {text!r}:\n{self.output}"

    def end(self, seconds: float = 20) -> int:
        """Its exit code, after all of its output has been read."""
        deadline = time.monotonic() + seconds
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def leave_nothing(self) -> None:
        """Called by fixtures, so that a failed test leaves no process behind."""
        for pid in processes_of_session(self.pid):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _read(self, seconds: float) -> bool:
        readable, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        assert readable, f"nothing more was said in time:\n{self.output}"
        data = os.read(self.process.stdout.fileno(), 65536)
        self.output += data.decode()
        return bool(data)
