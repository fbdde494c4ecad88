"""What processors notify the product of. A notification is only a reason to ask the processor how a payment stands, so
it does no harm when it comes twice, late, or before another that was sent earlier."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from api.errors import ServiceUnavailable
from api.parsers import PayloadTooLarge, body_limit
from api.wsgi import measure_body
from checkout.log_names import names_of_attempt
from checkout.models import PaymentAttempt, PaymentSettings
from checkout.monitoring import NOTIFICATIONS
from checkout.processors.interface import ProcessorUnavailable
from checkout.services.payments import attempt_with_reference, look_again
from checkout.services.processors import keys_of
from organizations.ids import parse_id

RECEIVED = {"received": True}


class StripeWebhook(APIView):
    """`/v1/webhooks/stripe/{organization_id}`: for Stripe alone, whose signature takes the place of a token. The
    reference of the API leaves it out for that."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None
    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: Request, organization_id: str) -> Response:
        settings = _settings_of(organization_id)
        limit = body_limit(self)
        measure_body(request._request, limit)
        body = request._request.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge(limit)
        bind_contextvars(organization=str(settings.organization_id))
        try:
            reference = self._genuine(body, request.headers.get("Stripe-Signature", ""), settings)
            attempt = reference and attempt_with_reference(
                organization=settings.organization, processor="stripe", reference=reference
            )
            if not attempt or attempt.status == PaymentAttempt.Status.SUCCEEDED:
                _count("ignored")
            else:
                bind_contextvars(**names_of_attempt(attempt))
                with pghistory.context(by="a notification of Stripe’s"):
                    look_again(attempt=attempt)
                attempt.session.refresh_from_db(fields=["customer"])  # who may have come to be by this
                bind_contextvars(**names_of_attempt(attempt))
                _count("settled")
        except ProcessorUnavailable:
            _count("deferred")
            raise ServiceUnavailable("Stripe can’t be asked at the moment. Send this again.") from None
        return Response(RECEIVED)

    def _genuine(self, body: bytes, signature: str, settings: PaymentSettings) -> str | None:
        from checkout.processors.stripe_payments import notified_intent

        webhook_secret = keys_of(settings).webhook_secret
        try:
            return notified_intent(body.decode(), signature, webhook_secret)
        except ValueError as error:
            _count("forged")
            raise exceptions.ParseError(
                f"This is no notification that Stripe has just signed: {error}", code="invalid_signature"
            ) from None


def _settings_of(organization_id: str) -> PaymentSettings:
    """Raises NotFound, the same for an organization that isn't there and one without Stripe."""
    parsed = parse_id(organization_id)
    found = PaymentSettings.objects.select_related("organization").filter(
        organization=parsed, stripe_webhook_secret__isnull=False
    )
    settings = None if parsed is None else found.first()
    if settings is None:
        raise exceptions.NotFound("There is nothing here.")
    return settings


def _count(outcome: str) -> None:
    NOTIFICATIONS.labels("stripe", outcome).inc()
