"""What was bought."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.metadata import MetadataField
from checkout.models.sessions import CheckoutSession
from checkout.querysets import OrderQuerySet
from customers.external_ids import ExternalCustomerIDField
from customers.models import Customer
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization


class Order(models.Model):
    """A session that was paid, once. Its items are the session's, which never change; nor does the order, but for the
    erasure of what is personal (migration 0002)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    number = models.PositiveBigIntegerField(
        help_text="Counts the organization's orders from 1, without gaps."
    )
    checkout_session = models.ForeignKey(
        CheckoutSession,
        on_delete=models.PROTECT,
        related_name="orders",
        db_constraint=False,
        db_index=False,
        help_text="It has this one order only.",
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    external_customer_id = ExternalCustomerIDField(
        "external customer ID", help_text="The one that the customer had when the order was made."
    )
    email = models.EmailField("e-mail address", max_length=254, null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount_total = models.BigIntegerField()
    metadata = MetadataField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[OrderQuerySet] = OrderQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "orders"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "id"), name="orders_organization_id_unique"),
            models.UniqueConstraint(fields=("organization", "number"), name="orders_number_unique"),
            models.UniqueConstraint(
                fields=("checkout_session", "organization"), name="orders_checkout_session_unique"
            ),
            models.CheckConstraint(condition=Q(number__gte=1, amount_total__gte=1), name="orders_positive"),
        )
        indexes = (
            models.Index("organization", "created_at", "id", name="idx_orders_created"),
            models.Index("organization", "customer", "created_at", "id", name="idx_orders_customer"),
        )

    def __str__(self) -> str:
        return f"#{self.number}"


class OrderNumbers(models.Model):
    """The last order number of an organization. Whoever makes an order holds this row until it is committed, which is
    why no number is ever missing."""

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "order_numbers"

    def __str__(self) -> str:
        return str(self.last)
