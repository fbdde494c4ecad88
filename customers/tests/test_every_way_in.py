"""One rule, whoever calls: an ID that one way in accepts, all accept and keep byte for byte; one that one refuses,
all refuse with the same code. (`ways_in.py` has the table of callers.)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection

from api.tests.wsgi import Server
from customers.models import Customer
from customers.services import delete_customer
from customers.tests.external_ids import EMPTY, ILL_FORMED_TEXT, NOT_A_STRING, SURROGATES, WELL_FORMED
from customers.tests.factories import CustomerFactory
from customers.tests.paths import by_external_id
from customers.tests.ways_in import WAYS, Carries, Way, World
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def each_way(*carries: Carries) -> pytest.MarkDecorator:
    ways = [way for way in WAYS if way.carries in (carries or Carries)]
    return pytest.mark.parametrize("way", ways, ids=lambda way: way.name)


@pytest.fixture
def world(organization: Organization, api: Server) -> World:
    return World(organization, api)


def stored_ids(organization: Organization) -> set[str]:
    """As the bytes that the database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT convert_to(external_customer_id, 'UTF8') FROM customers "
            "WHERE organization_id = %s AND external_customer_id IS NOT NULL",
            [organization.id],
        )
        return {bytes(own_id).decode("utf-8") for (own_id,) in cursor}


def check_refusals(way: Way, world: World, cases: Iterable[tuple[Any, str]]) -> None:
    for own_id, code in cases:
        assert way.bring_in(world, own_id) == {code}, ascii(own_id)
    assert stored_ids(world.organization) == set()


@each_way()
def test_a_well_formed_id_comes_in_and_is_kept_byte_for_byte(way: Way, world: World) -> None:
    for own_id in WELL_FORMED.values():
        assert way.bring_in(world, own_id) == set(), ascii(own_id)
    assert stored_ids(world.organization) == set(WELL_FORMED.values())


@each_way()
def test_ill_formed_text_is_refused_with_the_same_code(way: Way, world: World) -> None:
    check_refusals(way, world, ILL_FORMED_TEXT.values())


@each_way(Carries.TEXT, Carries.ANY_VALUE)
def test_an_empty_text_is_an_error_and_never_none(way: Way, world: World) -> None:
    check_refusals(way, world, EMPTY.values())


@each_way(Carries.FILLED_TEXT)
def test_an_empty_box_of_a_form_is_none(way: Way, world: World) -> None:
    assert way.bring_in(world, "") == set()
    assert Customer.objects.get().external_customer_id is None


@each_way(Carries.REQUIRED_TEXT)
def test_an_empty_box_where_an_id_is_asked_for_is_refused(way: Way, world: World) -> None:
    assert way.bring_in(world, "") == {"required"}
    assert stored_ids(world.organization) == set()


@each_way(Carries.ANY_VALUE)
def test_surrogates_and_what_is_no_string_are_refused_with_the_same_code(way: Way, world: World) -> None:
    check_refusals(way, world, SURROGATES.values())
    check_refusals(way, world, ((value, "not_a_string") for value in NOT_A_STRING.values()))


@each_way()
def test_a_live_holder_keeps_its_id_whoever_comes(way: Way, world: World) -> None:
    holder = CustomerFactory(organization=world.organization, external_customer_id="cust_1")
    assert way.bring_in(world, "cust_1") == way.onto_a_holder
    assert Customer.objects.get(external_customer_id="cust_1") == holder


@each_way()
def test_a_deleted_or_a_foreign_holder_is_in_nobodys_way(
    way: Way, world: World, stranger: Organization
) -> None:
    CustomerFactory(organization=stranger, external_customer_id="cust_1")
    earlier = CustomerFactory(organization=world.organization, external_customer_id="cust_1")
    delete_customer(customer=earlier)
    assert way.bring_in(world, "cust_1") == set()
    holder = Customer.objects.for_organization(world.organization).holding("cust_1").get()
    assert holder != earlier


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_ill_formed_id_in_a_path_names_nobody(method: str, world: World) -> None:
    body = {} if method == "PATCH" else None
    nobody = world.api(method, by_external_id("nobody"), body)
    assert nobody.status == 404
    for own_id, _ in [*ILL_FORMED_TEXT.values(), *EMPTY.values()]:
        answer = world.api(method, by_external_id(own_id), body)
        assert (answer.status, answer.json["errors"]) == (404, nobody.json["errors"]), ascii(own_id)
