import gc
import os
import shutil
import signal
import subprocess
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from polar_customers import server_account
from polar_customers.cluster import LOG_LIMIT, SOCKET_PATH_LIMIT, Cluster
from polar_customers.embedded import (
    DatabaseUnavailable,
    check_version,
    connection_parameters,
    data_dir,
    provide_database,
)
from polar_customers.tests.processes import Program, environment, free_port


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A cluster that has been started once, to be copied by the tests that don't care how it came to be."""
    folder = tmp_path_factory.mktemp("pristine")
    with provide_database({"DATA_DIR": str(folder)}):
        pass
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    copy = tmp_path / "data"
    subprocess.run(["cp", "-a", pristine, copy], check=True)
    yield copy
    if pid := Cluster(copy).server_pid():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def hold(folder):
    programs = []

    def start():
        program = Program("-m", "polar_customers.tests.holder", env=environment(DATA_DIR=folder))
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.leave_nothing()


@contextmanager
def connected(folder, **given):
    parameters = connection_parameters({"DATA_DIR": str(folder)})
    with psycopg.connect(
        host=parameters["HOST"],
        port=parameters["PORT"],
        user=parameters["USER"],
        dbname=parameters["NAME"],
        autocommit=True,
        **given,
    ) as connection:
        yield connection


def leave(program):
    program.process.stdin.close()
    assert program.end() == 0
    assert "left" in program.output


def test_first_start_makes_a_private_durable_unicode_database(tmp_path):
    folder = tmp_path / "data"
    above = [(path, path.stat().st_mode) for path in (tmp_path, *tmp_path.parents)]
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in (
                "server_encoding",
                "fsync",
                "synchronous_commit",
                "listen_addresses",
                "max_connections",
            )
        }
        connection.execute("CREATE EXTENSION pg_trgm")
        lowered, trigrams = connection.execute("SELECT lower('ÄÖÉ'), show_trgm('客户')").fetchone()
    assert shown == {
        "server_encoding": "UTF8",
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "max_connections": "200",
    }
    assert lowered == "äöé"
    assert len(trigrams) == 3
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
    assert (folder / "postgres").stat().st_uid != 0
    assert (folder / "postgres.log").stat().st_mode & 0o077 == 0
    assert [(path, path.stat().st_mode) for path, _ in above] == above


def test_the_last_to_leave_stops_the_server(folder, hold):
    first, second = hold(), hold()
    first.wait_for("ready")
    second.wait_for("ready")
    leave(first)
    with connected(folder) as connection:
        connection.execute("SELECT 1")
    leave(second)
    assert Cluster(folder).server_pid() is None


def test_a_server_that_others_go_on_holding_is_left_to_them_without_a_word(folder, hold):
    cluster = Cluster(folder)
    with cluster.held():
        other = hold()
        other.wait_for("ready")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        del cluster
        gc.collect()
    assert said == []
    assert Cluster(folder).is_up()
    leave(other)


def test_a_killed_holder_no_longer_counts(folder, hold):
    killed = hold()
    killed.wait_for("ready")
    server = Cluster(folder).server_pid()
    os.kill(killed.pid, signal.SIGKILL)
    killed.end()
    assert Cluster(folder).server_pid() == server
    with provide_database({"DATA_DIR": str(folder)}):
        assert Cluster(folder).server_pid() == server
    assert Cluster(folder).server_pid() is None


def test_nothing_acknowledged_is_lost_when_everything_is_killed(folder, hold):
    killed = hold()
    killed.wait_for("ready")
    with connected(folder) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 100000)")
    server = Cluster(folder).server_pid()
    os.kill(killed.pid, signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (100000,)


def test_another_program_with_the_number_of_the_killed_server_is_left_alone(folder):
    with provide_database({"DATA_DIR": str(folder)}):
        noted = (folder / "postgres" / "postmaster.pid").read_text().split("\n")
    stranger = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        (folder / "postgres" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *noted[1:]]))
        with provide_database({"DATA_DIR": str(folder)}):
            assert Cluster(folder).server_pid() != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.stdin.close()
        stranger.wait()


def test_two_that_start_at_once_share_one_server(tmp_path):
    programs = [
        Program("-m", "polar_customers.tests.holder", env=environment(DATA_DIR=tmp_path / "data"))
        for _ in range(2)
    ]
    try:
        for program in programs:
            program.wait_for("ready")
        for program in programs:
            leave(program)
    finally:
        for program in programs:
            program.leave_nothing()
    assert Cluster(tmp_path / "data").server_pid() is None


def test_what_an_interrupted_first_start_left_is_no_hindrance(tmp_path):
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with provide_database({"DATA_DIR": str(tmp_path)}), connected(tmp_path) as connection:
        connection.execute("SELECT 1")
    assert not (tmp_path / "postgres.new").exists()


def test_a_path_too_long_or_too_strange_for_a_socket_works(pristine, tmp_path):
    folder = tmp_path / ("long" * 30) / "with, comma"
    folder.parent.mkdir()
    subprocess.run(["cp", "-a", pristine, folder], check=True)
    host = connection_parameters({"DATA_DIR": str(folder)})["HOST"]
    assert len(host) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT
    assert "," not in host
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as connection:
        connection.execute("SELECT 1")
    os.unlink(host)


def test_a_folder_of_another_postgresql_or_of_other_files_is_refused(tmp_path):
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "notes.txt").touch()
    with (
        pytest.raises(DatabaseUnavailable, match="no PostgreSQL cluster"),
        provide_database({"DATA_DIR": str(tmp_path)}),
    ):
        pass
    (cluster / "PG_VERSION").write_text("14\n")
    with (
        pytest.raises(DatabaseUnavailable, match=r"made by PostgreSQL 14, which PostgreSQL \d+ can't read"),
        provide_database({"DATA_DIR": str(tmp_path)}),
    ):
        pass


def test_a_server_that_can_not_start_says_why(folder):
    (folder / "postgres" / "global" / "pg_control").unlink()
    with (
        pytest.raises(DatabaseUnavailable, match=r"did not start: .*pg_control"),
        provide_database({"DATA_DIR": str(folder)}),
    ):
        pass


def test_the_log_stays_small(tmp_path):
    cluster = Cluster(tmp_path)
    cluster.log.write_bytes(b"x" * (LOG_LIMIT + 1))
    cluster.bound_log()
    assert cluster.log.stat().st_size == 0
    assert (tmp_path / "postgres.log.1").stat().st_size == LOG_LIMIT + 1


def test_a_copy_of_the_programs_can_be_run_by_everybody(tmp_path, monkeypatch):
    monkeypatch.setattr(server_account, "PROGRAMS_COPY", tmp_path / "programs")
    installed = server_account.programs_for(None).parent
    before = os.umask(0o077)
    try:
        copied = server_account._copied(installed.parent)
    finally:
        os.umask(before)
    assert server_account._readable(copied)
    shutil.rmtree(copied / "lib" / "pkgconfig", ignore_errors=True)
    for program in ("initdb", "postgres"):
        subprocess.run([copied / "bin" / program, "--version"], check=True, capture_output=True)


def test_a_data_dir_that_can_not_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"DATA_DIR .*file/data can't be written to"):
        data_dir({"DATA_DIR": str(tmp_path / "file" / "data")})


def test_a_relative_data_dir_is_taken_from_the_root_of_the_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = os.path.join(os.environ["DATA_DIR"], "relative")
    assert data_dir({"DATA_DIR": relative}) == Path(__file__).resolve().parents[2] / relative
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://me:s3cret@host/db", "must begin with postgresql://"),
        ("s3cret", "must begin with postgresql://"),
        ("postgresql://me:s3cret@host:port/db", "can't be understood"),
        ("postgresql://me:s3cret%@host/db", "can't be understood"),
        ("postgresql://me:s3cret@host/db?nonsense=1", "can't be understood"),
        ("postgresql://me:s3cret@host:70000/db", "port that does not exist"),
        ("postgresql://me:s3cret@host", "names no database"),
    ],
)
def test_a_wrong_database_url_is_refused_without_its_password(url, complaint):
    with pytest.raises(ImproperlyConfigured) as refusal:
        connection_parameters({"DATABASE_URL": url})
    assert str(refusal.value).startswith("DATABASE_URL ")
    assert complaint in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_a_database_url_becomes_djangos_parameters():
    url = "postgresql://me:p%40ss@db.example:6432/polar?sslmode=require&connect_timeout=3"
    assert connection_parameters({"DATABASE_URL": url}) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "polar",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require", "connect_timeout": "3"},
    }


def test_a_database_url_is_checked(folder):
    with provide_database({"DATA_DIR": str(folder)}), connected(folder) as connection:
        host = quote(connection_parameters({"DATA_DIR": str(folder)})["HOST"], safe="")
        with provide_database({"DATABASE_URL": f"postgresql://postgres@{host}/polar_customers"}) as cluster:
            assert cluster is None
        connection.execute(
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
        )
        for database, complaint in (
            ("ascii", "has the encoding SQL_ASCII"),
            ("gone", '"gone" does not exist'),
        ):
            with (
                pytest.raises(DatabaseUnavailable, match=complaint),
                provide_database({"DATABASE_URL": f"postgresql://postgres@{host}/{database}"}),
            ):
                pass


def test_an_unreachable_database_is_one_sentence():
    url = f"postgresql://me:s3cret@127.0.0.1:{free_port()}/polar"
    with pytest.raises(DatabaseUnavailable) as refusal, provide_database({"DATABASE_URL": url}):
        pass
    assert str(refusal.value) == (
        "The database of DATABASE_URL (127.0.0.1, database polar) can't be used: Connection refused."
    )


def test_a_database_that_never_answers_is_given_up_on():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/polar?connect_timeout=2"
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="timeout"), provide_database({"DATABASE_URL": url}):
            pass
    assert time.monotonic() - begun < 5


def test_a_postgresql_that_is_too_old_is_refused():
    check_version(150000)
    with pytest.raises(DatabaseUnavailable, match="PostgreSQL 14, and 15 or newer is needed"):
        check_version(140011)
