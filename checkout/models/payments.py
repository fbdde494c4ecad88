"""Attempts to pay a session."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from checkout.models.sessions import CheckoutSession
from checkout.querysets import PaymentAttemptQuerySet
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization


class PaymentAttempt(models.Model):
    """One try of a buyer to pay a session with a processor. A session has at most one that is under way."""

    class Status(models.TextChoices):
        PENDING = "pending", "Under way"
        NEEDS_STEP = "needs_step", "Waiting for the buyer"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    UNDER_WAY = (Status.PENDING, Status.NEEDS_STEP)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    session = models.ForeignKey(
        CheckoutSession,
        on_delete=models.PROTECT,
        related_name="payment_attempts",
        db_constraint=False,
        db_index=False,
    )
    processor = models.CharField(max_length=32)
    reference = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        help_text="The processor's own ID of the payment; none until it has given one.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    next_url = models.TextField(
        null=True,
        blank=True,
        help_text="Where the buyer takes the step that is needed; none when that is a page of ours.",
    )
    failure_code = models.CharField(max_length=64, null=True, blank=True)
    failure_message = models.CharField(max_length=500, null=True, blank=True, help_text="For the buyer.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[PaymentAttemptQuerySet] = PaymentAttemptQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "payment_attempts"
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("pending", "needs_step", "succeeded", "failed")),
                name="payment_attempts_status",
            ),
            models.UniqueConstraint(
                fields=("organization", "session"),
                condition=Q(status__in=("pending", "needs_step")),
                name="payment_attempts_one_under_way",
            ),
        )
        indexes = (
            models.Index("session", "organization", "created_at", "id", name="idx_payment_attempts_of"),
            models.Index("organization", "processor", "reference", name="idx_payment_attempts_ref"),
        )

    def __str__(self) -> str:
        return str(self.reference or self.id)
