"""Sums of events, kept so that reports don't count them one by one. Days and quarters of an hour are those of UTC.

They hold exactly the events that no EventBatch covers any more: what a report reads is these and those batches, in one
statement. `metrics.services.folding` writes them, and nobody else.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from customers.models import Customer
from organizations.fields import OrganizationForeignKey
from organizations.models import Organization

QUARTERS = 96  # of an hour, in a day: every time zone's offset is a multiple of one


class QuartersField(models.Field):  # type: ignore[type-arg]
    """A bit for each quarter of an hour of a day, the first one first."""

    def db_type(self, connection: Any) -> str:
        return f"bit({QUARTERS})"


class OrganizationDay(models.Model):
    """All events of an organization in a day, bound or not."""

    pk = models.CompositePrimaryKey("organization_id", "day")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    events = models.BigIntegerField()

    class Meta:
        db_table = "rollup_days"

    def __str__(self) -> str:
        return f"{self.day}: {self.events}"


class OrganizationQuarter(models.Model):
    """All events of an organization in a quarter of an hour, for days that begin elsewhere than UTC's."""

    pk = models.CompositePrimaryKey("organization_id", "quarter")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quarter = models.DateTimeField()
    events = models.BigIntegerField()

    class Meta:
        db_table = "rollup_quarters"

    def __str__(self) -> str:
        return f"{self.quarter}: {self.events}"


class CustomerDay(models.Model):
    """A customer's events in a day, and in which quarters of an hour there were any."""

    pk = models.CompositePrimaryKey("organization_id", "day", "customer_id")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    events = models.BigIntegerField()
    quarters = QuartersField()

    class Meta:
        db_table = "rollup_customer_days"

    def __str__(self) -> str:
        return f"{self.day}: {self.events}"


class CustomerMonth(models.Model):
    """That a customer had an event in a month, which is named by its first day."""

    pk = models.CompositePrimaryKey("organization_id", "month", "customer_id")
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    month = models.DateField()
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "rollup_customer_months"

    def __str__(self) -> str:
        return str(self.month)
