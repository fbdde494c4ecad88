"""One rule, whoever calls: an ID that one way in accepts, all accept and keep byte for byte; one that one refuses,
all refuse with the same code.

A way in is a function that tries to bring an ID in and answers with the codes of its refusal, none when it accepts. To
add one, decorate it with `way_in` and say what it can carry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import RequestFactory

from api.tests.wsgi import Answer, Server
from customers import services
from customers.models import Customer
from customers.tests.external_ids import (
    EMPTY,
    ILL_FORMED_TEXT,
    NOT_A_STRING,
    SURROGATES,
    WELL_FORMED,
)
from customers.tests.factories import CustomerFactory
from customers.tests.paths import CUSTOMERS, by_external_id, by_id, listing
from organizations.models import Organization
from organizations.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FIELD = "external_customer_id"


class Carries(Enum):
    """What a way in can be sent, beside any text that has UTF-8."""

    FILLED_TEXT = "text of one character and more; an empty box says “none”"
    TEXT = "text, the empty one too"
    ANY_VALUE = "whatever JSON or Python can say"


@dataclass(frozen=True)
class Way:
    name: str
    carries: Carries
    bring_in: Callable[[Organization, Server, Any], set[str]]

    def carries_any(self, *what: Carries) -> bool:
        return self.carries in what


WAYS: list[Way] = []


def way_in(carries: Carries) -> Callable[[Callable[..., set[str]]], Callable[..., set[str]]]:
    def added(bring_in: Callable[..., set[str]]) -> Callable[..., set[str]]:
        WAYS.append(Way(bring_in.__name__, carries, bring_in))
        return bring_in

    return added


def codes_of(answer: Answer) -> set[str]:
    if answer.status < 300:
        return set()
    assert answer.status == 400
    errors = answer.json["errors"]
    assert {error["attr"].partition(".")[0] for error in errors} == {FIELD}
    return {error["code"] for error in errors}


def codes_raised(write: Callable[..., object], **arguments: Any) -> set[str]:
    errors: dict[str, list[ValidationError]] = {}
    try:
        write(**arguments)
    except ValidationError as error:
        errors = error.error_dict
    assert set(errors) <= {FIELD}
    return {problem.code for problems in errors.values() for problem in problems}


@way_in(Carries.ANY_VALUE)
def creating_by_the_api(organization: Organization, api: Server, own_id: Any) -> set[str]:
    return codes_of(api("POST", CUSTOMERS, {FIELD: own_id}))


@way_in(Carries.TEXT)
def putting_by_its_path(organization: Organization, api: Server, own_id: str) -> set[str]:
    return codes_of(api("PUT", by_external_id(own_id), {}))


@way_in(Carries.TEXT)
def putting_by_its_path_and_in_the_body(organization: Organization, api: Server, own_id: str) -> set[str]:
    return codes_of(api("PUT", by_external_id(own_id), {FIELD: own_id}))


@way_in(Carries.ANY_VALUE)
def setting_it_by_the_api(organization: Organization, api: Server, own_id: Any) -> set[str]:
    customer = CustomerFactory(organization=organization)
    return codes_of(api("PATCH", by_id(customer.id), {FIELD: own_id}))


@way_in(Carries.TEXT)
def narrowing_a_list(organization: Organization, api: Server, own_id: str) -> set[str]:
    answer = api("GET", listing(external_customer_id=own_id))
    refusal = codes_of(answer)
    if not refusal:
        assert answer.json["results"] == []
        Customer(organization=organization, external_customer_id=own_id).save()
        found = api("GET", listing(external_customer_id=own_id)).json["results"]
        assert [customer[FIELD] for customer in found] == [own_id]
    return refusal


@way_in(Carries.ANY_VALUE)
def checking_a_model(organization: Organization, api: Server, own_id: Any) -> set[str]:
    customer = Customer(organization=organization, external_customer_id=own_id)
    refusal = codes_raised(customer.full_clean)
    if not refusal:
        customer.save()
    return refusal


@way_in(Carries.ANY_VALUE)
def creating_by_the_service(organization: Organization, api: Server, own_id: Any) -> set[str]:
    return codes_raised(services.create_customer, organization=organization, external_customer_id=own_id)


@way_in(Carries.ANY_VALUE)
def setting_it_by_the_service(organization: Organization, api: Server, own_id: Any) -> set[str]:
    customer = CustomerFactory(organization=organization)
    return codes_raised(services.update_customer, customer=customer, external_customer_id=own_id)


@way_in(Carries.ANY_VALUE)
def putting_by_the_service(organization: Organization, api: Server, own_id: Any) -> set[str]:
    return codes_raised(services.put_customer, organization=organization, own_id=own_id)


@way_in(Carries.FILLED_TEXT)
def filling_in_a_form_of_the_administration(organization: Organization, api: Server, own_id: str) -> set[str]:
    request = RequestFactory().post("/")
    request.user = UserFactory.build(is_superuser=True, is_active=True)
    model_admin = admin.site.get_model_admin(Customer)
    form_class = model_admin.get_form(request, None, change=False)
    form = form_class({"organization": organization.id, FIELD: own_id, "metadata": "{}"})
    if form.is_valid():
        form.save()
    else:
        assert set(form.errors) == {FIELD}
    return {problem.code for problems in form.errors.as_data().values() for problem in problems}


each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


def rows_of(organization: Organization) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT convert_to(external_customer_id, 'UTF8') FROM customers "
            "WHERE organization_id = %s AND external_customer_id IS NOT NULL",
            [organization.id],
        )
        return {bytes(own_id).decode("utf-8") for (own_id,) in cursor}


def refused_with(way: Way, organization: Organization, api: Server, cases: Iterable[tuple[Any, str]]) -> None:
    for own_id, code in cases:
        assert way.bring_in(organization, api, own_id) == {code}, ascii(own_id)
    assert rows_of(organization) == set()


@each_way
def test_a_well_formed_id_comes_in_and_is_kept_byte_for_byte(
    way: Way, organization: Organization, api: Server
) -> None:
    for own_id in WELL_FORMED.values():
        assert way.bring_in(organization, api, own_id) == set(), ascii(own_id)
    assert rows_of(organization) == set(WELL_FORMED.values())


@each_way
def test_ill_formed_text_is_refused_with_the_same_code(
    way: Way, organization: Organization, api: Server
) -> None:
    refused_with(way, organization, api, ILL_FORMED_TEXT.values())


@pytest.mark.parametrize(
    "way",
    [way for way in WAYS if way.carries_any(Carries.TEXT, Carries.ANY_VALUE)],
    ids=lambda way: way.name,
)
def test_an_empty_text_is_an_error_and_never_none(way: Way, organization: Organization, api: Server) -> None:
    refused_with(way, organization, api, EMPTY.values())


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.carries_any(Carries.ANY_VALUE)], ids=lambda way: way.name
)
def test_surrogates_and_what_is_no_string_are_refused_with_the_same_code(
    way: Way, organization: Organization, api: Server
) -> None:
    refused_with(way, organization, api, SURROGATES.values())
    refused_with(way, organization, api, ((value, "not_a_string") for value in NOT_A_STRING.values()))


def test_an_empty_box_of_a_form_is_none(organization: Organization, api: Server) -> None:
    assert filling_in_a_form_of_the_administration(organization, api, "") == set()
    assert Customer.objects.get().external_customer_id is None


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_ill_formed_id_in_a_path_names_nobody(
    method: str, organization: Organization, api: Server
) -> None:
    body = {} if method == "PATCH" else None
    nobody = api(method, by_external_id("nobody"), body)
    assert nobody.status == 404
    for own_id, _ in [*ILL_FORMED_TEXT.values(), *EMPTY.values()]:
        answer = api(method, by_external_id(own_id), body)
        assert (answer.status, answer.json["errors"]) == (404, nobody.json["errors"]), ascii(own_id)


@each_way
def test_a_live_holder_is_in_the_way_of_every_writer(
    way: Way, organization: Organization, api: Server
) -> None:
    """Conflicts are told apart from ill-formed values: they have another code and, in the API, the status 409."""
    CustomerFactory(organization=organization, external_customer_id="cust_1")
    replaces = ("putting_by_its_path", "putting_by_its_path_and_in_the_body", "putting_by_the_service")
    if way.name in replaces:
        assert way.bring_in(organization, api, "cust_1") == set()
    elif way.name in ("creating_by_the_api", "setting_it_by_the_api"):
        with pytest.raises(AssertionError, match="409"):
            way.bring_in(organization, api, "cust_1")
    elif way.name != "narrowing_a_list":
        assert way.bring_in(organization, api, "cust_1") == {"external_customer_id_taken"}
    assert Customer.objects.filter(external_customer_id="cust_1").count() == 1
