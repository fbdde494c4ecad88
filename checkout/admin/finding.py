"""How support finds sessions and orders: by what a customer, an integrator or a processor calls them, whole. Each way
is a look-up in an index, in every organization, so that a search takes no longer when there are more rows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from checkout.models import CheckoutSession, Order, PaymentAttempt, PaymentSettings
from checkout.secrets import session_id_in
from customers.external_ids import is_external_customer_id
from customers.models import Customer
from organizations.ids import parse_id
from organizations.models import Organization

MOST_CUSTOMERS = 100
_LARGEST_NUMBER = 2**63 - 1


def sessions_meant(text: str) -> QuerySet[Any]:
    """The IDs of the sessions that `text` names: by their own ID or their page's address, by the order's ID, by the
    processor's reference of a payment, by their customer, or by the external ID that they wait under."""
    everywhere = Organization.objects.values("id")
    sessions = CheckoutSession.objects.all()
    ways: list[QuerySet[Any]] = []
    identity = parse_id(text) or session_id_in(text.rpartition("/")[2])
    if identity is not None:
        ways.append(sessions.filter(id=identity).values("id"))
        ways.append(Order.objects.filter(id=identity).values("checkout_session_id"))
    if customers := customers_meant(text):
        ways.append(_belonging_to(sessions, customers).values("id"))
    if is_external_customer_id(text):
        waiting = sessions.filter(customer__isnull=True, external_customer_id=text)
        ways.append(waiting.filter(organization__in=everywhere).values("id"))
    attempts = PaymentAttempt.objects.filter(processor__in=PaymentSettings.Processor.values, reference=text)
    ways.append(attempts.filter(organization__in=everywhere).values("session_id"))
    return _any_of(ways)


def orders_meant(text: str) -> QuerySet[Any]:
    """The IDs of the orders that `text` names: by their own ID, their session's ID or their number, or by their
    customer."""
    everywhere = Organization.objects.values("id")
    orders = Order.objects.all()
    ways: list[QuerySet[Any]] = [orders.none().values("id")]
    if (identity := parse_id(text)) is not None:
        ways.append(orders.filter(id=identity).values("id"))
        session = orders.filter(organization__in=everywhere, checkout_session=identity)
        ways.append(session.values("id"))
    if (number := _number(text)) is not None:
        ways.append(orders.filter(organization__in=everywhere, number=number).values("id"))
    if customers := customers_meant(text):
        ways.append(_belonging_to(orders, customers).values("id"))
    return _any_of(ways)


def customers_meant(text: str) -> list[Customer]:
    """The customers that `text` names, deleted or not: by the internal ID, by the external one that they hold or held,
    or by their e-mail address (of the deleted in its own letter case)."""
    everyone = Customer.objects.only("id", "organization_id")
    everywhere = everyone.filter(organization__in=Organization.objects.values("id"))
    found: list[Customer] = []
    if (identity := parse_id(text)) is not None:
        found += everyone.filter(id=identity)
    if is_external_customer_id(text):
        found += everyone.holding_anywhere(text)[:MOST_CUSTOMERS]
        found += everywhere.deleted().filter(external_customer_id=text)[:MOST_CUSTOMERS]
    if "@" in text:
        found += everywhere.live().with_email(text)[:MOST_CUSTOMERS]
        found += everywhere.deleted().filter(email=text)[:MOST_CUSTOMERS]
    return found


def _belonging_to(rows: QuerySet[Any], customers: list[Customer]) -> QuerySet[Any]:
    organizations = {customer.organization_id for customer in customers}
    return rows.filter(organization__in=organizations, customer__in={customer.id for customer in customers})


def _any_of(ways: list[QuerySet[Any]]) -> QuerySet[Any]:
    # One set of IDs, since a database answers an OR over several tables by walking through all rows.
    first, *others = (way.order_by() for way in ways)
    return first.union(*others, all=True) if others else first


def _number(text: str) -> int | None:
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_LARGEST_NUMBER))):
        return None
    return min(int(digits), _LARGEST_NUMBER)
