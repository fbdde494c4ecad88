from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from api.readiness import migrations_are_pending
from polar_customers.embedded import provide_database
from polar_customers.serving import (
    ROOT,
    Address,
    Children,
    Stopped,
    StopRequests,
    emptied,
    say,
    stopping,
    wait_until_ready,
    watch,
    web_server_arguments,
)

# Folders of packages that no page of ours uses: a third of the time of a first start
UNUSED_STATIC = ["redoc", "rest_framework"]
OFF = ("0", "off", "no", "false")


class Command(BaseCommand):
    help = (
        "Sets everything up, runs the product and stops it together with its database on Ctrl-C or SIGTERM."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop_requests = StopRequests()
        try:
            address = Address.from_environment(os.environ)
            web_server = web_server_arguments(address, os.environ)
            address.check_free()
            children = Children(stop_requests)
            with provide_database(os.environ) as cluster, stopping(children, stop_requests):
                set_up()
                metrics = emptied(settings.DATA_DIR / "prometheus" / str(address.port))
                children.start(
                    "web server",
                    "polar_customers.web_server",
                    web_server,
                    {"PROMETHEUS_MULTIPROC_DIR": str(metrics)},
                )
                said = banner(settings.PUBLIC_URL or address.url)  # takes a while, as the web server does
                wait_until_ready(address, children)
                if settings.WORKER_THREADS:
                    children.start("worker", "polar_customers.worker", restarts=True)
                print(said, flush=True)
                watch(children, cluster)
        except Stopped:
            say("Stopped.")


def set_up() -> None:
    """Bring the database, the static files and the demo data up to date; quick when they are."""
    with one_at_a_time(settings.DATA_DIR / "setup.lock"):
        migrate()
        collect_static_files()
        if demo_wanted():
            from polar_customers import demo

            demo.load_if_empty()
        connections.close_all()


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate() -> None:
    if migrations_are_pending():
        say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)


def collect_static_files() -> None:
    mark = settings.DATA_DIR / "static.sha256"
    current = static_files_digest()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists() and mark.exists() and mark.read_text(encoding="ascii") == current:
        return
    say("Collecting static files …")
    mark.unlink(missing_ok=True)
    call_command("collectstatic", ignore_patterns=UNUSED_STATIC, interactive=False, verbosity=0)
    mark.write_text(current, encoding="ascii")


def static_files_digest() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def demo_wanted() -> bool:
    return os.environ.get("DEMO", "").strip().lower() not in OFF


def banner(url: str) -> str:
    """What a newcomer needs next."""
    places = {"Dashboard": "/", "API": "/v1", "API docs": "/v1/docs", "Admin": "/admin/"}
    lines = ["", f"{settings.PRODUCT_NAME} is running.", ""]
    lines += [f"  {name:<10} {url}{path}" for name, path in places.items()]
    lines += ["", access(url), "", "Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def access(url: str) -> str:
    if demo_wanted():
        from polar_customers import demo

        facts = demo.banner_facts(url) if demo.is_loaded() else ""
        connections.close_all()
        if facts:
            return facts
    manage = shlex.join([sys.executable, str(ROOT / "manage.py")])
    if given := os.environ.get("DATA_DIR"):
        manage = f"DATA_DIR={shlex.quote(given)} {manage}"
    if os.environ.get("DATABASE_URL"):
        manage = f'DATABASE_URL="$DATABASE_URL" {manage}'
    return "\n".join(
        [
            "There is no demo data. Make an organization, a login and a token in another terminal:",
            f"  {manage} create_organization acme --name 'Acme Inc'",
            f"  {manage} create_user you@example.com --organization acme --role owner",
            f"  {manage} create_token acme",
        ]
    )
