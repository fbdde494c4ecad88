"""The demo's customers: believable, of every kind, the same for the same seed, and within every rule."""

from __future__ import annotations

import datetime
import itertools
import re
import uuid

import pytest

from customers.demo.rows import PERIOD, DemoCustomer, demo_customers
from customers.external_ids import check_external_customer_id
from customers.models import Customer

# What a hundred customers of seed 1 begin and end with.
FIRST = ("018df244-0727-7e49-a9da-0b91ebbf0099", "cust_1001", "Lindqvist & Partners AB")
LATEST = (
    "019bfbc8-9ebb-7785-bf39-4df1b9753355",
    "6347d440-803c-44a9-8bf6-a0222032d0f5",
    "Bäckerei Böhm e.K.",
)
AT = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)


def made_up(
    count: int, *, seed: int = 1, organization: str = "northwind", company_share: float = 0.8
) -> list[DemoCustomer]:
    return list(
        demo_customers(seed=seed, at=AT, organization=organization, count=count, company_share=company_share)
    )


@pytest.fixture(scope="module")
def many() -> list[DemoCustomer]:
    return made_up(30_000)


def last(customer: DemoCustomer) -> DemoCustomer:
    return customer.later or customer


def ids(customers: list[DemoCustomer]) -> set[str]:
    return {own_id for one in customers if (own_id := last(one).external_customer_id) is not None}


def test_the_same_seed_makes_the_same_customers() -> None:
    assert made_up(500) == made_up(500)


def test_another_seed_makes_others() -> None:
    mine, others = made_up(500), made_up(500, seed=2)
    assert not {one.id for one in mine} & {one.id for one in others}
    assert [one.name for one in mine] != [one.name for one in others]


def test_every_python_makes_the_same_customers() -> None:
    first, *_, latest = made_up(100)
    assert (str(first.id), first.external_customer_id, first.name) == FIRST
    assert (str(latest.id), latest.external_customer_id, latest.name) == LATEST


def test_every_external_id_is_well_formed(many: list[DemoCustomer]) -> None:
    for own_id in ids(many):
        assert check_external_customer_id(own_id) == own_id


def test_an_external_id_has_one_holder_at_a_time(many: list[DemoCustomer]) -> None:
    held: dict[str, list[tuple[datetime.datetime, datetime.datetime]]] = {}
    for one in many:
        if (own_id := last(one).external_customer_id) is not None:
            held.setdefault(own_id, []).append((one.created_at, last(one).deleted_at or AT))
    for times in held.values():
        for (_, until), (since, _) in itertools.pairwise(sorted(times)):
            assert until <= since
    again = [one for one in many if one.inherits_id]
    assert again
    assert all(len(held[one.external_customer_id or ""]) > 1 for one in again)


def test_ids_are_distinct_and_sort_by_time(many: list[DemoCustomer]) -> None:
    assert len({one.id for one in many}) == len(many)
    assert all(one.id.version == 7 and one.id.variant == uuid.RFC_4122 for one in many)
    milliseconds = [one.id.int >> 80 for one in many]
    assert milliseconds == [int(one.created_at.timestamp() * 1000) for one in many]


def test_customers_come_in_order_over_two_years_and_never_from_the_future(many: list[DemoCustomer]) -> None:
    times = [one.created_at for one in many]
    assert times == sorted(times)
    assert times[0] >= AT - PERIOD
    assert times[0] < AT - 0.98 * PERIOD
    assert AT - datetime.timedelta(days=1) < times[-1] <= AT
    for one in many:
        assert one.created_at == one.modified_at
        assert one.created_at <= last(one).modified_at <= AT
        assert last(one).deleted_at in (None, last(one).modified_at)


@pytest.mark.parametrize("company_share", [0.0, 1.0])
def test_every_field_is_within_the_rules(company_share: float) -> None:
    for one in made_up(3_000, company_share=company_share):
        for version in (one, last(one)):
            customer = Customer(
                id=version.id,
                external_customer_id=version.external_customer_id,
                name=version.name,
                email=version.email,
                billing_address=version.billing_address,
                tax_id=version.tax_id,
                metadata=version.metadata,
            )
            customer.clean_fields(exclude=["organization"])
            assert version.email is None or version.email.endswith(".example")


@pytest.mark.parametrize(
    "shape",
    [
        r"cust_\d+",
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"\d{8}",
        r"[a-z.]+\+\d+@mail\.example",
        r"crm/accounts/\d+",
        r"eu\.tenant\.\d+",
        r"\+1 555 \d{3} \d{4}",
        r"客户-\d+",
        r"Клиент №\d+",
        r"🦊-\d+",
        r"SPRING-20%-\d+",
        r"shop\?id=\d+#main",
        r"export-\d+\.json",
        r".{255}",
    ],
)
def test_ids_are_of_every_shape(many: list[DemoCustomer], shape: str) -> None:
    assert sum(1 for own_id in ids(many) if re.fullmatch(shape, own_id)) > 100


def test_some_have_no_id_some_get_it_later_and_some_are_deleted(many: list[DemoCustomer]) -> None:
    without = [one for one in many if last(one).external_customer_id is None]
    later = [one for one in many if one.external_customer_id is None and last(one).external_customer_id]
    deleted = [one for one in many if last(one).deleted_at is not None]
    for some in (without, later, deleted):
        assert 0.01 < len(some) / len(many) < 0.1
    assert all(one.name or one.email for one in without)


def test_the_smallest_demo_shows_many_shapes_and_they_stay() -> None:
    few = made_up(16)
    assert len(ids(few)) == 16
    assert not any(one.later for one in few)
    assert few[0].external_customer_id == "cust_1001"


def test_a_newcomers_first_id_is_free(many: list[DemoCustomer]) -> None:
    assert "cust_123" not in ids(many)


def test_two_organizations_have_ids_in_common_but_not_customers() -> None:
    first, second = made_up(500), made_up(500, organization="lakeside")
    common = ids(first) & ids(second)
    assert 0.4 < len(common) / 500 < 0.9
    assert not {one.id for one in first} & {one.id for one in second}
