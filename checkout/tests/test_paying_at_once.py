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
from checkout.processors.interface import ProcessorUnavailable
from checkout.processors.sandbox import NEEDS_A_STEP, SUCCEEDS
from checkout.services.payments import pay
from checkout.tests.factories import a_session
from checkout.tests.paying import grow_old, send, show, status_of
from checkout.tests.stripe_stand_in import AUTHENTICATION, VISA, StripeStandIn, paid_by_stripe
from customers.models import Customer
from customers.tests.races import while_uncommitted
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


def test_a_processor_that_is_switched_meanwhile_takes_no_payment(organization: Organization) -> None:
    session = a_session(organization)
    (refusal,) = while_uncommitted(
        lambda: paid_by_stripe(organization),
        [lambda: pay(session=session, instrument=SUCCEEDS, return_url="")],
    )
    assert isinstance(refusal, ProcessorUnavailable)
    assert status_of(session) == "open"
    assert not PaymentAttempt.objects.exists()


def test_the_processor_stays_while_a_payment_begins(organization: Organization) -> None:
    session = a_session(organization)
    (refusal,) = while_uncommitted(
        lambda: pay(session=session, instrument=NEEDS_A_STEP, return_url=""),
        [lambda: paid_by_stripe(organization)],
    )
    assert refusal.error_dict["processor"][0].code == "payment_under_way"
