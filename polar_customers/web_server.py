"""granian, with the product imported once before it forks its workers: they are ready at once and share memory."""

from __future__ import annotations

import gc
import importlib
import sys

from django.db import connections
from django.urls import get_resolver
from granian.cli import entrypoint

TARGET = "polar_customers.wsgi:application"


def preload() -> None:
    importlib.import_module(TARGET.partition(":")[0])
    _ = get_resolver().url_patterns  # or each worker would import the views at its first request
    connections.close_all()  # none of them may inherit a conversation with the database
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    preload()
    sys.argv.append(TARGET)
    entrypoint()  # type: ignore[no-untyped-call]
