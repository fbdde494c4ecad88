"""Your ID always wins: who a paid session's customer is."""

from __future__ import annotations

from functools import partial

import pytest
import structlog
from django.db import transaction

from checkout.models import CheckoutSession, Order
from checkout.services import moves
from checkout.services.moves import begin_payment, complete_session, locked_session
from checkout.tests.factories import a_session, paid
from customers.models import Customer
from customers.services import create_customer, delete_customer, stand_in_for, update_customer
from customers.tests.races import all_at_once, while_uncommitted
from organizations.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


def of_cust_1(organization: Organization, **fields: object) -> CheckoutSession:
    return a_session(organization, external_customer_id="cust_1", **fields)


def test_a_new_id_makes_a_new_customer_with_what_the_session_knows(organization: Organization) -> None:
    session = of_cust_1(organization, customer_name="Ann", customer_metadata={"plan": "x"})
    order = paid(session, email="ann@example.com")
    customer = order.customer
    assert (customer.external_customer_id, customer.name, customer.email, customer.metadata) == (
        "cust_1",
        "Ann",
        "ann@example.com",
        {"plan": "x"},
    )
    session.refresh_from_db()
    assert (session.customer, session.order) == (customer, order)
    assert order.external_customer_id == "cust_1"


def test_without_an_id_every_session_makes_a_customer_without_one(organization: Organization) -> None:
    orders = [paid(a_session(organization), email="ann@example.com") for _ in range(2)]
    assert orders[0].customer != orders[1].customer
    assert [order.external_customer_id for order in orders] == [None, None]


def test_a_customer_created_in_between_is_the_one(organization: Organization) -> None:
    session = of_cust_1(organization)
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    assert paid(session).customer == customer


def test_a_linked_session_stays_with_its_customer_even_deleted(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1", name="Ann")
    session = of_cust_1(organization, customer_metadata={"plan": "x"})
    delete_customer(customer=customer)
    heir = create_customer(organization=organization, external_customer_id="cust_1")
    order = paid(session, email="b@example.com")
    assert (order.customer, order.external_customer_id) == (customer, "cust_1")
    assert Customer.objects.get(id=customer.id).metadata == {}
    assert not heir.orders.exists()


def test_a_holder_deleted_before_the_session_was_linked_is_not_the_one(organization: Organization) -> None:
    session = of_cust_1(organization)
    earlier = create_customer(organization=organization, external_customer_id="cust_1")
    delete_customer(customer=earlier)
    assert paid(session).customer != earlier


def test_another_e_mail_address_redirects_nothing_and_overwrites_nothing(
    organization: Organization,
) -> None:
    holder = create_customer(
        organization=organization, external_customer_id="cust_1", email="own@example.com", name="Own"
    )
    create_customer(organization=organization, external_customer_id="cust_2", email="typed@example.com")
    order = paid(of_cust_1(organization), email="typed@example.com", name="Typed")
    assert order.customer == holder
    assert order.email == "typed@example.com"
    holder.refresh_from_db()
    assert (holder.email, holder.name) == ("own@example.com", "Own")


def test_what_the_customer_lacks_is_filled_in(organization: Organization) -> None:
    holder = create_customer(organization=organization, external_customer_id="cust_1")
    paid(of_cust_1(organization), email="typed@example.com", name="Typed")
    holder.refresh_from_db()
    assert (holder.email, holder.name) == ("typed@example.com", "Typed")


def test_the_sessions_metadata_wins_the_merge(organization: Organization) -> None:
    holder = create_customer(
        organization=organization, external_customer_id="cust_1", metadata={"plan": "old", "seats": 3}
    )
    paid(of_cust_1(organization, customer_metadata={"plan": "new"}))
    holder.refresh_from_db()
    assert holder.metadata == {"plan": "new", "seats": 3}


def test_too_many_notes_do_not_refuse_a_payment(organization: Organization) -> None:
    many = {f"k{number}": number for number in range(50)}
    holder = create_customer(organization=organization, external_customer_id="cust_1", metadata=many)
    assert paid(of_cust_1(organization, customer_metadata={"more": 1})).customer == holder
    holder.refresh_from_db()
    assert holder.metadata == many


def test_the_same_id_in_two_organizations_is_two_customers(
    organization: Organization, stranger: Organization
) -> None:
    orders = [paid(of_cust_1(owner)) for owner in (organization, stranger)]
    assert [order.customer.organization for order in orders] == [organization, stranger]


def test_ten_sessions_of_one_new_id_make_one_customer_and_ten_orders(organization: Organization) -> None:
    sessions = [begin_payment(session=of_cust_1(organization)) for _ in range(10)]
    orders = all_at_once([partial(complete_session, session=session) for session in sessions])
    assert len({order.customer_id for order in orders}) == 1
    assert sorted(order.number for order in orders) == list(range(1, 11))
    assert Customer.objects.count() == 1


def test_one_session_reported_ten_times_at_once_is_one_order(organization: Organization) -> None:
    session = begin_payment(session=of_cust_1(organization))
    orders = all_at_once([partial(complete_session, session=session)] * 10)
    assert orders == [orders[0]] * 10
    assert Order.objects.count() == 1


def test_a_holder_who_is_not_committed_yet_is_waited_for(organization: Organization) -> None:
    session = begin_payment(session=of_cust_1(organization))
    rival = Customer(organization=organization, external_customer_id="cust_1")
    (order,) = while_uncommitted(rival.save, [partial(complete_session, session=session)])
    assert order.customer == rival


def test_a_holder_deleted_meanwhile_is_not_the_one(organization: Organization) -> None:
    session = begin_payment(session=of_cust_1(organization))
    holder = create_customer(organization=organization, external_customer_id="cust_1")
    (order,) = while_uncommitted(
        lambda: delete_customer(customer=holder), [partial(complete_session, session=session)]
    )
    assert order.customer != holder
    assert order.customer.external_customer_id == "cust_1"


@pytest.mark.parametrize("is_linked", [True, False])
def test_a_customer_who_is_erased_meanwhile_is_the_one_without_a_trace(
    organization: Organization, is_linked: bool
) -> None:
    before = None if is_linked else of_cust_1(organization)
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    session = begin_payment(session=before or of_cust_1(organization), email="ann@example.com")
    (erased,) = while_uncommitted(
        lambda: locked_session(session.id),
        [lambda: delete_customer(customer=customer, anonymize=True)],
        then=lambda: complete_session(session=session),
    )
    order = Order.objects.get()
    assert order.customer == erased == customer
    assert (order.external_customer_id, order.email) == (stand_in_for(customer.id), None)


def test_a_session_made_while_its_customer_is_erased_keeps_nothing_of_theirs(
    organization: Organization,
) -> None:
    customer = create_customer(organization=organization, external_customer_id="cust_1")
    by_own_id, by_ours = while_uncommitted(
        lambda: delete_customer(customer=customer, anonymize=True),
        [partial(of_cust_1, organization), partial(a_session, organization, customer_id=customer.id)],
    )
    assert by_own_id.customer is None
    assert by_ours.error_dict["customer_id"][0].code == "does_not_exist"
    assert list(CheckoutSession.objects.all()) == [by_own_id]


def test_an_id_filter_shows_the_holders_and_nobodys_never_an_earlier_holders(
    organization: Organization,
) -> None:
    earlier = create_customer(organization=organization, external_customer_id="cust_1")
    paid(of_cust_1(organization))
    delete_customer(customer=earlier)
    sessions, orders = CheckoutSession.objects, Order.objects
    waiting = of_cust_1(organization)
    assert list(sessions.of_external_id(organization, "cust_1")) == [waiting]
    assert not orders.of_external_id(organization, "cust_1").exists()
    holder = create_customer(organization=organization)
    late = a_session(organization, customer_id=holder.id)
    update_customer(customer=holder, external_customer_id="cust_1")
    assert set(sessions.of_external_id(organization, "cust_1")) == {waiting, late}
    order = paid(waiting)
    assert list(orders.of_external_id(organization, "cust_1")) == [order]
    assert order.customer == holder


def test_the_log_tells_of_a_completion_that_is_kept(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin_payment(session=of_cust_1(organization))
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr(moves, "log", structlog.get_logger("checkout"))
        with transaction.atomic():
            complete_session(session=session)
            transaction.set_rollback(True)
        assert not lines
        order = complete_session(session=session)
    (line,) = lines
    assert (line["order_id"], line["external_customer_id"]) == (str(order.id), "cust_1")


def test_completion_takes_a_fixed_number_of_queries(
    organization: Organization, django_assert_max_num_queries: object
) -> None:
    create_customer(organization=organization, external_customer_id="cust_1", email="a@b.example")
    many = [{"price_data": {"name": "x", "unit_amount": 1, "currency": "usd"}, "quantity": 1}] * 100
    for items in (many[:1], many):
        session = begin_payment(session=of_cust_1(organization, items=items))
        with django_assert_max_num_queries(12):
            complete_session(session=session)
