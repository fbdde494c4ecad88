"""The vocabulary of products, sessions, payments and orders."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.models import Customer
from customers.querysets import FoldCase, containing
from organizations.models import Organization

if TYPE_CHECKING:
    from checkout.models import CheckoutSession, Order, PaymentAttempt, Product  # noqa: F401


class ProductQuerySet(models.QuerySet["Product"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> ProductQuerySet:
        return self.filter(organization=organization)

    def archived(self, archived: bool) -> ProductQuerySet:
        """Those that can't be sold any more, or those that can."""
        return self.filter(archived_at__isnull=not archived)

    def search(self, fragment: str) -> ProductQuerySet:
        """Those whose name contains `fragment`, in any letter case."""
        return self.alias(_name=FoldCase("name")).filter(_name__like=containing(fragment))


class CheckoutSessionQuerySet(models.QuerySet["CheckoutSession"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> CheckoutSessionQuerySet:
        return self.filter(organization=organization)

    def with_status(self, status: str) -> CheckoutSessionQuerySet:
        """Those that are in `status` now: an open one past its time is expired, whether or not that is stored yet."""
        now = timezone.now()
        if status == "open":
            return self.filter(stored_status="open", expires_at__gt=now)
        if status == "expired":
            # The first condition is the index's own.
            return self.filter(stored_status__in=("open", "expired")).exclude(
                stored_status="open", expires_at__gt=now
            )
        return self.filter(stored_status=status)

    def lapsed(self) -> CheckoutSessionQuerySet:
        """Those whose time is over and that are stored as open still."""
        return self.filter(stored_status="open", expires_at__lte=timezone.now())

    def of_external_id(
        self, organization: Organization | uuid.UUID, external_customer_id: str
    ) -> CheckoutSessionQuerySet:
        """The current holder's, and those under the ID that are nobody's yet; never an earlier holder's."""
        found = self.for_organization(organization)
        unlinked = Q(customer__isnull=True, external_customer_id=external_customer_id)
        holder = Customer.objects.for_organization(organization).holding(external_customer_id).first()
        return found.filter(unlinked | Q(customer=holder) if holder else unlinked)

    def with_items(self) -> CheckoutSessionQuerySet:
        """Ready to be shown: with what is sold, and the order."""
        return self.prefetch_related("items", "orders")


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    def under_way(self) -> PaymentAttemptQuerySet:
        """Those whose end isn't known."""
        return self.filter(status__in=("pending", "needs_step"))


class OrderQuerySet(models.QuerySet["Order"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> OrderQuerySet:
        return self.filter(organization=organization)

    def of_external_id(
        self, organization: Organization | uuid.UUID, external_customer_id: str
    ) -> OrderQuerySet:
        """The current holder's, never an earlier holder's."""
        # Looked up first: by a subquery the planner can't tell a customer of few orders from one of all.
        holder = Customer.objects.for_organization(organization).holding(external_customer_id).first()
        return self.for_organization(organization).filter(customer=holder) if holder else self.none()

    def with_items(self) -> OrderQuerySet:
        """Ready to be shown, with what was bought."""
        return self.prefetch_related("checkout_session__items")
