"""Usage events: what happened, to which customer, when."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from api.metadata import MetadataField
from customers.external_ids import MAX_LENGTH
from customers.models import Customer
from metrics.event_rules import MAX_NAME_LENGTH
from metrics.models.unmatched import UnmatchedID
from metrics.querysets import EventQuerySet
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization

EXTERNAL_ID_INDEX = "idx_events_external_id"


class EventName(models.Model):
    """A name that the organization has given to events. Events refer to it, so that a hundred million of them hold a
    number each, and the list of names is read without looking at one. Names are never changed or removed."""

    id = models.BigAutoField(primary_key=True)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH, db_collation="C", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "event_names"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="event_names_name_unique"),
        )

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One thing that a customer used. It never changes, but for the customer that it waits for.

    Which external customer ID it came under isn't kept here: it is the customer's, which never changes, or that of the
    UnmatchedID that it waits under. The database guarantees (migration 0002) that all of them are of one organization,
    that a bound event stays bound, and that no row is removed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.ForeignKey(
        EventName, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    unmatched = models.ForeignKey(
        UnmatchedID,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_constraint=False,
        db_index=False,
        help_text="What it waits under, or waited under until it was bound; null when it never had to.",
    )
    timestamp = models.DateTimeField(help_text="When it happened.")
    received_at = models.DateTimeField(editable=False, help_text="When it arrived here.")
    named_customer = models.BooleanField(
        help_text="Whether it came with our ID of the customer instead of the external one."
    )
    external_id = models.CharField(
        "event's own ID", max_length=MAX_LENGTH, null=True, db_collation="C", editable=False
    )
    metadata = MetadataField()

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "events"
        ordering = ("-timestamp", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "external_id"),
                condition=Q(external_id__isnull=False),
                name=EXTERNAL_ID_INDEX,
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(unmatched__isnull=False), name="events_somebodys"
            ),
        )
        # Each costs every event its share, so they are narrow, and ties of a list's order are broken without them.
        indexes = (
            models.Index("organization", "timestamp", name="idx_events_timestamp"),
            models.Index("name", "timestamp", name="idx_events_name"),
            models.Index(
                "customer", "timestamp", name="idx_events_customer", condition=Q(customer__isnull=False)
            ),
            models.Index(
                "unmatched", "timestamp", name="idx_events_unmatched", condition=Q(customer__isnull=True)
            ),
            models.Index(
                "organization", "timestamp", name="idx_events_waiting", condition=Q(customer__isnull=True)
            ),
            # For the foreign key, whenever an UnmatchedID under which nothing waited is removed.
            models.Index(
                "organization", "unmatched", name="idx_events_waited", condition=Q(unmatched__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def owner_id(self) -> uuid.UUID | None:
        """Whose it is, also while it is still to be bound to them."""
        return self.customer_id or (self.unmatched.customer_id if self.unmatched else None)

    @property
    def external_customer_id(self) -> str | None:
        """Its customer's, or the one that it waits under."""
        known: Customer | UnmatchedID | None = self.customer or self.unmatched
        own_id: str | None = known.external_customer_id if known else None
        return own_id


class EventBatch(models.Model):
    """Events that were stored by one call and aren't in the rollups yet: those whose IDs lie from `id` to `last_id`,
    which no other call's do. The row goes when they are added."""

    id = models.UUIDField(primary_key=True, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    last_id = models.UUIDField(editable=False)
    size = models.IntegerField(editable=False)

    class Meta:
        db_table = "event_batches"
        constraints = (
            models.CheckConstraint(
                condition=Q(size__gte=1, last_id__gte=F("id")), name="event_batches_range"
            ),
        )
        indexes = (models.Index("organization", "id", name="idx_event_batches"),)

    def __str__(self) -> str:
        return str(self.id)
