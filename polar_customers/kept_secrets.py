"""Secrets that an installation makes for itself, once, and keeps in its DATA_DIR."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """What stands in the file at `path`, which only its owner can read; written now, with what `make` returns, when
    there is none. However many ask at once, they get the same."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=path.name) as fresh:
            fresh.write(make())
            fresh.flush()
            with contextlib.suppress(FileExistsError):
                os.link(fresh.name, path)  # unlike a rename, it loses against whoever was faster
        return path.read_text(encoding="ascii")
