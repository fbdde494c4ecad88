import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import psycopg
import pytest

from polar_customers.cluster import Cluster
from polar_customers.embedded import connection_parameters, provide_database
from polar_customers.serving import Address, web_server_arguments
from polar_customers.tests.processes import (
    ROOT,
    Program,
    environment,
    free_port,
    processes_of_session,
    until,
)

RUNNING = "Ctrl-C stops everything."


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A DATA_DIR on which the product has been set up once, and what it said then."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    served = Served(folder)
    try:
        served.wait_for(RUNNING)
        os.kill(served.pid, signal.SIGTERM)
        assert served.end(seconds=15) == 0
        assert served.has_left_nothing()
    finally:
        served.leave_nothing()
    return folder, served.output


@pytest.fixture
def serve(prepared):
    programs = []

    def start(**given):
        program = Served(prepared[0], **given)
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.leave_nothing()
    if pid := Cluster(prepared[0]).server_pid():
        os.kill(pid, signal.SIGKILL)


class Served(Program):
    def __init__(self, folder: Path, **given: object) -> None:
        self.folder = folder
        self.port = given.setdefault("PORT", free_port())
        super().__init__("manage.py", "serve", env=environment(DATA_DIR=folder, DEMO="0", **given))

    def has_left_nothing(self) -> bool:
        with socket.socket() as probe:
            unheard = probe.connect_ex(("127.0.0.1", self.port)) != 0
        return unheard and not processes_of_session(self.pid) and Cluster(self.folder).server_pid() is None


class Sender(threading.Thread):
    """Sends one batch of events after the other, until one isn't answered."""

    BATCH = 20

    def __init__(self, port, token, name):
        super().__init__(name=name)
        self.acknowledged = []
        self.port, self.token = port, token

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                self.send(len(self.acknowledged))
                self.acknowledged.append(len(self.acknowledged))

    def ids(self, batch):
        return [f"{self.name}-{batch}-{number}" for number in range(self.BATCH)]

    def send(self, batch):
        """How many of its events were new, or are there already."""
        events = [
            {"name": "call", "external_customer_id": "cust_1", "external_id": own} for own in self.ids(batch)
        ]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/events/ingest",
            json.dumps({"events": events}).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return sum(json.load(answer).values())


def new_token(folder):
    """Of a new organization."""
    for command in (["create_organization", "killed", "--name", "Killed"], ["create_token", "killed"]):
        said = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(DATA_DIR=folder),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return said.strip()


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status


def checks(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
        return json.load(answer)["checks"]


def workers(served):
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_of_session(served.pid)}
    return [pid for pid, command in commands.items() if b"polar_customers.worker" in command]


def complaint(**given):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment(**{"DEMO": "0", "PORT": free_port(), **given}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_the_first_start_sets_everything_up_and_says_what_to_do_next(prepared):
    _, said = prepared
    assert "Preparing the database" in said
    assert "Collecting static files" in said
    assert "{" not in said.partition(RUNNING)[0]  # no line of the log
    for command in ("create_organization acme", "create_user you@example.com", "create_token acme"):
        assert f"manage.py {command}" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_the_whole_group_ends_all_of_it(serve, number):
    served = serve()
    served.wait_for(RUNNING)
    assert get(served.port, "/healthz") == 200
    assert "Preparing" not in served.output
    assert "Collecting" not in served.output
    os.killpg(served.pid, number)
    assert served.end(seconds=15) == 0
    assert "Traceback" not in served.output
    assert served.has_left_nothing()


def test_it_can_be_stopped_while_it_sets_up(tmp_path):
    served = Served(tmp_path)
    try:
        served.wait_for("Preparing the database")
        os.kill(served.pid, signal.SIGTERM)
        assert served.end(seconds=15) == 0
        assert served.has_left_nothing()
    finally:
        served.leave_nothing()


def test_it_can_be_stopped_while_a_migration_is_being_committed(tmp_path):
    served = Served(tmp_path)
    try:
        served.wait_for("Preparing the database")
        with contextlib.closing(connected(tmp_path)) as connection:
            # from now on a commit waits for another server, which there isn't
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'another'")
            connection.execute("SELECT pg_reload_conf()")
            commits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            until(lambda: connection.execute(commits).fetchone())
            os.kill(served.pid, signal.SIGTERM)
            assert served.end(seconds=15) == 0
        assert served.output == "Preparing the database …\nStopped.\n"
        assert served.has_left_nothing()
    finally:
        served.leave_nothing()


def serves(process: int) -> bool:
    try:
        return b"web_server" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def test_it_can_be_stopped_while_the_web_server_starts(serve):
    served = serve()
    until(lambda: any(map(serves, processes_of_session(served.pid))))
    os.kill(served.pid, signal.SIGTERM)
    assert served.end(seconds=15) == 0
    assert served.has_left_nothing()


def test_nothing_acknowledged_is_lost_when_all_of_it_is_killed(serve, prepared):
    served = serve()
    served.wait_for(RUNNING)
    token = new_token(prepared[0])
    senders = [Sender(served.port, token, name) for name in "abc"]
    for sender in senders:
        sender.start()
    until(lambda: all(len(sender.acknowledged) > 2 for sender in senders))
    os.killpg(served.pid, signal.SIGKILL)
    os.kill(Cluster(prepared[0]).server_pid(), signal.SIGKILL)
    for sender in senders:
        sender.join()
    until(served.has_left_nothing)

    again = serve(PORT=served.port)
    again.wait_for(RUNNING)
    with connected(prepared[0]) as connection:
        (stored,) = connection.execute(
            "SELECT array_agg(external_id ORDER BY external_id) FROM events"
        ).fetchone()
    acknowledged = {
        event for sender in senders for batch in sender.acknowledged for event in sender.ids(batch)
    }
    assert acknowledged <= set(stored)
    for sender in senders:  # whoever got no answer asks again
        assert sender.send(len(sender.acknowledged)) == Sender.BATCH
    with connected(prepared[0]) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT external_id) FROM events").fetchone()
    assert found == (sum(len(sender.acknowledged) + 1 for sender in senders) * Sender.BATCH,) * 2

    # killed alone, it takes its children along; its server stays, and whoever comes next looks after that
    assert len(processes_of_session(again.pid)) >= 4
    os.kill(again.pid, signal.SIGKILL)
    until(lambda: not processes_of_session(again.pid))
    server = Cluster(prepared[0]).server_pid()
    assert server is not None
    with provide_database({"DATA_DIR": str(prepared[0])}):
        assert Cluster(prepared[0]).server_pid() == server
    assert Cluster(prepared[0]).server_pid() is None


@pytest.mark.parametrize("victim", ["web server", "PostgreSQL"])
def test_it_ends_when_a_part_of_it_ends(serve, prepared, victim):
    served = serve()
    served.wait_for(RUNNING)
    if victim == "PostgreSQL":
        os.kill(Cluster(prepared[0]).server_pid(), signal.SIGKILL)
    else:
        os.kill(min(set(processes_of_session(served.pid)) - {served.pid}), signal.SIGKILL)
    assert served.end() == 1
    assert f"{victim} ended" in served.output
    assert "so everything was stopped." in served.output
    assert served.has_left_nothing()


def test_its_worker_is_started_again_when_it_ends(serve):
    served = serve()
    served.wait_for("worker_started")
    until(lambda: checks(served.port)["worker"] == "ok")
    (worker,) = workers(served)
    served.output = ""
    os.kill(worker, signal.SIGKILL)
    served.wait_for("The worker ended by signal 9 and is started again.")
    served.wait_for("worker_started")
    assert get(served.port, "/healthz") == 200
    assert len(workers(served)) == 1
    os.kill(served.pid, signal.SIGTERM)
    assert served.end(seconds=15) == 0
    assert "worker_stopped" in served.output
    assert served.has_left_nothing()


def test_without_threads_for_it_there_is_no_worker(serve):
    served = serve(WORKER_THREADS="0")
    served.wait_for(RUNNING)
    assert workers(served) == []
    assert get(served.port, "/readyz") == 200


def test_a_busy_port_is_said_before_anything_is_started(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        port = occupant.getsockname()[1]
        said = complaint(DATA_DIR=tmp_path, PORT=port)
    assert said == (f"Port {port} of 127.0.0.1 can't be used: it is in use; choose another one with PORT.\n")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PORT": "http"}, "PORT must be a number from 1 to 65535, not 'http'."),
        ({"PORT": "70000"}, "PORT must be a number from 1 to 65535, not '70000'."),
        ({"HOST": "no.such.host.invalid"}, "HOST 'no.such.host.invalid' is not an address of this machine."),
        ({"WEB_THREADS": "0"}, "WEB_THREADS must be a whole number of 1 or more, not '0'."),
        ({"WEB_WORKERS": "two"}, "WEB_WORKERS must be a whole number of 1 or more, not 'two'."),
    ],
)
def test_a_setting_that_can_not_be_right_is_one_sentence(given, said):
    with pytest.raises(SystemExit) as refusal:
        web_server_arguments(Address.from_environment(given), given)
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a:s3cret@b/c", "DATABASE_URL must begin with postgresql://"),
        ("postgresql://a:s3cret@127.0.0.1:1/c", "can't be used: Connection refused."),
    ],
)
def test_a_database_that_can_not_be_used_is_one_sentence(tmp_path, url, said):
    sentence = complaint(DATA_DIR=tmp_path, DATABASE_URL=url)
    assert said in sentence
    assert "s3cret" not in sentence


def test_a_data_dir_that_can_not_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    assert "can't be written to" in complaint(DATA_DIR=tmp_path / "file" / "data")


def connected(folder):
    parameters = connection_parameters({"DATA_DIR": str(folder)})
    return psycopg.connect(
        host=parameters["HOST"], user=parameters["USER"], dbname=parameters["NAME"], autocommit=True
    )
