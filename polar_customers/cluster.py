"""One PostgreSQL cluster in DATA_DIR/postgres, started by who needs it first and stopped by who leaves last.

Ownership is two kernel locks, so that a killed process leaves nothing to clean up: every holder shares
`postgres-holders.lock`, and starting and stopping happen under `postgres-start.lock`, one at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from polar_customers.cluster_settings import AUTHENTICATION, configuration
from polar_customers.exceptions import DatabaseUnavailable
from polar_customers.server_account import Account, account_for, hand_over, programs_for

DATABASE = "polar_customers"
SUPERUSER = "postgres"
PORT = "5432"  # names the socket only: the server does not listen on TCP
SOCKET_PATH_LIMIT = 103  # what fits everywhere: 107 bytes on Linux, 103 on macOS
START_SECONDS = 60
RECOVERY_SECONDS = 900
STOP_SECONDS = 30
POLL_SECONDS = 0.02
LOG_LIMIT = 10 * 1024 * 1024


def socket_directory(data_dir: Path) -> Path:
    """The folder a client names as the host. Known before the server has ever been started."""
    cluster = data_dir / "postgres"
    name = os.fsencode(cluster / f".s.PGSQL.{PORT}")
    # clients read a comma as the start of another host
    if len(name) <= SOCKET_PATH_LIMIT and b"," not in name and _is_text(name):
        return cluster
    return _links_directory() / hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]


class Cluster:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.directory = data_dir / "postgres"
        self.log = data_dir / "postgres.log"
        self.host = str(socket_directory(data_dir))
        self._started: subprocess.Popen[bytes] | None = None
        self._log_begins = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The server runs and accepts connections inside this block. The last of all holders, in whatever
        process, stops it on leaving; a holder that was killed no longer counts."""
        with contextlib.ExitStack() as stack:
            holders = stack.enter_context(self._lock_file("postgres-holders.lock"))
            stack.callback(self._leave, holders)
            with self._alone():
                fcntl.flock(holders, fcntl.LOCK_SH)
                self._ensure_running()
            yield

    def bound_log(self) -> None:
        """Keep the server's log and its predecessor below about 10 MB each."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(self.log, self.log.with_name("postgres.log.1"))
                os.truncate(self.log, 0)

    def is_up(self) -> bool:
        return self.server_pid() is not None or self._problem() is None

    def server_pid(self) -> int | None:
        """The process of the running server, None when there is none."""
        pid = self._noted_pid()
        return pid if pid is not None and self._is_server(pid) else None

    def _leave(self, holders: int) -> None:
        with self._alone():
            try:
                fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._started is not None:
                    self._started.returncode = 0  # others stop it, and Python complains of a child it forgets
                return
            self._stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock_file("postgres-start.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _lock_file(self, name: str) -> Iterator[int]:
        path = self.data_dir / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DatabaseUnavailable(
                f"{path} can't be opened ({error.strerror}): is DATA_DIR yours?"
            ) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _ensure_running(self) -> None:
        try:
            self._link_socket()
            self._wait_until_usable()
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseUnavailable(f"PostgreSQL in {self.directory} can't be started: {error}.") from error

    def _wait_until_usable(self) -> None:
        begun = time.monotonic()
        while (problem := self._problem()) is not None:
            if self._started is not None and self._started.poll() is not None:
                raise DatabaseUnavailable(f"PostgreSQL did not start: {self._last_words()} (see {self.log}).")
            if self._started is None and self.server_pid() is None:
                self._start()
            # a server that says so of itself is replaying what a crash left, or still stopping
            patience = RECOVERY_SECONDS if "the database system is" in problem else START_SECONDS
            if time.monotonic() - begun > patience:
                raise DatabaseUnavailable(
                    f"PostgreSQL in {self.directory} takes no connections after {patience} s: {problem}."
                )
            time.sleep(POLL_SECONDS)

    def _problem(self) -> str | None:
        """Why the product's database can't be used yet, None when it can."""
        if not os.path.exists(self.directory / f".s.PGSQL.{PORT}"):
            return "its socket is missing"
        try:
            with psycopg.connect(
                host=self.host,
                port=PORT,
                user=SUPERUSER,
                dbname="postgres",
                connect_timeout=10,
                autocommit=True,
            ) as connection:
                found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
                if found.fetchone() is None:
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                            sql.Identifier(DATABASE)
                        )
                    )
        except psycopg.OperationalError as error:
            return str(error).strip().splitlines()[-1]
        return None

    def _start(self) -> None:
        account = account_for(self.directory)
        programs = programs_for(account)
        self._initialise(account, programs)
        if account is not None and self.directory.stat().st_uid == 0:  # as a restored backup is
            hand_over(self.directory, account)
        self._write("postgresql.conf", configuration(), account)
        self._write("pg_hba.conf", AUTHENTICATION, account)
        environment = {}
        if (stale := self._noted_pid()) is not None:
            # another program may have this number by now, and PostgreSQL would take it for a running server
            environment["PG_GRANDPARENT_PID"] = str(stale)
        self.bound_log()
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self._log_begins = log.tell()
            self._started = subprocess.Popen(  # noqa: S603
                [programs / "postgres", "-D", _data_argument(self.directory, account), "-c", self._name()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for its holders, who stop it when they have finished
                **_run_as(account, self.directory, environment),
            )

    def _stop(self) -> None:
        for request, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
            pid = self.server_pid()
            if pid is None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, request)
            deadline = time.monotonic() + patience
            while self.server_pid() is not None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                if self._started is not None:
                    self._started.poll()
        if self._started is not None and self.server_pid() is None:
            self._started.wait()

    def _initialise(self, account: Account | None, programs: Path) -> None:
        try:
            made_by = (self.directory / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            made_by = ""
        if made_by:
            ours = _major(programs)
            if made_by != ours:
                raise DatabaseUnavailable(
                    f"{self.directory} was made by PostgreSQL {made_by}, which PostgreSQL {ours} can't "
                    "read: move the data with pg_dump, or choose another DATA_DIR."
                )
            return
        if self.directory.exists():
            if any(self.directory.iterdir()):
                raise DatabaseUnavailable(
                    f"{self.directory} holds files but no PostgreSQL cluster: "
                    "move them away or choose another DATA_DIR."
                )
            self.directory.rmdir()
        # made beside its place and renamed, so that an interrupted attempt is never taken for a cluster
        fresh = self.data_dir / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if account is not None:
            hand_over(fresh, account)
        character_type = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        made = subprocess.run(  # noqa: S603
            [
                programs / "initdb",
                f"--pgdata={_data_argument(fresh, account)}",
                f"--username={SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                # the server's own order of texts, which no update of the system's libraries can change …
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                # … but letters beyond ASCII are letters, for trigrams too
                f"--lc-ctype={character_type}",
                "--no-instructions",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **_run_as(account, fresh, {}),
        )
        if made.returncode != 0:
            said = (made.stderr or made.stdout).strip().splitlines()
            raise DatabaseUnavailable(
                f"PostgreSQL could not create {self.directory}: {said[-1] if said else '?'}"
            )
        fresh.rename(self.directory)

    def _write(self, name: str, text: str, account: Account | None) -> None:
        # by the account itself: a link it had put there must not lead root to another file
        subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'cat > "$0.new" && mv "$0.new" "$0"', name],
            input=text.encode(),
            check=True,
            **_run_as(account, self.directory, {}),
        )

    def _noted_pid(self) -> int | None:
        try:
            return int((self.directory / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_server(self, pid: int) -> bool:
        if sys.platform != "linux":
            try:
                os.kill(pid, 0)
            except OSError:
                return False
            return True
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self._name()) in command.split(b"\0")

    def _name(self) -> str:
        # tells the server, to root without further rights too, from a stranger that got its number
        found = self.directory.stat()
        return f"cluster_name=polar-customers-{found.st_dev}-{found.st_ino}"

    def _link_socket(self) -> None:
        link = Path(self.host)
        if link == self.directory:
            return
        _make_private(link.parent)
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(link) == str(self.directory):
                return
            link.unlink()
        link.symlink_to(self.directory)

    def _last_words(self) -> str:
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._log_begins)
            said = log.read().splitlines()
        # not what it answered to our own attempts to connect
        reasons = [
            line.split("FATAL:")[-1].split("PANIC:")[-1].strip()
            for line in said
            if ("FATAL:" in line or "PANIC:" in line) and "the database system is" not in line
        ]
        return (reasons or said or ["it said nothing"])[-1]


def _run_as(account: Account | None, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "cwd": folder,
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **environment},
        "umask": 0o077,
    }
    if account is not None:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def _data_argument(folder: Path, account: Account | None) -> str:
    # another account may be unable to pass the folders above, but it is started inside
    return str(folder) if account is None or sys.platform != "linux" else "/proc/self/cwd"


def _major(programs: Path) -> str:
    command = [str(programs / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return answer.stdout.split()[-1].split(".")[0]


def _is_text(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _links_directory() -> Path:
    private = f"polar-customers-{os.geteuid()}"
    folder = Path(tempfile.gettempdir()).resolve() / private
    longest = len(os.fsencode(folder)) + len(f"/{'0' * 16}/.s.PGSQL.{PORT}")
    return folder if longest <= SOCKET_PATH_LIMIT else Path("/tmp") / private  # noqa: S108 made private below


def _make_private(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise DatabaseUnavailable(f"{folder} is not a private folder of this user: remove it or set TMPDIR.")
