"""What the worker does when nobody asks: it ends what nobody has ended."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from checkout import tasks
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.services import reconciliation
from checkout.services.moves import expire_lapsed, expire_session
from checkout.tests.factories import a_session, lapse, paid
from checkout.tests.paying import attempt_of, grow_old, send, status_of
from checkout.tests.stripe_stand_in import (
    AUTHENTICATION,
    DECLINED,
    LOST,
    REFUSED,
    StripeStandIn,
    paid_by_stripe,
)
from customers.services import create_customer, delete_customer
from organizations.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(organization: Organization, stand_in: StripeStandIn) -> CheckoutSession:
    paid_by_stripe(organization)
    return a_session(organization)


def stored_status(session: CheckoutSession) -> str:
    return CheckoutSession.objects.values_list("stored_status", flat=True).get(id=session.id)


def test_sessions_expire(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SESSIONS_AT_ONCE", 2)
    lapsed = [a_session(organization) for _ in range(5)]
    for session in lapsed:
        lapse(session)
    open_one, complete = a_session(organization), a_session(organization)
    paid(complete)
    tasks.expire_sessions(0)
    assert {stored_status(session) for session in lapsed} == {"expired"}
    assert (stored_status(open_one), stored_status(complete)) == ("open", "complete")


def test_a_lost_notification(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    send(session, AUTHENTICATION)
    stand_in.authenticate(True)
    tasks.settle_payments(0)
    assert status_of(session) == "processing", "too early to look"
    grow_old(session)
    tasks.settle_payments(0)
    assert status_of(session) == "complete"
    tasks.settle_payments(0)
    assert Order.objects.count() == len(stand_in.charged) == 1


def test_a_lost_answer(session: CheckoutSession, stand_in: StripeStandIn) -> None:
    stand_in.fail("confirm", LOST)
    send(session)
    grow_old(session)
    tasks.settle_payments(0)
    assert status_of(session) == "complete"


def test_a_processor_that_is_down_is_asked_once_a_run(
    session: CheckoutSession, organization: Organization, stand_in: StripeStandIn
) -> None:
    other = a_session(organization)
    stand_in.fail("confirm", LOST, times=2)
    for one in (session, other):
        send(one)
        grow_old(one)
    stand_in.fail("retrieve", REFUSED)
    tasks.settle_payments(0)
    assert [action for action, _ in stand_in.requests].count("retrieve") == 1
    assert {status_of(session), status_of(other)} == {"processing"}
    for one in (session, other):
        grow_old(one)
    tasks.settle_payments(0)
    assert {status_of(session), status_of(other)} == {"complete"}


@pytest.mark.parametrize(
    ("age", "since_the_last_look", "is_due"),
    [
        # all in minutes
        (0.5, 0.5, False),
        (1.1, 1.1, True),
        (10, 5, True),  # it was 5 old then, so that it waits 3.5
        (10, 3, False),
        (600, 61, True),
        (600, 59, False),
    ],
)
def test_older_attempts_are_looked_at_less_often(
    age: float, since_the_last_look: float, is_due: bool, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    now = timezone.now()
    session.payment_attempts.update(
        created_at=now - datetime.timedelta(minutes=age),
        modified_at=now - datetime.timedelta(minutes=since_the_last_look),
    )
    assert reconciliation.look_after_payments(limit=10, seconds=10) == int(is_due)


def test_the_work_of_a_run_is_bounded(organization: Organization, stand_in: StripeStandIn) -> None:
    paid_by_stripe(organization)
    for _ in range(3):
        session = a_session(organization)
        send(session, AUTHENTICATION)
        grow_old(session)
    assert reconciliation.look_after_payments(limit=2, seconds=10) == 2
    assert reconciliation.look_after_payments(limit=2, seconds=-1) == 0


def test_one_attempt_that_can_not_be_settled_keeps_none_from_it(
    session: CheckoutSession,
    organization: Organization,
    stand_in: StripeStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = a_session(organization)
    for one in (broken, session):
        send(one, AUTHENTICATION)
        grow_old(one)
    for intent in stand_in.intents.values():
        intent["status"] = "succeeded"
    look_again = reconciliation.look_again

    def fail(*, attempt: PaymentAttempt) -> PaymentAttempt:
        if attempt.session_id == broken.id:
            raise KeyError
        return look_again(attempt=attempt)

    monkeypatch.setattr(reconciliation, "look_again", fail)
    tasks.settle_payments(0)
    assert (status_of(broken), status_of(session)) == ("processing", "complete")


@pytest.mark.parametrize("approves", [True, False])
def test_a_buyer_who_did_not_come_back_in_time(
    approves: bool, session: CheckoutSession, stand_in: StripeStandIn
) -> None:
    send(session, AUTHENTICATION)
    if approves:
        stand_in.authenticate(True)
    grow_old(session, hours=25)
    lapse(session)
    tasks.settle_payments(0)
    if approves:
        assert status_of(session) == "complete"
    else:
        assert (status_of(session), stand_in.intent["status"]) == ("expired", "canceled")


def test_a_buyer_who_left_the_sandboxs_step(organization: Organization) -> None:
    session = a_session(organization)
    send(session, card_number="4000002500003155")
    grow_old(session, hours=25)
    tasks.settle_payments(0)
    assert status_of(session) == "processing"
    lapse(session)
    grow_old(session, hours=25)
    tasks.settle_payments(0)
    assert status_of(session) == "expired"


def expires_by_hand(session: CheckoutSession) -> None:
    expire_session(session=session)


def expires_by_the_clock(session: CheckoutSession) -> None:
    lapse(session)
    assert expire_lapsed(limit=10) == 1


@pytest.mark.parametrize("expires", [expires_by_hand, expires_by_the_clock])
def test_what_was_begun_is_canceled_with_the_session(
    expires: Any, session: CheckoutSession, stand_in: StripeStandIn, run_tasks: Any
) -> None:
    send(session, DECLINED)
    send(session, DECLINED)
    expires(session)
    stand_in.fail("cancel", REFUSED)
    assert run_tasks() == ["checkout.tasks.cancel_payment"]
    assert stand_in.intent["status"] == "requires_payment_method"
    later = timezone.now() + datetime.timedelta(minutes=1)
    assert run_tasks(until=later) == ["checkout.tasks.cancel_payment"]
    assert stand_in.intent["status"] == "canceled"
    assert (status_of(session), attempt_of(session).status) == ("expired", "failed")


def test_what_succeeded_before_it_could_be_canceled_is_said(
    session: CheckoutSession, stand_in: StripeStandIn, run_tasks: Any
) -> None:
    send(session, DECLINED)
    expire_session(session=session)
    stand_in.authenticate(True)
    run_tasks()
    attempt = attempt_of(session)
    assert (attempt.status, attempt.failure_code) == ("succeeded", "session_expired")


def test_erasing_a_customer_cancels_what_they_began(
    organization: Organization, stand_in: StripeStandIn, run_tasks: Any
) -> None:
    paid_by_stripe(organization)
    customer = create_customer(organization=organization, external_customer_id="cust_123")
    session = a_session(organization, external_customer_id="cust_123")
    send(session, DECLINED)
    delete_customer(customer=customer, anonymize=True)
    run_tasks()
    assert (status_of(session), stand_in.intent["status"]) == ("expired", "canceled")


def test_a_session_that_nobody_tried_to_pay_leaves_nothing_to_do(
    organization: Organization, run_tasks: Any
) -> None:
    session = a_session(organization)
    send(session, card_number="4000000000000002")
    expire_session(session=session)
    assert run_tasks() == []
