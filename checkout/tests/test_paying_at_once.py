"""Everyone reports at once: the buyer who presses twice, Stripe's notifications, the worker. One is charged, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from checkout import tasks
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.tests.factories import a_session
from checkout.tests.paying import grow_old, send, show, status_of
from checkout.tests.stripe_stand_in import AUTHENTICATION, VISA, StripeStandIn, paid_by_stripe
from customers.models import Customer
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(organization: Organization, stand_in: StripeStandIn) -> CheckoutSession:
    paid_by_stripe(organization)
    return a_session(organization, external_customer_id="cust_123")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls return that are made in the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(20)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_pressing_pay_several_times(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    answers = at_once(*[lambda: send(session, VISA)] * 6)
    assert {answer.status_code for answer in answers} == {303}
    assert status_of(session) == "complete"
    assert len(stand_in.charged) == len(stand_in.intents) == 1
    assert Order.objects.count() == PaymentAttempt.objects.count() == Customer.objects.count() == 1


def test_notifications_the_page_and_the_worker(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    grow_old(session)
    stand_in.authenticate(True)
    answers = at_once(
        *[lambda: stand_in.notify(organization)] * 3,
        *[lambda: show(session)] * 2,
        lambda: tasks.settle_payments(0),
    )
    assert {answer.status_code for answer in answers[:5]} == {200}
    assert status_of(session) == "complete"
    assert Order.objects.count() == Customer.objects.count() == 1
    assert PaymentAttempt.objects.get().status == "succeeded"
