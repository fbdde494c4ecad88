"""The product as a WSGI application."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 the settings are read first
from django.core.signals import request_started  # noqa: E402
from django.db import close_old_connections, reset_queries  # noqa: E402

from api.wsgi import Handler  # noqa: E402

# The end of each request does the one for the next, and the other is for DEBUG.
request_started.disconnect(close_old_connections)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)

application = Handler()
