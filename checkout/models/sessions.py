"""Checkout sessions and what they sell."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.metadata import MetadataField
from api.text import check_characters
from checkout.models.products import MAX_NAME_LENGTH, Product
from checkout.money import MAX_AMOUNT, check_amount, check_currency
from checkout.querysets import CheckoutSessionQuerySet
from checkout.return_addresses import MAX_ADDRESS_LENGTH, check_return_address
from customers.external_ids import ExternalCustomerIDField
from customers.models import Customer
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization

if TYPE_CHECKING:
    from checkout.models.orders import Order

MIN_EXPIRES_IN = datetime.timedelta(minutes=30)
MAX_EXPIRES_IN = datetime.timedelta(hours=24)
MAX_ITEMS = 100
MAX_QUANTITY = 1_000_000


class CheckoutSession(models.Model):
    """One sale under way, or over. Its status moves by `checkout.services.moves` alone; the database refuses every
    other move, and any change of what is sold, for how much, and to whom once that is known (migration 0002)."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PROCESSING = "processing", "Processing"
        COMPLETE = "complete", "Complete"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="checkout_sessions", db_index=False
    )
    stored_status = models.CharField(
        "status", max_length=10, choices=Status.choices, default=Status.OPEN, db_column="status"
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="checkout_sessions",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    external_customer_id = ExternalCustomerIDField("external customer ID")
    customer_email = models.EmailField(
        "e-mail address", max_length=254, null=True, blank=True, validators=[check_characters]
    )
    customer_name = models.CharField(
        max_length=MAX_NAME_LENGTH, null=True, blank=True, validators=[check_characters]
    )
    currency = models.CharField(max_length=3, validators=[check_currency])
    amount_total = models.BigIntegerField(validators=[check_amount])
    success_url = models.CharField(
        max_length=MAX_ADDRESS_LENGTH, null=True, blank=True, validators=[check_return_address]
    )
    cancel_url = models.CharField(
        max_length=MAX_ADDRESS_LENGTH, null=True, blank=True, validators=[check_return_address]
    )
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    metadata = MetadataField()
    customer_metadata = MetadataField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[CheckoutSessionQuerySet] = CheckoutSessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "checkout_sessions"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "id"), name="checkout_sessions_organization_id_unique"
            ),
            models.CheckConstraint(
                condition=Q(stored_status__in=("open", "processing", "complete", "expired")),
                name="checkout_sessions_status",
            ),
            models.CheckConstraint(
                condition=Q(stored_status="complete", completed_at__isnull=False, customer__isnull=False)
                | (~Q(stored_status="complete") & Q(completed_at__isnull=True)),
                name="checkout_sessions_completed",
            ),
            models.CheckConstraint(
                condition=Q(amount_total__gte=1, amount_total__lte=MAX_AMOUNT),
                name="checkout_sessions_amount",
            ),
            models.CheckConstraint(
                condition=~Q(external_customer_id=""),
                name="checkout_sessions_external_customer_id_not_empty",
            ),
        )
        indexes = (
            models.Index("organization", "created_at", "id", name="idx_sessions_created"),
            models.Index(
                "organization", "stored_status", "created_at", "id", name="idx_sessions_status_created"
            ),
            models.Index("organization", "customer", "created_at", "id", name="idx_sessions_customer"),
            # Under an ID, and nobody's yet.
            models.Index(
                "organization",
                "external_customer_id",
                "created_at",
                "id",
                name="idx_sessions_unlinked",
                condition=Q(customer__isnull=True),
            ),
            # Open ones past their time are expired too: the list of these is one walk along both.
            models.Index(
                "organization",
                "created_at",
                "id",
                name="idx_sessions_unpaid",
                condition=Q(stored_status__in=("open", "expired")),
            ),
            # What the worker looks through each minute.
            models.Index("expires_at", name="idx_sessions_open", condition=Q(stored_status="open")),
            models.Index(
                "modified_at", name="idx_sessions_processing", condition=Q(stored_status="processing")
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def status(self) -> CheckoutSession.Status:
        """What it is for everyone: an open session past its time is expired, whether or not that is stored yet."""
        if self.stored_status == self.Status.OPEN and self.expires_at <= timezone.now():
            return self.Status.EXPIRED
        return self.Status(self.stored_status)

    @property
    def order(self) -> Order | None:
        """What it became, when it is complete."""
        return next(iter(self.orders.all()), None) if self.stored_status == self.Status.COMPLETE else None


class CheckoutItem(models.Model):
    """One line of a session and of the order it becomes: a snapshot that never changes."""

    id = models.BigAutoField(primary_key=True)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    session = models.ForeignKey(
        CheckoutSession,
        on_delete=models.PROTECT,
        related_name="items",
        db_constraint=False,
        db_index=False,
    )
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH, validators=[check_characters])
    unit_amount = models.BigIntegerField(validators=[check_amount])
    quantity = models.PositiveIntegerField()
    amount = models.BigIntegerField(validators=[check_amount])

    class Meta:
        db_table = "checkout_items"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("session", "organization", "position"), name="checkout_items_position_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY, unit_amount__gte=1)
                & Q(amount=models.F("unit_amount") * models.F("quantity")),
                name="checkout_items_amount",
            ),
        )
        indexes = (models.Index("organization", "product", name="idx_checkout_items_product"),)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"
