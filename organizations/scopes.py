"""What an access token may do. A scope is `resource:read` or `resource:write`; write does not include read."""

from django.db import models


class Scope(models.TextChoices):
    CUSTOMERS_READ = "customers:read", "Read customers"
    CUSTOMERS_WRITE = "customers:write", "Create, change and delete customers"


ALL_SCOPES: tuple[str, ...] = tuple(Scope.values)
