"""The vocabulary of events and meters."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import models

from customers.querysets import NearForm
from organizations.models import Organization

if TYPE_CHECKING:
    from metrics.models import Event, Meter, UnmatchedID  # noqa: F401


class UnmatchedIDQuerySet(models.QuerySet["UnmatchedID"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> UnmatchedIDQuerySet:
        return self.filter(organization=organization)

    def open(self) -> UnmatchedIDQuerySet:
        """Those that no customer has got since."""
        return self.filter(customer__isnull=True)

    def for_list(self) -> UnmatchedIDQuerySet:
        """With what is shown of them, and `near_form`, by which near matches are found."""
        return self.filter(count__gt=0).annotate(near_form=NearForm(models.F("external_customer_id")))

    def unbound(self) -> UnmatchedIDQuerySet:
        """Those that a customer has got, and whose events aren't all bound yet."""
        return self.filter(customer__isnull=False, bound_at__isnull=True)


class EventQuerySet(models.QuerySet["Event"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> EventQuerySet:
        return self.filter(organization=organization)

    def unmatched(self) -> EventQuerySet:
        """Those that no customer holds."""
        return self.filter(customer__isnull=True, unmatched__customer__isnull=True)

    def matched(self) -> EventQuerySet:
        """Those that are a customer's, bound to it already or about to be."""
        return self.filter(models.Q(customer__isnull=False) | models.Q(unmatched__customer__isnull=False))

    def named(self, organization: Organization, name: str) -> EventQuerySet:
        """Those of this name. It is looked up first: the rows hold its number alone."""
        names = self.model._meta.get_field("name").related_model._default_manager
        found = names.filter(organization=organization, name=name).values_list("id", flat=True)
        return self.filter(name_id__in=list(found))

    def of(self, *, customers: Collection[uuid.UUID], unmatched: Collection[uuid.UUID]) -> EventQuerySet:
        """Those of these customers, and those that wait under these UnmatchedIDs."""
        waiting = models.Q(customer__isnull=True, unmatched__in=unmatched)
        if not customers:
            return self.filter(waiting)
        bound = models.Q(customer__in=customers)
        return self.filter(bound | waiting if unmatched else bound)

    def for_list(self) -> EventQuerySet:
        """With what is shown of them."""
        return self.select_related("name", "customer", "unmatched").only(
            "id",
            "organization_id",
            "name__name",
            "customer__external_customer_id",
            "unmatched__external_customer_id",
            "unmatched__customer_id",
            "timestamp",
            "received_at",
            "named_customer",
            "external_id",
            "metadata",
        )


class MeterQuerySet(models.QuerySet["Meter"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> MeterQuerySet:
        return self.filter(organization=organization)

    def archived(self, archived: bool) -> MeterQuerySet:
        """Those that aren't used any more, or those that are."""
        return self.filter(archived_at__isnull=not archived)
