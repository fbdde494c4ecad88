"""What the embedded PostgreSQL is told: durable, private, and no larger than a small machine can carry."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MEGABYTE = 1024 * 1024

CONFIGURATION = """\
# Written at each start. To change a setting for good, use ALTER SYSTEM: postgresql.auto.conf wins.
listen_addresses = ''
unix_socket_directories = '.'
unix_socket_permissions = 0700
max_connections = 200

shared_buffers = {shared_buffers}MB
effective_cache_size = {effective_cache_size}MB
maintenance_work_mem = {maintenance_work_mem}MB
work_mem = 16MB
random_page_cost = 1.1
jit = off

fsync = on
full_page_writes = on
synchronous_commit = on
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

# Without statements and details, so that no customer's data gets into the log
log_line_prefix = '%m [%p] '
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"""
AUTHENTICATION = "# Only the socket is open, and only its owner and root can reach it.\nlocal all all trust\n"


def configuration() -> str:
    """The whole of postgresql.conf for this machine."""
    memory = _memory() // MEGABYTE
    return CONFIGURATION.format(
        shared_buffers=_between(32, memory // 8, 512),
        effective_cache_size=max(128, memory // 2),
        maintenance_work_mem=_between(32, memory // 16, 256),
    )


def _memory() -> int:
    """What this machine, or the container, has."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(limit).read_text(encoding="ascii")))
    return min(found)


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
