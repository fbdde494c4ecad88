"""The demo's purchases: believable, the same for the same seed, and within every rule."""

from __future__ import annotations

import datetime
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Count, F, Sum
from pytest_django import Settings

from checkout.demo.catalog import GOODS, SOFTWARE, Catalog
from checkout.demo.rows import (
    LEAST,
    MOST,
    PERIOD,
    Buyer,
    DemoSession,
    demo_products,
    demo_sessions,
    number_of_sessions,
)
from checkout.models import CheckoutItem, CheckoutSession, Order, OrderNumbers, PaymentAttempt, Product
from checkout.money import CURRENCIES
from checkout.services.creation import create_session
from checkout.tests.factories import BOX, paid
from customers.demo.rows import demo_customers
from customers.models import Customer
from organizations.models import Organization
from polar_customers import demo

AT = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def buyers(count: int) -> list[Buyer]:
    made = demo_customers(seed=1, at=AT, organization="northwind", count=count, company_share=0.5)
    found = []
    for one in made:
        last = one.later or one
        country = (one.billing_address or {}).get("country")
        found.append(
            Buyer(
                one.id,
                last.external_customer_id,
                one.name,
                one.email,
                country,
                one.created_at,
                last.modified_at,
                last.deleted_at,
            )
        )
    return found


def made_up(
    count: int, *, seed: int = 1, customers: int = 3_000, catalog: Catalog = GOODS
) -> list[DemoSession]:
    products = demo_products(seed=seed, at=AT, organization="northwind", catalog=catalog)
    return demo_sessions(
        seed=seed,
        at=AT,
        organization="northwind",
        count=count,
        buyers=buyers(customers),
        products=products,
        catalog=catalog,
    )


@pytest.fixture(scope="module")
def many() -> list[DemoSession]:
    return made_up(5_000)


def test_the_same_seed_makes_the_same_sessions() -> None:
    assert made_up(300) == made_up(300)
    assert not {one.id for one in made_up(300)} & {one.id for one in made_up(300, seed=2)}


@pytest.mark.parametrize("customers", [1, 16, 3_000])
def test_the_fewest_sessions_are_in_every_status(customers: int) -> None:
    assert set(Counter(one.status for one in made_up(LEAST, customers=customers))) == {
        "open",
        "processing",
        "complete",
        "expired",
    }


def test_there_are_about_as_many_sessions_as_customers_and_never_too_many() -> None:
    assert [number_of_sessions(count) for count in (0, 1, 400, 1_000_000)] == [0, LEAST, 400, MOST]


def test_without_customers_nobody_has_paid() -> None:
    assert {one.status for one in made_up(LEAST, customers=0)} == {"open", "processing", "expired"}


def test_every_session_could_have_been(many: list[DemoSession]) -> None:
    for one in many:
        assert one.id.version == 7
        assert AT - PERIOD - DAY < one.created_at <= one.modified_at <= AT
        assert datetime.timedelta(minutes=30) <= one.expires_at - one.created_at <= DAY
        assert 1 <= len(one.items) <= 3
        assert (one.status == "complete") == (one.completed_at is not None) == (one.order_id is not None)
        if one.status == "complete":
            assert one.buyer is not None
            assert one.created_at < (one.completed_at or AT) < one.expires_at
            assert one.buyer.created_at <= (one.completed_at or AT)
        elif one.buyer is not None:
            assert one.buyer.created_at <= one.created_at
        if one.buyer is not None:
            assert one.external_customer_id == one.buyer.external_customer_id
            assert one.buyer.deleted_at is None or one.modified_at <= one.buyer.deleted_at
        if one.status == "expired":
            assert one.expires_at <= AT
        if one.status in ("open", "processing"):
            assert one.expires_at > AT + DAY / 2


def test_an_archived_product_isnt_sold_any_more(many: list[DemoSession]) -> None:
    products = {one.id: one for one in demo_products(seed=1, at=AT, organization="northwind", catalog=GOODS)}
    sold = [(products[item.product_id], one) for one in many for item in one.items if item.product_id]
    archived = [(product, one) for product, one in sold if product.archived_at]
    assert archived
    assert all(one.created_at < product.archived_at for product, one in archived)
    assert all(product.currency == one.currency for product, one in sold)


def test_attempts_end_as_the_session_does(many: list[DemoSession]) -> None:
    for one in many:
        statuses = [attempt.status for attempt in one.attempts]
        last = {"complete": ["succeeded"], "processing": ["needs_step"]}.get(one.status, [])
        assert statuses in (last, ["failed", *last])
        for earlier, later in pairwise(one.attempts):
            assert earlier.modified_at < later.created_at
        assert all((attempt.failure is not None) == (attempt.status == "failed") for attempt in one.attempts)
        assert all(
            one.created_at < attempt.created_at <= attempt.modified_at <= AT for attempt in one.attempts
        )


def test_there_is_every_kind_of_buyer(many: list[DemoSession]) -> None:
    unlinked = [one for one in many if one.buyer is None]
    held = {buyer.external_customer_id for buyer in buyers(3_000)}
    waiting = [one.external_customer_id for one in unlinked if one.external_customer_id]
    assert not set(waiting) & held
    assert len(waiting) > len(set(waiting))  # several sessions under one ID
    assert any(one.external_customer_id is None for one in unlinked)
    founding = [one for one in many if one.buyer and one.completed_at == one.buyer.created_at]
    assert len(founding) > 50
    assert any(one.buyer and one.buyer.deleted_at for one in many if one.status == "complete")
    assert {"usd", "eur", "gbp", "jpy", "kwd"} == {one.currency for one in many}
    assert any(item.product_id is None for one in many for item in one.items)


@pytest.mark.parametrize("catalog", [GOODS, SOFTWARE])
def test_catalogs_are_within_the_rules(catalog: Catalog) -> None:
    for article in catalog.articles:
        for currency, amount in article.prices.items():
            product = Product(name=article.name, description=article.description)
            product.unit_amount, product.currency = amount, currency
            product.clean_fields(exclude=["organization"])
    assert all(set(one.prices) <= set(CURRENCIES) for one in (*catalog.articles, *catalog.extras))


@pytest.fixture
def northwind(db: None, settings: Settings, tmp_path: Any) -> Organization:
    settings.DATA_DIR = tmp_path
    demo.load(customers=600, events=0, at=AT.date())
    return Organization.objects.get(slug="northwind")


def test_what_is_loaded_adds_up_and_goes_on(northwind: Organization) -> None:
    sessions = CheckoutSession.objects.for_organization(northwind)
    assert sessions.count() == Customer.objects.for_organization(northwind).count()
    assert not sessions.annotate(sum=Sum("items__amount")).exclude(sum=F("amount_total")).exists()
    orders = Order.objects.for_organization(northwind).order_by("number")
    assert orders.count() == sessions.filter(stored_status="complete").count()
    assert [order.number for order in orders] == list(range(1, orders.count() + 1))
    times = [order.created_at for order in orders]
    assert times == sorted(times)
    assert OrderNumbers.objects.get(organization=northwind).last == orders.count()
    for order in orders.select_related("checkout_session", "customer"):
        assert order.customer == order.checkout_session.customer
        assert order.amount_total == order.checkout_session.amount_total
        assert order.created_at == order.checkout_session.completed_at
        assert order.external_customer_id == order.customer.external_customer_id
    succeeded = PaymentAttempt.objects.filter(organization=northwind, status="succeeded")
    assert succeeded.values("session").annotate(n=Count("id")).count() == orders.count()

    for model in (CheckoutSession, CheckoutItem, Product):
        for row in model.objects.filter(organization=northwind):
            row.clean_fields(exclude=["organization", "customer", "session", "product"])
    first = Customer.objects.for_organization(northwind).holding("cust_1001").get()
    assert {one.stored_status for one in sessions.filter(customer=first)} >= {"open", "complete", "expired"}

    next_order = paid(create_session(organization=northwind, items=[BOX], external_customer_id="cust_1001"))
    assert next_order.number == len(times) + 1
    assert next_order.customer == first


def test_a_session_under_an_id_that_nobody_holds_makes_a_customer(northwind: Organization) -> None:
    waiting = CheckoutSession.objects.for_organization(northwind).filter(
        stored_status="open", customer=None, external_customer_id__isnull=False
    )
    session = waiting.first()
    assert session is not None
    CheckoutSession.objects.filter(id=session.id).update(
        expires_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
    )
    order = paid(session)
    assert order.customer.external_customer_id == session.external_customer_id
