"""What every log line about a session or a payment carries, so that a search by the business's own ID finds it."""

from __future__ import annotations

from checkout.models import CheckoutSession, Order, PaymentAttempt

Names = dict[str, str | None]


def names_of_session(session: CheckoutSession) -> Names:
    return {
        "organization": str(session.organization_id),
        "checkout_session_id": str(session.id),
        "customer_id": str(session.customer_id) if session.customer_id else None,
        "external_customer_id": session.external_customer_id,
    }


def names_of_order(order: Order) -> Names:
    return {
        "organization": str(order.organization_id),
        "order_id": str(order.id),
        "checkout_session_id": str(order.checkout_session_id),
        "customer_id": str(order.customer_id),
        "external_customer_id": order.external_customer_id,
    }


def names_of_attempt(attempt: PaymentAttempt) -> Names:
    return {
        **names_of_session(attempt.session),
        "payment_attempt_id": str(attempt.id),
        "processor": attempt.processor,
        "reference": attempt.reference,
    }
