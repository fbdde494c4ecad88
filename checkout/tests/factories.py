"""What tests of sessions start from."""

from __future__ import annotations

from typing import Any

from checkout.models import CheckoutSession, Order, Product
from checkout.services.creation import create_session
from checkout.services.moves import begin_payment, complete_session
from checkout.services.products import create_product
from organizations.models import Organization

BOX: dict[str, Any] = {"price_data": {"name": "Box", "unit_amount": 1500, "currency": "usd"}, "quantity": 2}


def a_product(organization: Organization, **fields: Any) -> Product:
    return create_product(
        organization=organization, **{"name": "Plan", "unit_amount": 990, "currency": "usd", **fields}
    )


def a_session(organization: Organization, **fields: Any) -> CheckoutSession:
    """An open session of two boxes, or of what `items` says."""
    return create_session(organization=organization, **{"items": [BOX], **fields})


def paid(session: CheckoutSession, **typed: Any) -> Order:
    """The order that the session becomes."""
    return complete_session(session=begin_payment(session=session, **typed))


def lapse(session: CheckoutSession) -> None:
    """Its time is over, and nobody has noticed yet."""
    CheckoutSession.objects.filter(id=session.id).update(expires_at=session.created_at)
