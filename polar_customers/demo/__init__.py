"""The demo: two businesses with believable customers and sales, people who may log in, and a token for the API."""

from polar_customers.demo.access import banner_facts, login_facts
from polar_customers.demo.loading import DemoLoaded, is_empty, is_loaded, load, load_if_empty

__all__ = ["DemoLoaded", "banner_facts", "is_empty", "is_loaded", "load", "load_if_empty", "login_facts"]
