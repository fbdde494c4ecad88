"""Events that were sent more than once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from customers.external_ids import MAX_LENGTH
from metrics.models.events import Event
from organizations.fields import OrganizationForeignKey
from organizations.models import Organization


class Difference(models.TextChoices):
    """What a duplicate can say otherwise than the event that is stored."""

    NAME = "name", "name"
    EXTERNAL_CUSTOMER_ID = "external_customer_id", "external customer ID"
    CUSTOMER_ID = "customer_id", "customer"
    TIMESTAMP = "timestamp", "time"
    METADATA = "metadata", "metadata"


class Duplicates(models.Model):
    """How often an event was sent again, and what the last of these said otherwise that didn't say the same.

    The event itself stays as it came first; this is kept to answer why what was sent isn't there. The database
    guarantees (migration 0006) that the event is one of the organization's, and that the number never falls.
    """

    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, related_name="duplicates", primary_key=True, db_constraint=False
    )
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    count = models.BigIntegerField(help_text="How often it was sent again.")
    first_at = models.DateTimeField(help_text="When that was for the first time.")
    last_at = models.DateTimeField(help_text="When that was for the last time.")
    differed_at = models.DateTimeField(
        null=True, help_text="When one last said anything else than the event."
    )
    differences = ArrayField(models.TextField(choices=Difference.choices), default=list)
    external_customer_id = models.CharField(
        "external customer ID",
        max_length=MAX_LENGTH,
        null=True,
        db_collation="C",
        help_text="Whose it was then, when it is another's than the event's.",
    )

    class Meta:
        db_table = "event_duplicates"
        constraints = (
            models.CheckConstraint(
                condition=Q(count__gte=1, first_at__lte=models.F("last_at")), name="event_duplicates_count"
            ),
            models.CheckConstraint(
                condition=Q(differed_at__isnull=False)
                | Q(differences__len=0, external_customer_id__isnull=True),
                name="event_duplicates_differed",
            ),
        )
        indexes = (
            models.Index(
                "organization",
                "external_customer_id",
                "differed_at",
                name="idx_event_duplicates_other_id",
                condition=Q(external_customer_id__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_id}: {self.count}"
