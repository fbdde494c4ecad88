"""Sums of orders, checkout sessions and new customers, kept so that reports don't count them one by one.

Whoever writes one of those leaves a mark of it in the same transaction: triggers do (migration 0008). A tally holds the
marks that were added to it and aren't there any more, so at any moment both together are what there is.
`metrics.services.tallies` adds them, and nobody else. Days and quarters of an hour are those of UTC.
"""

from __future__ import annotations

from django.db import models

from organizations.fields import OrganizationForeignKey
from organizations.models import Organization


class Tallied(models.Model):
    """How many of a source there are, and what they come to: of orders, in each currency, their amounts; of checkout
    sessions, how many succeeded."""

    source = models.TextField(db_collation="C", help_text="What is counted: orders, checkouts or customers.")
    currency = models.TextField(db_collation="C", help_text="Of orders; empty for the others.")
    count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=40, decimal_places=0)

    class Meta:
        abstract = True


class TallyMark(Tallied):
    """What a statement added, in a quarter of an hour, that is in no tally yet."""

    id = models.BigAutoField(primary_key=True)
    # Checked where what it marks is stored, in the same statement.
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    quarter = models.DateTimeField()

    class Meta:
        db_table = "tally_marks"
        indexes = (models.Index("organization", "id", name="idx_tally_marks"),)

    def __str__(self) -> str:
        return f"{self.quarter}: {self.count} {self.source}"


class TallyDay(Tallied):
    """All of an organization's in a day."""

    pk = models.CompositePrimaryKey("organization_id", "day", "source", "currency")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()

    class Meta:
        db_table = "tally_days"

    def __str__(self) -> str:
        return f"{self.day}: {self.count} {self.source}"


class TallyQuarter(Tallied):
    """All of an organization's in a quarter of an hour, for days that begin elsewhere than UTC's."""

    pk = models.CompositePrimaryKey("organization_id", "quarter", "source", "currency")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quarter = models.DateTimeField()

    class Meta:
        db_table = "tally_quarters"

    def __str__(self) -> str:
        return f"{self.quarter}: {self.count} {self.source}"
