"""Secrets that an installation makes for itself, once, and keeps in its DATA_DIR."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """What stands in the file at `path`, which only its owner can read; written now, with what `make` returns, when
    there is none. However many processes ask at once, they get the same."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make(), encoding="ascii")
        try:
            os.link(fresh, path)  # unlike a rename, it loses against a process that was faster
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text(encoding="ascii")
