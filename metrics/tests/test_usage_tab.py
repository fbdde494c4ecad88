"""The tab of a customer's page with what they used."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Customer
from customers.services import create_customer, delete_customer
from customers.tests.dashboard import Dashboard, path, text
from metrics.services import binding
from metrics.tests.sending import event, send
from organizations.models import Organization
from organizations.tests.people import OWNER, VIEWER

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


@pytest.fixture
def ada(organization: Organization) -> Customer:
    return create_customer(organization=organization, external_customer_id="ada", name="Ada")


def ago(days: int) -> str:
    return (timezone.now() - datetime.timedelta(days=days)).isoformat()


def tab(dashboard: Dashboard, customer: Customer, **query: Any) -> Any:
    answer = dashboard.get(path(customer, "usage"), query)
    assert answer.status_code == 200
    return answer


def total(answer: Any, label: str = "Events") -> str:
    return next(card.value for card, *_ in answer.context["cards"] if card.label == label)


def by_name(answer: Any) -> list[tuple[str, str]]:
    return [(used.name, used.count) for used in answer.context["by_name"].names]


def test_it_has_the_figures_of_this_customer_alone(
    organization: Organization, viewer: Dashboard, ada: Customer
) -> None:
    send(organization, event("ada", timestamp=ago(1)), event("ada", timestamp=ago(3)), event("bob"))
    answer = tab(viewer, ada)
    assert total(answer) == "2"
    assert answer.context["chosen"].label == "Events"
    assert [mark.value for mark in answer.context["chart"].marks].count("1 event") == 2
    assert total(tab(viewer, ada, range="7d", figure="orders")) == "2"


def test_its_events_are_told_by_name_and_the_latest_one_by_one(
    organization: Organization, viewer: Dashboard, ada: Customer
) -> None:
    send(
        organization,
        event("ada", name="b", timestamp=ago(1), metadata={"tokens": 5, "model": "<i>"}),
        *(event("ada", name="a", timestamp=ago(2)) for _ in range(3)),
        event("ada", name="old", timestamp=ago(60)),
        event("bob", name="other"),
    )
    answer = tab(viewer, ada)
    assert by_name(answer) == [("a", "3"), ("b", "1")]
    assert [one.name.name for one in answer.context["latest"]] == ["b", "a", "a", "a", "old"]
    assert "model <i> , tokens 5" in text(answer)
    assert "<i>" not in answer.content.decode()
    assert by_name(tab(viewer, ada, range="90d")) == [("a", "3"), ("b", "1"), ("old", "1")]


def test_names_are_counted_up_to_a_bound_and_that_is_said(
    organization: Organization, viewer: Dashboard, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bound in (("MOST_COUNTED", 20), ("NAMES_SHOWN", 10)):
        monkeypatch.setattr(f"metrics.usage.{name}", bound)
    send(organization, *(event("ada", name=f"n{number % 12:02}", timestamp=ago(1)) for number in range(20)))
    send(organization, event("ada", name="earlier", timestamp=ago(2)))
    answer = tab(viewer, ada)
    assert by_name(answer)[0] == ("n00", "2")
    assert len(by_name(answer)) == 10
    assert "And 2 other names." in text(answer)
    assert "Of the latest 20 events of the range." in text(answer)
    assert "earlier" not in text(answer).split("By name")[1]


def test_a_deleted_customers_usage_stays_theirs(organization: Organization, ada: Customer) -> None:
    owner = Dashboard(organization, OWNER)
    send(organization, event("ada", timestamp=ago(1)))
    delete_customer(customer=ada)
    heir = create_customer(organization=organization, external_customer_id="ada")
    send(organization, event("ada", name="new"), event("ada", name="new"))
    assert (total(tab(owner, ada)), by_name(tab(owner, ada))) == ("1", [("call", "1")])
    assert (total(tab(owner, heir)), by_name(tab(owner, heir))) == ("2", [("new", "2")])
    assert Dashboard(organization, VIEWER).get(path(ada, "usage")).status_code == 404


def test_events_that_are_being_bound_are_counted_and_announced(
    organization: Organization, viewer: Dashboard
) -> None:
    send(organization, event("new", timestamp=ago(1)), event("new", timestamp=ago(2)))
    customer = create_customer(organization=organization, external_customer_id="new")
    answer = tab(viewer, customer)
    assert total(answer) == "2"
    assert "2 events waited under this customer’s external ID and are being bound right now." in text(answer)
    binding.bind_events(organization_id=organization.id)
    answer = tab(viewer, customer)
    assert "being bound" not in text(answer)
    assert by_name(answer) == [("call", "2")]


def test_who_has_no_event_is_shown_how_to_send_one(organization: Organization, viewer: Dashboard) -> None:
    named = create_customer(organization=organization, external_customer_id="客户-1")
    nameless = create_customer(organization=organization)
    assert '"external_customer_id": "客户-1"' in text(tab(viewer, named))
    assert f'"customer_id": "{nameless.id}"' in text(tab(viewer, nameless))
    delete_customer(customer=named)
    gone = tab(Dashboard(organization, OWNER), named)
    assert "curl" not in text(gone)


def test_it_is_narrowed_by_range_alone(viewer: Dashboard, ada: Customer) -> None:
    answer = tab(viewer, ada, customer_id="x", external_customer_id="bob", figure="new_customers", cursor="x")
    assert set(answer.context["asked"].problems) == {
        "customer_id",
        "external_customer_id",
        "figure",
        "cursor",
    }
    fine = tab(viewer, ada, range="12m", interval="hour")
    link = re.findall(r'href="([^"]*)">Show it by day', fine.content.decode())[0].replace("&amp;", "&")
    assert viewer.client.get(link).context["asked"].span.interval == "day"


def test_it_takes_as_many_queries_for_many_events_as_for_one(
    organization: Organization, viewer: Dashboard, ada: Customer, django_assert_num_queries: Any
) -> None:
    tab(viewer, ada)
    for count in (1, 50):
        send(organization, *(event("ada", name=f"n{number}", timestamp=ago(1)) for number in range(count)))
        # The session, person, memberships and customer; the range, the one before it; names, latest, waiting.
        with django_assert_num_queries(9):
            tab(viewer, ada)
