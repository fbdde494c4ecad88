"""Saved views: a person's own lists of customers, by name."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers import saved_views
from customers.models import SavedView
from customers.tests.dashboard import Dashboard, ids, text
from customers.tests.factories import CustomerFactory
from organizations.models import Membership, Organization
from organizations.tests.people import MEMBER, OWNER, VIEWER

pytestmark = pytest.mark.django_db

QUERY = "search=ada&ordering=name"


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def save(dashboard: Dashboard, name: str = "Ada", query: str = QUERY) -> SavedView:
    return saved_views.save_view(membership=dashboard.membership, name=name, query=query)


def tabs(dashboard: Dashboard) -> list[str]:
    return [tab.name for tab in dashboard.get("/customers").context["tabs"]]


def test_the_list_is_saved_as_it_is(viewer: Dashboard, organization: Organization) -> None:
    CustomerFactory(organization=organization, external_customer_id="a", name="Ada")
    CustomerFactory(organization=organization, external_customer_id="b", name="Bob")
    answer = viewer.post("/customers/views", {"name": " Adas ", "query": f"{QUERY}&cursor=x&bogus=1&search="})
    assert answer.url == f"{viewer.root}/customers?{QUERY}"
    page = viewer.client.get(answer.url)
    assert [(tab.name, tab.query) for tab in page.context["tabs"] if tab.is_current] == [("Adas", QUERY)]
    assert ids(page) == ["a"]


def test_nobody_else_has_them(viewer: Dashboard, organization: Organization, stranger: Organization) -> None:
    view = save(viewer)
    Membership.objects.create(organization=stranger, user=viewer.user, role=OWNER)
    for other in (Dashboard(organization, MEMBER), Dashboard(stranger, OWNER)):
        assert tabs(other) == ["All", "Without external ID"]
        assert other.get(f"/customers/views/{view.id}").status_code == 404
        assert other.post(f"/customers/views/{view.id}", {"delete": "yes"}).status_code == 404
    assert viewer.client.get(f"/o/{stranger.slug}/customers/views/{view.id}").status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "Ada", "a\0b"])
def test_what_cannot_be_a_name_is_said_and_nothing_lost(viewer: Dashboard, name: str) -> None:
    save(viewer)
    answer = viewer.post("/customers/views", {"name": name, "query": "search=bob"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name"])
    assert 'value="search=bob"' in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_two_people_may_use_the_same_name(viewer: Dashboard, organization: Organization) -> None:
    save(viewer)
    save(Dashboard(organization, VIEWER))


def test_they_can_be_renamed_and_deleted(viewer: Dashboard) -> None:
    view = save(viewer)
    save(viewer, "Other", "search=x")
    taken = viewer.post(f"/customers/views/{view.id}", {"name": "Other"})
    assert (taken.status_code, list(taken.context["form"].errors)) == (422, ["name"])
    viewer.post(f"/customers/views/{view.id}", {"name": "<b>New</b>"})
    assert tabs(viewer) == ["All", "Without external ID", "<b>New</b>", "Other"]
    assert "<b>New</b>" in text(viewer.get("/customers")) or "New" in text(viewer.get("/customers"))
    assert "<b>New</b>" not in viewer.get("/customers").content.decode()
    viewer.post(f"/customers/views/{view.id}", {"delete": "yes"})
    assert tabs(viewer) == ["All", "Without external ID", "Other"]


def test_there_is_an_end_to_them(viewer: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    save(viewer)
    answer = viewer.post("/customers/views", {"name": "One more", "query": "search=b"})
    assert answer.status_code == 422
    assert "all there is room for" in text(answer)


def test_too_long_a_query_is_refused(viewer: Dashboard) -> None:
    with pytest.raises(ValidationError):
        save(viewer, query="x" * 4097)
    answer = viewer.post(
        "/customers/views", {"name": "Long", "query": f"search={'é' * 256}&email={'é' * 254}"}
    )
    assert answer.status_code in (302, 422)


def test_they_go_with_the_place_in_the_organization(viewer: Dashboard) -> None:
    save(viewer)
    viewer.membership.delete()
    assert not SavedView.objects.exists()


def test_the_database_lets_no_outsider_have_one(viewer: Dashboard, stranger: Organization) -> None:
    view = SavedView(organization=stranger, user=viewer.user, name="Outside", query="")
    with pytest.raises(IntegrityError), transaction.atomic():
        view.save()
