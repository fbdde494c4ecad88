"""Holds the database until it may leave: a process of its own for the tests of who stops the server."""

import os
import sys

from polar_customers.embedded import provide_database

with provide_database(os.environ):
    print("ready", flush=True)
    sys.stdin.read()
print("left", flush=True)
