"""Makes .venv/ hold what a requirements file says: `python3 script/prepare.py requirements.txt`.

Needs nothing but Python's own library. Does nothing when the last complete installation was of the same file."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def main() -> None:
    name = sys.argv[1]
    if is_current(name):
        return
    with one_at_a_time():
        if is_current(name):  # what was waited for has done it
            return
        if not works():
            make_environment()
        install(name)


def is_current(name: str) -> bool:
    try:
        return PYTHON.exists() and stamp(name).read_text(encoding="ascii") == fingerprint(name)
    except OSError:
        return False


def stamp(name: str) -> Path:
    return ENVIRONMENT / f".{name}.sha256"


def fingerprint(name: str) -> str:
    """Of all that decides what gets installed: the files and the interpreter."""
    digest = hashlib.sha256(os.path.realpath(PYTHON).encode())
    for file in (name, *included(name)):
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()


def included(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.split()[1] for line in lines if line.startswith("-r ")]


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def works() -> bool:
    check = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(check, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def make_environment() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        sys.exit(
            f"Python {version} of this machine can't make a virtual environment: install its venv module "
            f"(on Debian and Ubuntu: apt install python{version}-venv)."
        )
    run(
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
        f"The virtual environment {ENVIRONMENT} could not be made.",
    )


def install(name: str) -> None:
    print(f"Installing the Python packages of {name} into .venv …", file=sys.stderr, flush=True)
    for outdated in ENVIRONMENT.glob(".*.sha256"):
        outdated.unlink()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run([*pip, "-r", str(ROOT / name)], f"The packages of {name} could not be installed.")
    for file in (name, *included(name)):
        fresh = stamp(file).with_suffix(".new")
        fresh.write_text(fingerprint(file), encoding="ascii")
        fresh.rename(stamp(file))


def run(command: list[str], complaint: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print((done.stdout + done.stderr).strip(), file=sys.stderr)
        sys.exit(complaint)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{error.filename or ROOT} can't be written to ({error.strerror}).")
