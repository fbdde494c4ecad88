"""Who used most is found without adding up everybody's days, and is the same."""

from __future__ import annotations

import datetime
import random

import pytest

from customers.models import Customer
from customers.services import create_customer, delete_customer
from metrics.figures import ranking
from metrics.figures.figures import ALL_FIGURES, Figure
from metrics.figures.ranking import Order, read_ranking
from metrics.services.folding import fold
from metrics.tests.sending import event, send
from organizations.models import Organization

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DAYS = 3
LIMIT = 3


def used(most: int, seed: int) -> dict[tuple[str, int], int]:
    """Events of ten customers, and of one who isn't there, by customer and day."""
    chosen = random.Random(seed)  # noqa: S311
    return {
        (f"cust_{number}", day): chosen.randint(0, most * (number % 3 + 1)) // 3
        for number in range(11)
        for day in range(-1, DAYS + 1)
    }


def at(day: int) -> str:
    return (START + datetime.timedelta(days=day, hours=5)).isoformat()


@pytest.mark.parametrize("figures", [(Figure.EVENTS,), ALL_FIGURES])
@pytest.mark.parametrize(
    ("most", "light_day", "most_leaders"), [(20, 3, 100), (20, 3, 1), (20, 0, 100), (4, 3, 100), (12, 1, 100)]
)
def test_the_first_page_is_of_those_who_used_most(
    figures: tuple[Figure, ...],
    most: int,
    light_day: int,
    most_leaders: int,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranking, "_LIGHT_DAY", light_day)
    monkeypatch.setattr(ranking, "_MOST_LEADERS", most_leaders)
    customers = [
        create_customer(organization=organization, external_customer_id=f"cust_{number}")
        for number in range(10)
    ]
    numbers = used(most, most + light_day)
    for count, ((own_id, day), times) in enumerate(numbers.items()):
        if times:
            send(organization, *[event(own_id, timestamp=at(day))] * times)
        if count == len(numbers) // 2:
            fold(organization.id)
    totals: dict[str, int] = {}
    for (own_id, day), times in numbers.items():
        if 0 <= day < DAYS:
            totals[own_id] = totals.get(own_id, 0) + times
    first = max(customers, key=lambda customer: totals[customer.external_customer_id or ""])
    delete_customer(customer=first)
    del totals[first.external_customer_id or ""]

    read = read_ranking(
        organization=organization,
        start=START,
        end=START + datetime.timedelta(days=DAYS),
        order=Order(Figure.EVENTS),
        figures=figures,
        limit=LIMIT,
    )
    keys = {customer.external_customer_id: str(customer.id) for customer in customers}
    expected = sorted(
        totals, key=lambda own_id: (totals[own_id], keys.get(own_id, f":{own_id}")), reverse=True
    )[:LIMIT]
    assert [(row.external_customer_id, row.figures.events) for row in read.rows] == [
        (own_id, totals[own_id]) for own_id in expected
    ]
    assert read.has_next


@pytest.mark.parametrize("users", [1, LIMIT, LIMIT + 2])
def test_who_did_something_else_alone_comes_behind_them(users: int, organization: Organization) -> None:
    for number in range(users + 2):
        customer = create_customer(organization=organization, external_customer_id=f"cust_{number}")
        Customer.objects.filter(id=customer.id).update(created_at=START)
    for number in range(users):
        send(organization, *[event(f"cust_{number}", timestamp=at(0))] * (20 + number))
    fold(organization.id)
    read = read_ranking(
        organization=organization,
        start=START,
        end=START + datetime.timedelta(days=DAYS),
        order=Order(Figure.EVENTS),
        figures=ALL_FIGURES,
        limit=LIMIT,
    )
    expected = [20 + number for number in reversed(range(users))] + [0, 0]
    assert [row.figures.events for row in read.rows] == expected[:LIMIT]
    assert [row.figures.new_customers for row in read.rows] == [1] * LIMIT
    assert read.has_next == (len(expected) > LIMIT)
