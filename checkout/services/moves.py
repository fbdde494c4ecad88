"""Every move of a checkout session from one status to another, by its name.

    open ──begin_payment──▶ processing ──complete_session──▶ complete
      ▲                         │
      └──────reopen_session─────┘
    open ──expire_session──▶ expired

Each is one transaction that locks the session first, so that moves of one session come one after the other however
many report them. The database refuses every other move. Locks are taken in one order everywhere: the session, its
customer, the organization's order numbers.
"""

from __future__ import annotations

import uuid
from functools import partial

import structlog
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from api.metadata import check_metadata, merge_metadata
from checkout.exceptions import SessionNotOpen, SessionNotProcessing
from checkout.models import CheckoutSession, Order
from checkout.monitoring import SESSIONS
from checkout.services.cancellations import cancel_payments_of
from customers.exceptions import CustomerGone, ExternalCustomerIDTaken
from customers.models import Customer
from customers.services import CustomerFields, create_customer, update_customer

Status = CheckoutSession.Status

_ATTEMPTS = 5
_NEXT_NUMBER = """
INSERT INTO order_numbers AS numbers (organization_id, last) VALUES (%s, 1)
ON CONFLICT (organization_id) DO UPDATE SET last = numbers.last + 1
RETURNING last
"""

log = structlog.get_logger("checkout")


def locked_session(session_id: uuid.UUID) -> CheckoutSession:
    """The session as it is now, kept from changing until the transaction ends. One whose time is over is marked as
    expired on the way, which is what it is for everyone already."""
    session = CheckoutSession.objects.select_for_update().get(id=session_id)
    if session.stored_status == Status.OPEN and session.status == Status.EXPIRED:
        _move(session, Status.EXPIRED)
    return session


def begin_payment(
    *, session: CheckoutSession, email: str | None = None, name: str | None = None
) -> CheckoutSession:
    """open → processing: the buyer pays. What they typed takes the place of what was prefilled.

    Raises SessionNotOpen, and ValidationError by field.
    """
    with transaction.atomic():
        locked = locked_session(session.id)
        if locked.status != Status.OPEN:
            raise SessionNotOpen(session_id=locked.id, status=locked.status)
        if email:
            locked.customer_email = email
        if name:
            locked.customer_name = name
        locked.clean_fields(exclude=("organization", "customer"))
        _move(locked, Status.PROCESSING, "customer_email", "customer_name")
    return locked


def reopen_session(*, session: CheckoutSession) -> CheckoutSession:
    """processing → open: the payment failed and the buyer may try again, as long as the session's time isn't over.

    Raises SessionNotProcessing, but is a no-op on a session that is open or expired already.
    """
    with transaction.atomic():
        locked = locked_session(session.id)
        if locked.stored_status in (Status.OPEN, Status.EXPIRED):
            return locked
        if locked.stored_status != Status.PROCESSING:
            raise SessionNotProcessing(session_id=locked.id, status=locked.status)
        _move(locked, Status.OPEN)
        transaction.on_commit(SESSIONS.labels("payment_failed").inc)
        if locked.status == Status.EXPIRED:
            _move(locked, Status.EXPIRED)
    return locked


def expire_session(*, session: CheckoutSession) -> CheckoutSession:
    """open → expired, before its time. Raises SessionNotOpen for any other status, expired included."""
    with transaction.atomic():
        locked = CheckoutSession.objects.select_for_update().get(id=session.id)
        if locked.status != Status.OPEN:
            raise SessionNotOpen(session_id=locked.id, status=locked.status)
        _move(locked, Status.EXPIRED)
    return locked


def expire_lapsed(*, limit: int) -> int:
    """Marks up to `limit` sessions whose time is over as expired; returns how many. Those that somebody is just working
    on are left for the next time."""
    with transaction.atomic():
        lapsed = CheckoutSession.objects.lapsed().order_by("expires_at").select_for_update(skip_locked=True)
        expired = list(lapsed.only("organization")[:limit])
        CheckoutSession.objects.filter(id__in=[session.id for session in expired]).update(
            stored_status=Status.EXPIRED, modified_at=timezone.now()
        )
        cancel_payments_of(expired)
        transaction.on_commit(lambda: SESSIONS.labels("expired").inc(len(expired)))
    return len(expired)


def complete_session(*, session: CheckoutSession) -> Order:
    """processing → complete: the payment succeeded. Returns the order, the same one however often this is reported.

    A session that is linked to a customer makes an order of that customer, deleted or not. Any other belongs to
    whoever holds its external ID now, or to a new customer who gets it; without an ID, to a new customer. However many
    sessions of one new ID complete at once, they make one customer. The session's `customer_metadata` is laid over
    the customer's, and its e-mail address and name are filled in where the customer has none; what the customer has
    stays. Raises SessionNotProcessing.
    """
    with transaction.atomic():
        locked = CheckoutSession.objects.select_for_update().get(id=session.id)
        if locked.stored_status == Status.COMPLETE:
            return Order.objects.get(organization_id=locked.organization_id, checkout_session=locked)
        if locked.stored_status != Status.PROCESSING:
            raise SessionNotProcessing(session_id=locked.id, status=locked.status)
        customer = _customer_of(locked)
        now = timezone.now()
        locked.customer = customer
        locked.completed_at = now
        _move(locked, Status.COMPLETE, "customer", "completed_at")
        order = Order.objects.create(
            organization_id=locked.organization_id,
            number=_next_number(locked.organization_id),
            checkout_session=locked,
            customer=customer,
            external_customer_id=customer.external_customer_id,
            email=locked.customer_email or customer.email,
            currency=locked.currency,
            amount_total=locked.amount_total,
            metadata=locked.metadata,
            created_at=now,
        )
        transaction.on_commit(
            partial(
                log.info,
                "checkout session completed",
                organization=str(locked.organization_id),
                checkout_session_id=str(locked.id),
                order_id=str(order.id),
                customer_id=str(customer.id),
                external_customer_id=customer.external_customer_id,
            )
        )
    return order


def _move(session: CheckoutSession, status: Status, *fields: str) -> None:
    session.stored_status = status
    session.modified_at = timezone.now()
    session.save(update_fields=["stored_status", "modified_at", *fields])
    if status == Status.EXPIRED:
        cancel_payments_of([session])
    if status in (Status.COMPLETE, Status.EXPIRED):
        transaction.on_commit(SESSIONS.labels(status.value).inc)


def _next_number(organization_id: uuid.UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER, [organization_id])
        number: int = cursor.fetchone()[0]
    return number


def _customer_of(session: CheckoutSession) -> Customer:
    if session.customer is not None:
        return _enriched(session.customer, session)
    for _ in range(_ATTEMPTS):
        try:
            return _holder(session) or _created(session)
        except (ExternalCustomerIDTaken, CustomerGone):
            continue  # somebody else was faster: with the ID, or in deleting its holder
    raise AssertionError("the last attempt finds a holder or creates one")


def _holder(session: CheckoutSession) -> Customer | None:
    own_id = session.external_customer_id
    if own_id is None:
        return None
    holder = Customer.objects.for_organization(session.organization_id).holding(own_id).first()
    return None if holder is None else _merged(holder, session)


def _created(session: CheckoutSession) -> Customer:
    return create_customer(
        organization=session.organization,
        external_customer_id=session.external_customer_id,
        email=session.customer_email,
        name=session.customer_name,
        metadata=session.customer_metadata,
    )


def _enriched(customer: Customer, session: CheckoutSession) -> Customer:
    try:
        return _merged(customer, session)
    except CustomerGone:
        return customer


def _merged(customer: Customer, session: CheckoutSession) -> Customer:
    """The customer with what the session knows beyond. Raises CustomerGone when it is deleted."""
    if customer.is_deleted:
        raise CustomerGone
    changes: CustomerFields = {}
    if session.customer_email and not customer.email:
        changes["email"] = session.customer_email
    if session.customer_name and not customer.name:
        changes["name"] = session.customer_name
    if session.customer_metadata:
        try:
            check_metadata(merge_metadata(customer.metadata, session.customer_metadata))
            changes["metadata"] = session.customer_metadata
        except ValidationError:
            # A payment that has been made isn't refused because notes about the customer grew too many.
            log.warning(
                "customer_metadata left out: together there are too many keys",
                organization=str(session.organization_id),
                checkout_session_id=str(session.id),
                customer_id=str(customer.id),
                external_customer_id=customer.external_customer_id,
            )
    return update_customer(customer=customer, **changes) if changes else _locked(customer)


def _locked(customer: Customer) -> Customer:
    """The customer, kept from being deleted until the transaction ends. Raises CustomerGone when it was."""
    found = Customer.objects.select_for_update().live().filter(id=customer.id).first()
    if found is None:
        raise CustomerGone
    return found
