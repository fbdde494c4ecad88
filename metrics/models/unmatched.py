"""External customer IDs that events came under while nobody held them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.external_ids import MAX_LENGTH
from customers.models import Customer
from metrics.querysets import UnmatchedIDQuerySet
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization

_OPEN = Q(customer__isnull=True)


class UnmatchedID(models.Model):
    """An external customer ID and the events that wait under it. Open until a customer gets the ID: from that moment
    on every one of its events is that customer's, bound already or not.

    The database itself gives the customer (a trigger on customers, migration 0002), in the transaction in which it
    gets the ID and whoever writes it. Events that arrive under the ID once that customer was deleted wait in another
    row. Whoever makes an event wait holds the row's lock, and so does whoever gets the ID: no event falls between.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    external_customer_id = models.CharField(
        "external customer ID", max_length=MAX_LENGTH, db_collation="C", editable=False
    )
    count = models.BigIntegerField(default=0, help_text="How many events wait, or waited.")
    first_seen = models.DateTimeField(default=timezone.now, help_text="When the earliest of them happened.")
    last_seen = models.DateTimeField(default=timezone.now, help_text="When the latest of them happened.")
    names = ArrayField(models.BigIntegerField(), default=list, help_text="Which names of events they have.")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    claimed_at = models.DateTimeField(null=True, help_text="When the customer got the ID.")
    bound_at = models.DateTimeField(null=True, help_text="When the last of the events was bound to it.")

    objects: ClassVar[UnmatchedIDQuerySet] = UnmatchedIDQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "unmatched_ids"
        verbose_name = "unmatched ID"
        ordering = ("-last_seen", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "external_customer_id"),
                condition=_OPEN,
                name="unmatched_ids_open_unique",
            ),
            models.UniqueConstraint(
                fields=("organization", "id"), name="unmatched_ids_organization_id_unique"
            ),
        )
        indexes = (
            models.Index("organization", "last_seen", "id", name="idx_unmatched_last_seen", condition=_OPEN),
            models.Index("organization", "count", "id", name="idx_unmatched_count", condition=_OPEN),
            # What is still to be bound, and whose it is.
            models.Index(
                "organization",
                "customer",
                name="idx_unmatched_unbound",
                condition=Q(customer__isnull=False, bound_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.external_customer_id
