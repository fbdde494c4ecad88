"""A session moves as its states allow, and in no other way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from checkout.exceptions import SessionNotOpen, SessionNotProcessing
from checkout.models import CheckoutSession, Order
from checkout.services.moves import (
    begin_payment,
    complete_session,
    expire_lapsed,
    expire_session,
    reopen_session,
)
from checkout.tests.factories import a_session, lapse, paid
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def in_status(organization: Organization, status: str) -> CheckoutSession:
    session = a_session(organization)
    if status in ("processing", "complete"):
        begin_payment(session=session)
    if status == "complete":
        complete_session(session=session)
    if status == "expired":
        expire_session(session=session)
    if status == "lapsed":
        lapse(session)
    session.refresh_from_db()
    return session


MOVES: dict[str, tuple[Callable[..., object], dict[str, str | type[Exception]]]] = {
    "begin_payment": (
        begin_payment,
        {
            "open": "processing",
            "processing": SessionNotOpen,
            "complete": SessionNotOpen,
            "expired": SessionNotOpen,
            "lapsed": SessionNotOpen,
        },
    ),
    "reopen_session": (
        reopen_session,
        {
            "open": "open",
            "processing": "open",
            "complete": SessionNotProcessing,
            "expired": "expired",
            "lapsed": "expired",
        },
    ),
    "complete_session": (
        complete_session,
        {
            "open": SessionNotProcessing,
            "processing": "complete",
            "complete": "complete",
            "expired": SessionNotProcessing,
            "lapsed": SessionNotProcessing,
        },
    ),
    "expire_session": (
        expire_session,
        {
            "open": "expired",
            "processing": SessionNotOpen,
            "complete": SessionNotOpen,
            "expired": SessionNotOpen,
            "lapsed": SessionNotOpen,
        },
    ),
}


@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for name, (_, outcomes) in MOVES.items() for status in outcomes]
)
def test_every_move_from_every_status(organization: Organization, name: str, status: str) -> None:
    move, outcomes = MOVES[name]
    session = in_status(organization, status)
    outcome = outcomes[status]
    if isinstance(outcome, str):
        move(session=session)
    else:
        with pytest.raises(outcome):
            move(session=session)
        outcome = "expired" if status == "lapsed" else status
    session.refresh_from_db()
    assert session.status == outcome


LEGAL = {("open", "processing"), ("processing", "open"), ("processing", "complete"), ("open", "expired")}
STATUSES = ("open", "processing", "complete", "expired")


@pytest.mark.parametrize(
    ("before", "after"),
    [(a, b) for a in STATUSES for b in STATUSES if a != b and (a, b) not in LEGAL],
)
def test_the_database_refuses_every_other_move(organization: Organization, before: str, after: str) -> None:
    session = in_status(organization, before)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckoutSession.objects.filter(id=session.id).update(stored_status=after)


def test_a_session_past_its_time_is_expired_for_everyone_at_once(organization: Organization) -> None:
    session = in_status(organization, "lapsed")
    sessions = CheckoutSession.objects.for_organization(organization)
    assert session.status == "expired"
    assert not sessions.with_status("open").exists()
    assert sessions.with_status("expired").get() == session


def test_the_worker_stores_what_time_has_decided(organization: Organization) -> None:
    sessions = [in_status(organization, "lapsed") for _ in range(3)]
    kept = a_session(organization)
    assert [expire_lapsed(limit=2), expire_lapsed(limit=2), expire_lapsed(limit=2)] == [2, 1, 0]
    stored = CheckoutSession.objects.values_list("stored_status", flat=True)
    assert set(stored.filter(id__in=[s.id for s in sessions])) == {"expired"}
    assert stored.get(id=kept.id) == "open"


def test_a_payment_under_way_outlasts_the_sessions_time(organization: Organization) -> None:
    session = in_status(organization, "processing")
    lapse(session)
    assert expire_lapsed(limit=10) == 0
    assert complete_session(session=session).number == 1


def test_a_failed_payment_after_its_time_ends_the_session(organization: Organization) -> None:
    session = in_status(organization, "processing")
    lapse(session)
    assert reopen_session(session=session).stored_status == "expired"


def test_the_same_order_however_often_completion_is_reported(organization: Organization) -> None:
    session = begin_payment(session=a_session(organization))
    first = complete_session(session=session)
    assert complete_session(session=session) == first
    assert Order.objects.count() == 1


def test_orders_are_numbered_in_each_organization(organization: Organization, stranger: Organization) -> None:
    numbers = [paid(a_session(owner)).number for owner in (organization, stranger, organization)]
    assert numbers == [1, 1, 2]


def test_a_refused_completion_leaves_no_gap(organization: Organization) -> None:
    session = begin_payment(session=a_session(organization))
    with transaction.atomic():
        complete_session(session=session)
        transaction.set_rollback(True)
    assert paid(a_session(organization)).number == 1


def test_what_was_typed_takes_the_place_of_what_was_prefilled(organization: Organization) -> None:
    session = a_session(organization, customer_email="a@example.com", customer_name="Ann")
    order = paid(session, email="b@example.com", name="Bo")
    session.refresh_from_db()
    assert (session.customer_email, session.customer_name) == ("b@example.com", "Bo")
    assert order.email == "b@example.com"
