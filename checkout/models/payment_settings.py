"""How an organization is paid."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization


class PaymentSettings(models.Model):
    """Which processor takes an organization's payments. An organization without a row is in test mode, with the
    sandbox. Stripe's secrets are stored encrypted (checkout/encryption.py); services/payment_settings.py writes them
    and hands them out."""

    class Processor(models.TextChoices):
        SANDBOX = "sandbox", "Sandbox"
        STRIPE = "stripe", "Stripe"

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.PROTECT, related_name="payment_settings"
    )
    processor = models.CharField(max_length=16, choices=Processor.choices, default=Processor.SANDBOX)
    test_mode = models.BooleanField(default=True, help_text="No real money is moved.")
    stripe_publishable_key = models.CharField(max_length=255, null=True, blank=True)
    stripe_secret_key = models.BinaryField(null=True, blank=True, editable=False)
    stripe_webhook_secret = models.BinaryField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "payment_settings"
        verbose_name_plural = "payment settings"
        constraints = (
            models.CheckConstraint(
                condition=Q(processor__in=("sandbox", "stripe")), name="payment_settings_processor"
            ),
            models.CheckConstraint(
                condition=~Q(processor="sandbox", test_mode=False),
                name="payment_settings_sandbox_in_test_mode",
                violation_error_message="The sandbox moves no money: it is for test mode alone.",
            ),
            models.CheckConstraint(
                condition=~Q(processor="stripe")
                | Q(
                    stripe_publishable_key__isnull=False,
                    stripe_secret_key__isnull=False,
                    stripe_webhook_secret__isnull=False,
                ),
                name="payment_settings_stripe_complete",
                violation_error_message="Stripe takes its publishable key, its secret key and the webhook's secret.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_processor_display()}, {'test mode' if self.test_mode else 'live'}"
