"""The demo's usage: believable, the same for the same seed, within every rule, and added up."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from statistics import mean
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from pytest_django import Settings

from api.metadata import check_metadata
from customers.demo.rows import demo_customers
from customers.external_ids import check_external_customer_id
from customers.models import Customer
from customers.services import create_customer
from metrics.demo.rows import DemoEvent, demo_events
from metrics.demo.usage import ONLINE, TRADE, Usage
from metrics.demo.waiting import PERIOD, DemoWaiting, User, demo_waiting
from metrics.event_rules import check_event_id, check_event_name
from metrics.meter_rules import Function
from metrics.models import Event, EventBatch, Meter, UnmatchedID
from metrics.services.binding import bind_events
from metrics.services.folding import fold_what_is_left
from metrics.services.unmatched import about_unmatched
from metrics.services.verification import differences
from metrics.tests.sending import event, send
from organizations.models import Organization
from polar_customers import demo

AT = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
ZONE = "America/New_York"


def users(count: int) -> list[User]:
    found = []
    for one in demo_customers(seed=1, at=AT, organization="northwind", count=count, company_share=0.5):
        last = one.later or one
        found.append(
            User(one.id, last.external_customer_id, one.created_at, last.modified_at, last.deleted_at)
        )
    return found


def waiting(some: list[User], *, seed: int = 1) -> list[DemoWaiting]:
    return demo_waiting(seed=seed, at=AT, organization="northwind", users=some)


def made_up(count: int, *, seed: int = 1, customers: int = 1_000, usage: Usage = TRADE) -> list[DemoEvent]:
    some = users(customers)
    return list(
        demo_events(
            seed=seed,
            at=AT,
            organization="northwind",
            time_zone=ZONE,
            count=count,
            users=some,
            waiting=waiting(some, seed=seed),
            usage=usage,
        )
    )


@pytest.fixture(scope="module")
def many() -> list[DemoEvent]:
    return made_up(12_000)


def test_the_same_seed_makes_the_same_events() -> None:
    assert made_up(300) == made_up(300)
    assert not {one.id for one in made_up(300)} & {one.id for one in made_up(300, seed=2)}


@pytest.mark.parametrize("customers", [0, 1, 16])
def test_there_are_as_many_as_asked_for_however_few_customers(customers: int) -> None:
    assert len(made_up(200, customers=customers)) == 200


def test_every_event_could_have_been(many: list[DemoEvent]) -> None:
    times = [one.timestamp for one in many]
    assert times == sorted(times)
    assert AT - PERIOD <= times[0] < AT - PERIOD + DAY
    assert len({one.id for one in many}) == len({one.external_id or one.id for one in many}) == len(many)
    for one in many:
        assert one.id.version == 7
        assert one.timestamp <= one.received_at <= AT
        check_metadata(one.metadata)
        if one.external_id is not None:
            check_event_id(one.external_id)
        if one.waiting is None:
            assert one.user is not None
            assert one.user.created_at <= one.timestamp
            assert one.user.deleted_at is None or one.received_at < one.user.deleted_at
            # Without an external ID, or before the customer surely had it, only our own can have named the customer.
            without_id = one.user.external_customer_id is None or one.received_at < one.user.since
            assert one.named_customer == without_id
        else:
            assert one.user == one.waiting.user
            assert not one.named_customer
            assert one.waiting.first <= one.timestamp
            assert one.received_at < one.waiting.last or one.waiting.last == AT
            assert one.user is None or one.received_at < one.user.created_at


def test_there_is_every_kind_of_event(many: list[DemoEvent]) -> None:
    assert {one.name for one in many} == set(TRADE.names)
    assert 0.01 < mean(one.received_at - one.timestamp > datetime.timedelta(minutes=1) for one in many) < 0.04
    assert 0.8 < mean(one.external_id is not None for one in many) < 0.97
    assert 0.01 < mean(one.waiting is not None for one in many) < 0.05
    assert any(one.named_customer for one in many)
    assert any(one.waiting and one.user for one in many)
    assert any(one.user and one.user.deleted_at for one in many)


def test_some_customers_use_much_and_some_nothing(many: list[DemoEvent]) -> None:
    counts = Counter(one.user.id for one in many if one.user)
    everybody = users(1_000)
    assert counts[everybody[0].id] > 0.1 * len(many)
    assert 200 < len(counts) < 0.9 * len(everybody)


def test_there_is_more_of_it_by_day_on_working_days_and_as_time_goes_by(many: list[DemoEvent]) -> None:
    local = [one.timestamp.astimezone(ZoneInfo(ZONE)) for one in many]
    hours, weekdays = Counter(time.hour for time in local), Counter(time.weekday() for time in local)
    assert hours[10] > 4 * hours[2]
    assert weekdays[1] > 2 * weekdays[6]
    early = sum(one.timestamp < AT - PERIOD / 2 for one in many)
    assert early < 0.47 * len(many)


@pytest.mark.parametrize("usage", [TRADE, ONLINE])
def test_names_are_within_the_rules(usage: Usage) -> None:
    assert [check_event_name(name) for name in usage.names] == usage.names
    assert (len(usage.by_hour), len(usage.by_weekday)) == (24, 7)


def test_what_waits_is_well_formed_and_another_id_than_any_that_is_held() -> None:
    some = users(1_000)
    rows = waiting(some)
    held = {user.external_customer_id: user for user in some}
    assert len({row.external_customer_id for row in rows}) == len(rows)
    for row in rows:
        assert check_external_customer_id(row.external_customer_id) == row.external_customer_id
        assert AT - PERIOD <= row.first <= row.last <= AT
        assert held.get(row.external_customer_id) == row.user
    assert sum(row.user is not None for row in rows) > 10


@pytest.fixture
def northwind(db: None, settings: Settings, tmp_path: Path) -> Organization:
    settings.DATA_DIR = tmp_path
    demo.load(customers=600, events=3_000, at=AT.date())
    return Organization.objects.get(slug="northwind")


def test_what_is_loaded_is_added_up(northwind: Organization) -> None:
    lakeside = Organization.objects.get(slug="lakeside")
    assert (northwind.time_zone, lakeside.time_zone) == (ZONE, "Europe/Berlin")
    for organization, count in ((northwind, 2_400), (lakeside, 600)):
        assert Event.objects.for_organization(organization).count() == count
        assert differences(organization) == []
    assert not EventBatch.objects.exists()


def test_what_waits_is_counted_and_explained(northwind: Organization) -> None:
    rows = list(UnmatchedID.objects.for_organization(northwind))
    for row in rows:
        events = Event.objects.filter(unmatched=row).order_by("timestamp")
        assert row.count == len(events) > 0
        assert (row.first_seen, row.last_seen) == (events[0].timestamp, events[len(events) - 1].timestamp)
        assert set(row.names) == {one.name_id for one in events}
        assert {one.customer_id for one in events} == {row.customer_id}
        assert (row.claimed_at is None) == (row.bound_at is None) == (row.customer_id is None)
    assert any(row.customer_id for row in rows)
    unmatched = about_unmatched(
        northwind, UnmatchedID.objects.open().for_list().filter(organization=northwind)
    )
    reasons = Counter(match.reason for one in unmatched for match in one.near_matches[:1])
    assert set(reasons) == {"letter_case", "compatibility_form"}
    assert any(not one.near_matches for one in unmatched)
    (first,) = [one for one in unmatched if one.external_customer_id == "Acme-Eu"]
    assert [match.external_customer_id for match in first.near_matches] == ["ACME-EU", "acme-eu"]


def test_nobody_held_an_id_while_events_waited_under_it(northwind: Organization) -> None:
    for row in UnmatchedID.objects.for_organization(northwind):
        others = Customer.objects.for_organization(northwind).filter(
            external_customer_id=row.external_customer_id
        )
        assert not others.exclude(id=row.customer_id).exists()
    late = Event.objects.for_organization(northwind).filter(unmatched__customer__isnull=False)
    assert not late.filter(received_at__gte=F("unmatched__claimed_at")).exists()


def test_every_meter_has_something_to_count(northwind: Organization) -> None:
    meters = Meter.objects.filter(organization=northwind)
    assert set(meters.values_list("function", flat=True)) == set(Function.values)
    assert meters.filter(archived_at__isnull=False).count() == 1
    for meter in meters:
        meter.full_clean()
        events = Event.objects.for_organization(northwind).filter(metadata__contains=meter.event_metadata)
        counted = events.named(northwind, meter.event_name) if meter.event_name else events
        assert counted.exists()
        if meter.property_name:
            assert not counted.exclude(metadata__has_key=meter.property_name).exists()


def test_it_goes_on_from_there(northwind: Organization) -> None:
    known = Customer.objects.for_organization(northwind).holding("cust_1001").get()
    before = Event.objects.filter(customer=known).count()
    assert send(northwind, event("cust_1001", name="api.call"), event("trial-2081")).inserted == 2
    assert Event.objects.filter(customer=known).count() == before + 1
    waited = Event.objects.for_organization(northwind).filter(unmatched__external_customer_id="trial-2081")
    customer = create_customer(organization=northwind, external_customer_id="trial-2081")
    bind_events(organization_id=northwind.id, customer_id=customer.id)
    assert Event.objects.filter(customer=customer).count() == waited.count() > 1
    fold_what_is_left()
    assert differences(northwind) == []
