"""Who may open what. The table says for each page of an organization the least role that may look at it, and the least
that may write with it: read from top to bottom, it is the policy. A page that isn't in it fails."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import get_resolver, path, reverse

from checkout.tests.factories import a_product, a_session, paid
from customers.saved_views import save_view
from customers.tests.factories import CustomerFactory
from metrics.services.meters import create_meter
from metrics.tests.sending import event, send, stored
from organizations.models import Membership, Organization, User
from organizations.staff import staff_path, staff_routes
from organizations.tests.factories import MembershipFactory, OrganizationFactory, make_token
from organizations.tests.people import MEMBER, OWNER, VIEWER, client_of, person

pytestmark = pytest.mark.django_db

NOTHING = None

POLICY: dict[str, tuple[Membership.Role, Membership.Role | None]] = {
    # of each page: who looks, who writes
    "overview": (VIEWER, NOTHING),
    "search": (VIEWER, NOTHING),
    "customers": (VIEWER, NOTHING),
    "customers-export": (VIEWER, NOTHING),
    "view-save": (VIEWER, VIEWER),
    "view-edit": (VIEWER, VIEWER),
    "customer": (VIEWER, NOTHING),
    "customer-history": (VIEWER, NOTHING),
    "customer-create": (MEMBER, MEMBER),
    "customer-edit": (MEMBER, MEMBER),
    "customer-set-id": (MEMBER, MEMBER),
    "customer-delete": (MEMBER, MEMBER),
    "staff-products": (VIEWER, NOTHING),
    "staff-product": (VIEWER, NOTHING),
    "staff-product-create": (MEMBER, MEMBER),
    "staff-product-edit": (MEMBER, MEMBER),
    "staff-product-archive": (MEMBER, MEMBER),
    "staff-checkout-sessions": (VIEWER, NOTHING),
    "staff-checkout-session": (VIEWER, NOTHING),
    "staff-checkout-session-create": (MEMBER, MEMBER),
    "staff-checkout-session-expire": (MEMBER, MEMBER),
    "staff-orders": (VIEWER, NOTHING),
    "staff-orders-export": (VIEWER, NOTHING),
    "staff-order": (VIEWER, NOTHING),
    "customer-checkouts": (VIEWER, NOTHING),
    "customer-orders": (VIEWER, NOTHING),
    "customer-payment-link": (MEMBER, MEMBER),
    "customer-usage": (VIEWER, NOTHING),
    "staff-metrics": (VIEWER, NOTHING),
    "staff-metrics-export": (VIEWER, NOTHING),
    "staff-metrics-customers-export": (VIEWER, NOTHING),
    "staff-events": (VIEWER, NOTHING),
    "staff-events-export": (VIEWER, NOTHING),
    "staff-events-explain": (VIEWER, NOTHING),
    "staff-event": (VIEWER, NOTHING),
    "staff-unmatched-events": (VIEWER, MEMBER),
    "customer-events": (VIEWER, NOTHING),
    "staff-meters": (VIEWER, NOTHING),
    "staff-meter": (VIEWER, NOTHING),
    "staff-meter-create": (MEMBER, MEMBER),
    "staff-meter-rename": (MEMBER, MEMBER),
    "staff-meter-archive": (MEMBER, MEMBER),
    "payments": (VIEWER, OWNER),
    "developers": (VIEWER, NOTHING),
    "test-id": (VIEWER, NOTHING),
    "token-create": (OWNER, OWNER),
    "token-revoke": (OWNER, OWNER),
}

METHODS = ("get", "head", "post", "put", "delete", "options")
RISING = (VIEWER, MEMBER, OWNER)
DASHBOARD = get_resolver().namespace_dict["dashboard"][1]


def routes() -> set[str]:
    return {name for name in DASHBOARD.reverse_dict if isinstance(name, str)}


def parameters(name: str) -> list[str]:
    return DASHBOARD.reverse_dict.getlist(name)[0][0][0][1]


@pytest.fixture
def organization() -> Organization:
    return OrganizationFactory.create(slug="acme")


def address(name: str, organization: Organization, holder: Membership) -> str:
    """The page's address in `organization`, where what the address names belongs to `holder`."""
    return reverse(f"dashboard:{name}", args=[organization.slug, *things(name, holder)])


def things(name: str, holder: Membership) -> list[Any]:
    made = {
        "token_id": lambda: make_token(holder.organization)[0].pk,
        "customer_id": lambda: CustomerFactory.create(organization=holder.organization).pk,
        "product_id": lambda: a_product(holder.organization).pk,
        "session_id": lambda: a_session(holder.organization).pk,
        "order_id": lambda: paid(a_session(holder.organization)).pk,
        "event_id": lambda: an_event(holder.organization),
        "meter_id": lambda: create_meter(organization=holder.organization, name="Meter", function="count").pk,
        "view_id": lambda: save_view(membership=holder, name="View", query="").pk,
    }
    return [made[parameter]() for parameter in parameters(name)]


def an_event(organization: Organization) -> UUID:
    send(organization, event())
    return stored(organization)[-1].pk


def membership_of(user: User, organization: Organization) -> Membership:
    return Membership.objects.select_related("organization").get(user=user, organization=organization)


def test_the_table_has_every_page_and_no_other() -> None:
    assert routes() == set(POLICY)


@pytest.mark.parametrize("name", sorted(POLICY))
@pytest.mark.parametrize("role", RISING)
def test_a_role_opens_its_pages_and_no_other(
    name: str, role: Membership.Role, organization: Organization
) -> None:
    user = person(role, organization)
    client, url = client_of(user), address(name, organization, membership_of(user, organization))
    for method, least in zip(("get", "post"), POLICY[name], strict=True):
        answer = getattr(client, method)(url)
        if least is NOTHING:
            assert answer.status_code == 405, method
        elif RISING.index(role) < RISING.index(least):
            assert answer.status_code == 403, method
            assert f"Your role in {organization} is {role}." in answer.content.decode()
        else:
            assert answer.status_code in (200, 302, 409, 422), method


@pytest.mark.parametrize("name", sorted(POLICY))
def test_for_others_no_page_exists(name: str, organization: Organization) -> None:
    url = address(name, organization, MembershipFactory.create(organization=organization))
    unknown = url.replace("/acme/", "/nowhere/")
    outsider = client_of(person(OWNER, OrganizationFactory.create()))
    support = client_of(person(is_staff=True, is_superuser=True))
    for client, method in product((outsider, support), METHODS):
        answer = getattr(client, method)(url)
        assert answer.status_code == 404, method
        assert without_request_id(answer) == without_request_id(getattr(client, method)(unknown))


@pytest.mark.parametrize("name", sorted(POLICY))
def test_nobody_comes_in_without_a_login(name: str, organization: Organization, client: Client) -> None:
    url = address(name, organization, MembershipFactory.create(organization=organization))
    for slug, method in product(("acme", "nowhere"), METHODS):
        answer = getattr(client, method)(url.replace("/acme/", f"/{slug}/"))
        assert answer.status_code == 302, method
        assert answer.url.startswith("/login?next=/o/")


@pytest.mark.parametrize("name", sorted(name for name in POLICY if parameters(name)))
def test_what_another_organization_has_is_not_there(name: str, organization: Organization) -> None:
    elsewhere = OrganizationFactory.create()
    user = person(OWNER, organization, elsewhere)
    client = client_of(user)
    own, foreign = (
        address(name, organization, membership_of(user, holder)) for holder in (organization, elsewhere)
    )
    missing = reverse(f"dashboard:{name}", args=[organization.slug, *(uuid4() for _ in parameters(name))])
    assert client.get(own).status_code in (200, 302)
    for url in (foreign, missing):
        assert client.get(url).status_code == 404
        assert client.post(url).status_code == (405 if POLICY[name][1] is NOTHING else 404)


def test_a_page_that_does_not_say_who_may_open_it_is_no_page() -> None:
    with pytest.raises(ImproperlyConfigured, match="open-to-all"):
        staff_routes([path("open", lambda request: None, name="open-to-all")])
    with pytest.raises(TypeError):
        staff_path("open", lambda request: None, name="open-to-all")


def test_pages_of_an_organization_are_kept_by_no_cache(organization: Organization) -> None:
    answer = client_of(person(VIEWER, organization)).get("/o/acme/")
    assert "no-store" in answer.headers["Cache-Control"]


def test_losing_a_membership_closes_the_pages_at_once(organization: Organization) -> None:
    user = person(OWNER, organization)
    client = client_of(user)
    assert client.get("/o/acme/").status_code == 200
    Membership.objects.filter(user=user).delete()
    assert client.get("/o/acme/").status_code == 404


def without_request_id(answer: Any) -> bytes:
    return answer.content.replace(answer.headers["X-Request-ID"].encode(), b"")
