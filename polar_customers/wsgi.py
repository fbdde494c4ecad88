"""The product as a WSGI application."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polar_customers.settings")
django.setup(set_prefix=False)

from api.wsgi import Handler  # noqa: E402 the settings are read first

application = Handler()
