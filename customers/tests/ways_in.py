"""The table of callers: every way in which an external customer ID comes into the product.

A way in is a function that brings an ID in and answers with the codes of its refusal, none when it is accepted. To add
one, decorate it with `way_in` and say what it can carry; the tests in `test_every_way_in.py` do the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.urls import reverse

from api.tests.wsgi import Answer, Server
from checkout.models import CheckoutSession
from checkout.services.creation import create_session
from checkout.tests.factories import BOX, a_session, paid
from customers import services
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from customers.tests.paths import CUSTOMERS, by_external_id, by_id, listing
from organizations.models import Membership, Organization
from organizations.tests.factories import MembershipFactory, UserFactory

FIELD = "external_customer_id"
TAKEN = "external_customer_id_taken"


class Carries(Enum):
    """What a way in can be sent, beside any text that has UTF-8."""

    FILLED_TEXT = "text of one character and more; an empty box says “none”"
    REQUIRED_TEXT = "text of one character and more; an empty box is refused as such"
    TEXT = "text, the empty one too"
    ANY_VALUE = "whatever JSON or Python can say"


@dataclass
class World:
    """An organization, and those who work in it."""

    organization: Organization
    api: Server

    @cached_property
    def staff(self) -> Client:
        """A member's browser."""
        membership = MembershipFactory(organization=self.organization, role=Membership.Role.MEMBER)
        client = Client()
        client.force_login(membership.user, settings.AUTHENTICATION_BACKENDS[-1])
        return client

    def page(self, name: str, *arguments: object) -> str:
        return reverse(f"dashboard:{name}", args=[self.organization.slug, *arguments])

    def someone(self) -> Customer:
        """A new customer without an ID."""
        return CustomerFactory(organization=self.organization)


BringIn = Callable[[World, Any], set[str]]


@dataclass(frozen=True)
class Way:
    name: str
    carries: Carries
    bring_in: BringIn
    onto_a_holder: frozenset[str]


WAYS: list[Way] = []


def way_in(carries: Carries, *, onto_a_holder: Iterable[str] = (TAKEN,)) -> Callable[[BringIn], BringIn]:
    """Adds a caller. `onto_a_holder` are its codes where a live customer has the ID already."""

    def added(bring_in: BringIn) -> BringIn:
        WAYS.append(Way(bring_in.__name__, carries, bring_in, frozenset(onto_a_holder)))
        return bring_in

    return added


def _of_answer(answer: Answer, field: str = FIELD) -> set[str]:
    if answer.status < 300:
        return set()
    errors = answer.json["errors"]
    assert {error["attr"].partition(".")[0] for error in errors} == {field}
    codes = {error["code"] for error in errors}
    assert answer.status == (409 if codes == {TAKEN} else 400)
    return codes


def _of_errors(errors: dict[str, list[ValidationError]]) -> set[str]:
    assert set(errors) <= {FIELD}
    return {str(problem.code) for problems in errors.values() for problem in problems}


def _of_call(write: Callable[..., object], **arguments: Any) -> set[str]:
    try:
        write(**arguments)
    except ValidationError as error:
        return _of_errors(error.error_dict)
    return set()


def _of_page(response: Any) -> set[str]:
    if response.status_code == 302:
        return set()
    assert response.status_code == 422
    return _of_errors(response.context["form"].errors.as_data())


def _let_somebody_have(world: World, own_id: str) -> None:
    if not Customer.objects.for_organization(world.organization).holding(own_id).exists():
        CustomerFactory(organization=world.organization, external_customer_id=own_id)


# The API


@way_in(Carries.ANY_VALUE)
def creating_by_the_api(world: World, own_id: Any) -> set[str]:
    return _of_answer(world.api("POST", CUSTOMERS, {FIELD: own_id}))


@way_in(Carries.TEXT, onto_a_holder=())
def putting_by_its_path(world: World, own_id: str) -> set[str]:
    return _of_answer(world.api("PUT", by_external_id(own_id), {}))


@way_in(Carries.TEXT, onto_a_holder=())
def putting_by_its_path_and_in_the_body(world: World, own_id: str) -> set[str]:
    return _of_answer(world.api("PUT", by_external_id(own_id), {FIELD: own_id}))


@way_in(Carries.ANY_VALUE)
def setting_it_by_the_api(world: World, own_id: Any) -> set[str]:
    return _of_answer(world.api("PATCH", by_id(world.someone().id), {FIELD: own_id}))


@way_in(Carries.TEXT, onto_a_holder=())
def narrowing_a_list(world: World, own_id: str) -> set[str]:
    """A reader's way in: the ID is asked for, and then found where somebody has it."""
    address = listing(external_customer_id=own_id)
    refusal = _of_answer(world.api("GET", address))
    if not refusal:
        _let_somebody_have(world, own_id)
        found = world.api("GET", address).json["results"]
        assert [customer[FIELD] for customer in found] == [own_id]
    return refusal


# The API of checkout: who the customer is, is decided when the session is paid


def _of_sale(world: World, own_id: Any, field: str) -> set[str]:
    answer = world.api("POST", "/v1/checkout_sessions", {field: own_id, "items": [BOX]})
    refusal = _of_answer(answer, field)
    if not refusal:
        session = CheckoutSession.objects.get(id=answer.json["id"])
        assert (
            paid(session).external_customer_id == session.external_customer_id == answer.json[FIELD] == own_id
        )
    return refusal


@way_in(Carries.ANY_VALUE, onto_a_holder=())
def selling_by_the_api(world: World, own_id: Any) -> set[str]:
    return _of_sale(world, own_id, FIELD)


@way_in(Carries.ANY_VALUE, onto_a_holder=())
def selling_by_the_api_under_its_other_name(world: World, own_id: Any) -> set[str]:
    return _of_sale(world, own_id, "customer_external_id")


def _of_list(world: World, own_id: str, resource: str) -> set[str]:
    """A reader's way in: what was sold under the ID is found by it."""
    address = f"/v1/{resource}?{urlencode({FIELD: own_id})}"
    refusal = _of_answer(world.api("GET", address))
    if not refusal:
        order = paid(a_session(world.organization, external_customer_id=own_id))
        (row,) = world.api("GET", address).json["results"]
        assert row[FIELD] == own_id
        assert str(order.id) in (row["id"], row.get("order_id"))
    return refusal


@way_in(Carries.TEXT, onto_a_holder=())
def narrowing_a_list_of_sessions(world: World, own_id: str) -> set[str]:
    return _of_list(world, own_id, "checkout_sessions")


@way_in(Carries.TEXT, onto_a_holder=())
def narrowing_a_list_of_orders(world: World, own_id: str) -> set[str]:
    return _of_list(world, own_id, "orders")


# The API of events and figures: an ID may come before its customer


@way_in(Carries.ANY_VALUE, onto_a_holder=())
def sending_an_event(world: World, own_id: Any) -> set[str]:
    """What was sent is found by the ID, and is the customer's who has it, or gets it."""
    body = {"events": [{"name": "call", FIELD: own_id}]}
    refusal = _of_answer(world.api("POST", "/v1/events/ingest", body), "events")
    if not refusal:
        _let_somebody_have(world, own_id)
        (row,) = world.api("GET", f"/v1/events?{urlencode({FIELD: own_id})}").json["results"]
        holder = Customer.objects.for_organization(world.organization).holding(own_id).get()
        assert (row[FIELD], row["customer_id"]) == (own_id, str(holder.id))
    return refusal


@way_in(Carries.TEXT, onto_a_holder=())
def narrowing_a_list_of_events(world: World, own_id: str) -> set[str]:
    address = f"/v1/events?{urlencode({FIELD: own_id})}"
    refusal = _of_answer(world.api("GET", address))
    if not refusal:
        assert not sending_an_event(world, own_id)
        assert [row[FIELD] for row in world.api("GET", address).json["results"]] == [own_id]
    return refusal


@way_in(Carries.TEXT, onto_a_holder=())
def narrowing_a_report(world: World, own_id: str) -> set[str]:
    address = f"/v1/metrics/customers?{urlencode({'metrics': 'events', FIELD: own_id})}"
    refusal = _of_answer(world.api("GET", address))
    if not refusal:
        assert not sending_an_event(world, own_id)
        (row,) = world.api("GET", address).json["results"]
        assert (row[FIELD], row["events"]) == (own_id, 1)
    return refusal


# The model and the services


@way_in(Carries.ANY_VALUE)
def checking_a_model(world: World, own_id: Any) -> set[str]:
    customer = Customer(organization=world.organization, external_customer_id=own_id)
    refusal = _of_call(customer.full_clean)
    if not refusal:
        customer.save()
    return refusal


@way_in(Carries.ANY_VALUE)
def creating_by_the_service(world: World, own_id: Any) -> set[str]:
    return _of_call(services.create_customer, organization=world.organization, external_customer_id=own_id)


@way_in(Carries.ANY_VALUE)
def setting_it_by_the_service(world: World, own_id: Any) -> set[str]:
    return _of_call(services.update_customer, customer=world.someone(), external_customer_id=own_id)


@way_in(Carries.ANY_VALUE, onto_a_holder=())
def putting_by_the_service(world: World, own_id: Any) -> set[str]:
    return _of_call(services.put_customer, organization=world.organization, own_id=own_id)


@way_in(Carries.ANY_VALUE, onto_a_holder=())
def selling_by_the_service(world: World, own_id: Any) -> set[str]:
    def sell() -> None:
        paid(create_session(organization=world.organization, items=[BOX], external_customer_id=own_id))

    return _of_call(sell)


# Pages


@way_in(Carries.FILLED_TEXT)
def filling_in_a_form_of_the_administration(world: World, own_id: str) -> set[str]:
    request = RequestFactory().post("/")
    request.user = UserFactory.build(is_staff=True, is_superuser=True)
    model_admin: Any = admin.site.get_model_admin(Customer)
    form = model_admin.get_form(request, None, change=False)(
        {"organization": world.organization.id, FIELD: own_id, "metadata": "{}"}
    )
    if form.is_valid():
        return _of_call(model_admin.write, request=request, form=form, change=False)
    return _of_errors(form.errors.as_data())


@way_in(Carries.FILLED_TEXT)
def creating_in_the_dashboard(world: World, own_id: str) -> set[str]:
    return _of_page(world.staff.post(world.page("customer-create"), {FIELD: own_id}))


@way_in(Carries.REQUIRED_TEXT)
def setting_it_in_the_dashboard(world: World, own_id: str) -> set[str]:
    page = world.page("customer-set-id", world.someone().id)
    return _of_page(world.staff.post(page, {FIELD: own_id, "confirmed": "1"}))
