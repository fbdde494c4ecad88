"""A pytest plugin: it keeps tests away from the data of a running product. (conftest.py provides their database.)"""

from __future__ import annotations

import os

# before Django's settings are read, and once: a worker of pytest-xdist inherits what was set for its parent
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["DATA_DIR"] = os.path.join(os.environ.get("DATA_DIR") or ".data", "test")
