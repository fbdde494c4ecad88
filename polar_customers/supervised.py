"""Runs a module that ends with the process that started it, whatever ended that: `python -m polar_customers.supervised
PARENT_PID MODULE ARGUMENTS`. A server killed the hard way must not leave children that hold its port."""

from __future__ import annotations

import ctypes
import functools
import multiprocessing
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Have the kernel kill this process when that parent ends, or end now if it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _in_child(parent: int) -> None:
    end_with(parent)
    # The handlers of its parent would swallow a request to stop until it has installed its own.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def main() -> None:
    end_with(int(sys.argv[1]))
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # its log lines may go to a terminal that is not its own
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # the only one that tells a child of ours before it runs
        os.register_at_fork(after_in_child=functools.partial(_in_child, os.getpid()))
    module = sys.argv[2]
    sys.argv[:] = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
