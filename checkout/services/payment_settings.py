"""The only writer of payment settings, and the one place where the secrets in them are read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from checkout.encryption import Undecipherable, decrypt, encrypt
from checkout.models import PaymentAttempt, PaymentSettings
from organizations.models import Organization

Processor = PaymentSettings.Processor

SECRET_KEY_PREFIXES = {True: ("sk_test_", "rk_test_"), False: ("sk_live_", "rk_live_")}
PUBLISHABLE_KEY_PREFIXES = {True: ("pk_test_",), False: ("pk_live_",)}
WEBHOOK_SECRET_PREFIXES = ("whsec_",)
MAX_KEY_LENGTH = 255

log = structlog.get_logger("checkout")


@dataclass(frozen=True, slots=True, repr=False)
class StripeKeys:
    """What opens an organization's account with Stripe."""

    secret_key: str
    webhook_secret: str
    publishable_key: str


def payment_settings_of(organization: Organization) -> PaymentSettings:
    """The organization's, or those of one that has chosen nothing: test mode and the sandbox."""
    found = PaymentSettings.objects.filter(organization=organization).first()
    return found or PaymentSettings(organization=organization)


def keep_payment_settings(settings: PaymentSettings) -> bool:
    """Keeps the organization's processor and mode from changing until the transaction ends. False when they aren't any
    more as they are in `settings`."""
    with connection.cursor() as cursor:
        # Many payments may begin at once, and only who saves the settings waits for them.
        cursor.execute("SELECT FROM organizations WHERE id = %s FOR SHARE", [settings.organization_id])
    now = payment_settings_of(settings.organization)
    return (now.processor, now.test_mode) == (settings.processor, settings.test_mode)


def stripe_keys(settings: PaymentSettings) -> StripeKeys | None:
    """The keys, None when there are none. Raises Undecipherable when they were saved under another SECRET_KEY."""
    if settings.stripe_secret_key is None or settings.stripe_webhook_secret is None:
        return None
    return StripeKeys(
        secret_key=decrypt(settings.stripe_secret_key, about=_about(settings, "stripe_secret_key")),
        webhook_secret=decrypt(
            settings.stripe_webhook_secret, about=_about(settings, "stripe_webhook_secret")
        ),
        publishable_key=settings.stripe_publishable_key or "",
    )


def save_payment_settings(
    *,
    organization: Organization,
    processor: str,
    test_mode: bool,
    stripe_publishable_key: str | None = None,
    stripe_secret_key: str | None = None,
    stripe_webhook_secret: str | None = None,
) -> PaymentSettings:
    """The organization's settings from now on; a secret that isn't given stays as it is.

    Another processor or mode has to wait until no payment is under way, since only the old one can tell how that ends.
    Raises ValidationError by field.
    """
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        settings = payment_settings_of(organization)
        before = (settings.processor, settings.test_mode)
        settings.processor, settings.test_mode = processor, test_mode
        settings.stripe_publishable_key = stripe_publishable_key or None
        problems = _encrypted_into(settings, stripe_secret_key, stripe_webhook_secret)
        if processor == Processor.SANDBOX and not test_mode:
            problems["test_mode"] = ValidationError(
                "The sandbox moves no money: it is for test mode alone.", code="sandbox_in_live_mode"
            )
        if processor == Processor.STRIPE:
            problems = _problems_of_stripe(settings, stripe_secret_key, stripe_webhook_secret) | problems
        if before != (processor, test_mode) and _is_payment_under_way(organization):
            problems["processor"] = ValidationError(
                "A payment is under way. Change the processor or the mode once it is over.",
                code="payment_under_way",
            )
        if problems:
            raise ValidationError(problems)
        settings.modified_at = timezone.now()
        settings.full_clean()
        settings.save()
    log.info(
        "payment settings saved", organization=str(organization.id), processor=processor, test_mode=test_mode
    )
    return settings


def _encrypted_into(
    settings: PaymentSettings, secret_key: str | None, webhook_secret: str | None
) -> dict[str, ValidationError]:
    given = {"stripe_secret_key": secret_key, "stripe_webhook_secret": webhook_secret}
    problems = {}
    for name, secret in given.items():
        if secret and len(secret) > MAX_KEY_LENGTH:
            problems[name] = ValidationError("This is too long for a key of Stripe's.", code="max_length")
        elif secret:
            setattr(settings, name, encrypt(secret, about=_about(settings, name)))
    return problems


def _problems_of_stripe(
    settings: PaymentSettings, secret_key: str | None, webhook_secret: str | None
) -> dict[str, ValidationError]:
    """What is missing, or belongs to the other mode. A stored secret is held against the mode too."""
    stored = StripeKeys("", "", "")
    with suppress(Undecipherable):
        stored = stripe_keys(settings) or stored
    values: dict[str, tuple[str | None, Mapping[bool, tuple[str, ...]]]] = {
        "stripe_publishable_key": (settings.stripe_publishable_key, PUBLISHABLE_KEY_PREFIXES),
        "stripe_secret_key": (secret_key or stored.secret_key, SECRET_KEY_PREFIXES),
    }
    problems = {}
    for name, (value, prefixes) in values.items():
        fitting = prefixes[settings.test_mode]
        if not value:
            problems[name] = ValidationError("Stripe takes this key.", code="required")
        elif not value.startswith(fitting):
            mode = "test mode" if settings.test_mode else "live mode"
            problems[name] = ValidationError(
                f"In {mode} this key starts with {' or '.join(fitting)}.", code="wrong_mode"
            )
    value = webhook_secret or stored.webhook_secret
    if not value:
        problems["stripe_webhook_secret"] = ValidationError("Stripe takes this secret.", code="required")
    elif not value.startswith(WEBHOOK_SECRET_PREFIXES):
        problems["stripe_webhook_secret"] = ValidationError(
            "A webhook's signing secret starts with whsec_.", code="invalid"
        )
    return problems


def _is_payment_under_way(organization: Organization) -> bool:
    return PaymentAttempt.objects.filter(organization=organization).under_way().exists()


def _about(settings: PaymentSettings, name: str) -> str:
    return f"{settings.organization_id}:{name}"
