from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from polar_customers.embedded import provide_database
from polar_customers.serving import Children, Stopped, StopRequests, say, stopping, watch


class Command(BaseCommand):
    help = "Runs a background worker by itself, until Ctrl-C or SIGTERM; `serve` already has one."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WORKER_THREADS:
            raise CommandError("WORKER_THREADS must be 1 or more for a worker.")
        stop_requests = StopRequests()
        try:
            children = Children(stop_requests)
            with provide_database(os.environ) as cluster, stopping(children, stop_requests):
                children.start("worker", "polar_customers.worker")
                watch(children, cluster)
        except Stopped:
            say("Stopped.")
