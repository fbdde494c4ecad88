"""What an access token may do. A scope is `resource:read` or `resource:write`; write does not include read."""

from django.db import models


class Scope(models.TextChoices):
    CUSTOMERS_READ = "customers:read", "Read customers"
    CUSTOMERS_WRITE = "customers:write", "Create, change and delete customers"
    PRODUCTS_READ = "products:read", "Read products"
    PRODUCTS_WRITE = "products:write", "Create, change and archive products"
    CHECKOUT_SESSIONS_READ = "checkout_sessions:read", "Read checkout sessions, with the links to their pages"
    CHECKOUT_SESSIONS_WRITE = "checkout_sessions:write", "Create, change and expire checkout sessions"
    ORDERS_READ = "orders:read", "Read orders"
    EVENTS_READ = "events:read", "Read events"
    EVENTS_WRITE = "events:write", "Send events and define meters"
    METRICS_READ = "metrics:read", "Read figures: revenue, orders, customers and usage"


ALL_SCOPES: tuple[str, ...] = tuple(Scope.values)
