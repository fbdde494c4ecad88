"""Lists that are compiled once for each shape: the same rows as of the queryset, whatever the values."""

from __future__ import annotations

import datetime
import itertools
import uuid
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import QueryDict

from api import shaped
from api.paging import page
from api.shaped import Shaped, joined, parted
from customers.filters import CustomerFilter
from customers.models import Customer
from customers.services import create_customer, delete_customer
from organizations.models import Organization
from organizations.services import create_organization

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _no_shape_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaped, "_compiled", {})


class Builds:
    """Builds the customers of an organization with a name, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, organization: uuid.UUID, name: str) -> QuerySet[Customer]:
        self.count += 1
        return Customer.objects.for_organization(organization).filter(name=name).order_by("id")

    def of(self, organization: Organization, name: str) -> Shaped[Customer]:
        return Shaped(Customer, "by name", (organization.id, name), self)


@pytest.fixture
def other(db: None) -> Organization:
    return create_organization(slug="other", name="Other")


def test_other_values_need_no_other_sql(organization: Organization, other: Organization) -> None:
    ours = [create_customer(organization=organization, name=name) for name in ("Ann", "Bob", "Ann")]
    theirs = create_customer(organization=other, name="Ann")
    build = Builds()
    assert build.of(organization, "Ann").rows() == [ours[0], ours[2]]
    assert build.of(organization, "Bob").rows() == [ours[1]]
    assert build.of(organization, "'; --").rows() == []
    assert build.of(other, "Ann").rows() == [theirs]
    assert build.count == 1


def test_what_is_read_is_whole(organization: Organization) -> None:
    made = create_customer(
        organization=organization,
        external_customer_id="客户/🦊",
        name="Ann",
        metadata={"seats": 5, "share": 0.5, "on": True},
    )
    [found] = Builds().of(organization, "Ann").rows()
    names = [field.attname for field in Customer._meta.concrete_fields if field.name != "search_text"]
    assert [getattr(found, name) for name in names] == [getattr(made, name) for name in names]
    assert found.has_stored_external_customer_id


def test_a_refinement_is_a_shape_of_its_own(organization: Organization) -> None:
    first, second = (
        create_customer(organization=organization, name="Ann", email=email) for email in ("a@b.de", "c@d.de")
    )
    everyone = Builds().of(organization, "Ann")

    def by_email(email: str) -> Shaped[Customer]:
        return everyone.refined("email", (email,), lambda rows, email: rows.filter(email=email))

    assert by_email("a@b.de").rows() == [first]
    assert by_email("c@d.de").rows() == [second]
    assert everyone.rows() == [first, second]
    assert list(by_email("c@d.de").all()) == [second]


def test_values_of_other_types_are_another_shape(organization: Organization) -> None:
    kinds: list[type] = []

    def build(value: Any) -> QuerySet[Organization]:
        kinds.append(type(value))
        return Organization.objects.filter(**{"slug" if isinstance(value, str) else "id": value})

    for value in (organization.slug, organization.id, organization.slug):
        assert Shaped(Organization, "either", (value,), build).rows() == [organization]
    assert kinds == [str, uuid.UUID]


def test_what_nothing_can_answer_to(organization: Organization) -> None:
    nobody = Builds().of(organization, "Ann").refined("none", (), lambda rows: rows.none())
    assert nobody.rows() == []
    assert nobody.rows() == []


def test_shapes_do_not_pile_up(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaped, "MOST_SHAPES", 3)
    everyone = Builds().of(organization, "Ann")
    for count in range(10):
        everyone.refined(count, (), lambda rows, count=count: rows[: count + 1]).rows()
        assert len(shaped._compiled) <= 3


def test_an_argument_that_is_lost_is_noticed(organization: Organization) -> None:
    with pytest.raises(TypeError, match="sample"):
        Shaped(Customer, "lost", ("Ann",), lambda name: Customer.objects.all()).rows()


def test_what_isnt_an_argument_doesnt_stay_in_the_sql(organization: Organization) -> None:
    """Or the first caller's ID would be everybody's."""
    for foreign in ({"organization": organization}, {"created_at": NOON}):
        rows = (
            Builds()
            .of(organization, "Ann")
            .refined(str(foreign), (), lambda rows, by=foreign: rows.filter(**by))
        )
        with pytest.raises(TypeError, match="is no argument"):
            rows.rows()


def test_what_the_database_refuses_is_djangos_error(organization: Organization) -> None:
    broken = Builds().of(organization, "Ann").refined("x", (), lambda rows: rows.extra(where=["1 / 0 = 1"]))
    create_customer(organization=organization, name="Ann")
    with pytest.raises(DatabaseError, match="division by zero"):
        broken.rows()


def test_a_list_is_one_query_that_tests_see(
    organization: Organization, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1) as queries:
        Builds().of(organization, "Ann").rows()
    assert "customers" in queries[0]["sql"]


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ("Ann", ("Ann",)),
        (NOON, (NOON,)),
        (None, ()),
        (True, ()),
        (5, ()),
        (["a", "b"], ("a", "b")),
        (("a", None, ("b", False)), ("a", "b")),
        ([], ()),
    ],
)
def test_a_value_is_parted_and_joined_again(value: Any, arguments: tuple[Any, ...]) -> None:
    shape, found = parted(value)
    assert found == arguments
    assert joined(shape, found) == value
    assert hash(shape) is not None


def test_a_shape_says_what_isnt_an_argument() -> None:
    values = [None, True, False, "a", ["a"], ["a", "b"], ("a",), NOON, ["a", None]]
    shapes = [parted(value)[0] for value in values]
    assert all(one != other for one, other in itertools.combinations(shapes[:3] + shapes[4:7], 2))


QUERIES = [
    "",
    "search=ann",
    "search=%25",
    "search=a%1fb",
    "search=_",
    "email=ANN@x.de",
    "email=",
    "has_external_customer_id=true",
    "has_external_customer_id=false",
    "external_customer_id=c1",
    "external_customer_id=c1&external_customer_id=c2&external_customer_id=nobody",
    "created_after=2026-01-31T12:00:01Z&created_before=2026-01-31T12:00:05Z",
    "search=n&has_external_customer_id=true&created_after=2026-01-31T12:00:00Z",
    "metadata[plan]=gold",
    "metadata[plan]=gold&search=ann",
]


@pytest.fixture
def customers(organization: Organization, other: Organization) -> None:
    names = ("Ann", "ANNA", None, "100%", "Bob_1", "x\\y")
    for number, (name, own) in enumerate(itertools.product(names, (organization, other))):
        made = create_customer(
            organization=own,
            name=name,
            email="ann@x.de" if number % 3 == 0 else None,
            external_customer_id=f"c{number}" if number % 4 < 3 else None,
            metadata={"plan": "gold" if number % 2 else "free"},
        )
        Customer.objects.filter(id=made.id).update(created_at=NOON + datetime.timedelta(seconds=number))
    delete_customer(customer=create_customer(organization=organization, name="Ann"))


@pytest.mark.usefixtures("customers")
@pytest.mark.parametrize("ordering", ["created_at", "-name", "email", "-external_customer_id"])
def test_pages_are_those_of_the_queryset(organization: Organization, ordering: str) -> None:
    """Twice, as what the first pass compiles the second one uses."""

    def build(organization: uuid.UUID) -> QuerySet[Customer]:
        return Customer.objects.for_organization(organization).live()

    for query in QUERIES * 2:
        rows = Shaped(Customer, "live", (organization.id,), build)
        asked = CustomerFilter(QueryDict(query), rows, organization).checked()
        cursor, backward = None, []
        while True:
            expected = page(asked.qs, ordering, cursor, 2)
            assert page(asked.narrowed(), ordering, cursor, 2) == expected
            backward.append(expected.previous_cursor)
            if (cursor := expected.next_cursor) is None:
                break
        for cursor in filter(None, backward):
            assert page(asked.narrowed(), ordering, cursor, 2) == page(asked.qs, ordering, cursor, 2)
