"""Takes what is personal out of sessions and orders when a customer is erased."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils import timezone

from checkout.models import CheckoutSession, Order
from checkout.services.cancellations import cancel_payments_of
from customers.models import Customer

Status = CheckoutSession.Status


def lock_sessions_of(*, customer: Customer, **told: Any) -> None:
    """Waits for those who are moving a session that may be the customer's, before the customer itself is locked: a
    completion locks its session first and then the customer. For the signal `erasure_begins`."""
    its = Q(customer=customer)
    if customer.external_customer_id is not None:
        its |= Q(customer__isnull=True, external_customer_id=customer.external_customer_id)
    sessions = CheckoutSession.objects.for_organization(customer.organization_id).filter(its)
    unsettled = sessions.filter(stored_status__in=(Status.OPEN, Status.PROCESSING))
    list(unsettled.order_by("id").select_for_update().values_list("id"))


def erase_customer(
    *, customer: Customer, external_customer_id: str | None, stand_in: str, **told: Any
) -> None:
    """Erases the customer's sessions and orders, and the sessions that carry its ID and are nobody's.

    What was paid, when and how much stays. A session of the customer's that is open expires, so that nobody pays it in
    the name of somebody who is gone; one whose payment is under way becomes an order of the deleted customer. Sessions
    under the ID that were made after the customer's deletion, or while somebody else holds it, are not the customer's.
    """
    sessions = CheckoutSession.objects.for_organization(customer.organization_id)
    _adopt_unlinked(customer, external_customer_id)
    own = sessions.filter(customer=customer)
    expired = list(own.filter(stored_status=Status.OPEN).select_for_update().only("organization"))
    sessions.filter(id__in=[session.id for session in expired]).update(
        stored_status=Status.EXPIRED, modified_at=timezone.now()
    )
    cancel_payments_of(expired)
    own.update(
        external_customer_id=_replaced_by(stand_in),
        customer_email=None,
        customer_name=None,
        success_url=None,
        cancel_url=None,
        metadata={},
        customer_metadata={},
    )
    Order.objects.for_organization(customer.organization_id).filter(customer=customer).update(
        external_customer_id=_replaced_by(stand_in), email=None, metadata={}
    )


def _adopt_unlinked(customer: Customer, external_customer_id: str | None) -> None:
    if external_customer_id is None or customer.deleted_at is None:
        return
    customers = Customer.objects.for_organization(customer.organization_id)
    if customers.holding(external_customer_id).exists():
        return
    CheckoutSession.objects.for_organization(customer.organization_id).filter(
        customer__isnull=True,
        external_customer_id=external_customer_id,
        created_at__lte=customer.deleted_at,
    ).update(customer=customer)


def _replaced_by(stand_in: str) -> Case:
    return Case(When(external_customer_id__isnull=False, then=Value(stand_in)), default=Value(None))
