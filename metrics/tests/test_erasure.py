"""An erased customer leaves its usage behind, and nothing that says who it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from api.tests.wsgi import Server
from customers.services import create_customer, delete_customer, stand_in_for, update_customer
from metrics.models import Duplicates, Event
from metrics.services.binding import bind_events
from metrics.tests.sending import event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db

OWN_ID = "ann@example.com"
TABLES = (
    "events",
    "event_duplicates",
    "unmatched_ids",
    "event_names",
    "procrastinate_jobs",
    "procrastinate_events",
)


def anything_left() -> bool:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} AS found WHERE found::text ~* 'ann@'")
            if cursor.fetchone()[0]:
                return True
    return False


PERSONAL: dict[str, Any] = {
    "external_id": f"call-{OWN_ID}-1",
    "metadata": {"from": f"mailto:{OWN_ID}", OWN_ID: 1, "tokens": 5, "model": "large", "vip": True},
}


@pytest.mark.parametrize("waited", [True, False], ids=["waited", "held"])
@pytest.mark.parametrize("bound", [True, False])
def test_every_copy_of_the_id_goes(
    waited: bool, bound: bool, organization: Organization, api: Server
) -> None:
    if waited:
        send(organization, event(OWN_ID, **PERSONAL))
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    if not waited:
        send(organization, event(OWN_ID, **PERSONAL))
    if bound:
        bind_events(organization_id=organization.id)
    assert anything_left()
    delete_customer(customer=customer, anonymize=True)
    assert not anything_left()
    [found] = api("GET", f"/v1/events?customer_id={customer.id}").json["results"]
    assert found["external_customer_id"] == stand_in_for(customer.id)
    assert found["metadata"] == {
        "from": stand_in_for(customer.id),
        "tokens": 5,
        "model": "large",
        "vip": True,
    }
    assert found["external_id"] == f"deleted-{found['id']}"
    bind_events(organization_id=organization.id)
    assert Event.objects.get().customer_id == customer.id


def test_a_name_and_an_address_that_events_say(organization: Organization) -> None:
    customer = create_customer(organization=organization, name="Ann Lee", email="Ann@Example.com")
    update_customer(customer=customer, name="Ann Ray", email="ray@example.com")
    says = {
        "by": "ANN RAY",
        "before": "ann lee",
        "to": "Ann <ann@example.com>, Ray@example.com",
        "kept": "Ann Ray's team",
        "n": 1,
    }
    send(
        organization,
        event(None, customer_id=str(customer.id), external_id="ann@example.com-1", metadata=says),
    )
    delete_customer(customer=customer, anonymize=True)
    stand_in = stand_in_for(customer.id)
    (found,) = stored(organization)
    assert found.metadata == {
        **dict.fromkeys(("by", "before", "to"), stand_in),
        "kept": "Ann Ray's team",
        "n": 1,
    }
    assert found.external_id == f"deleted-{found.id}"


def test_other_events_keep_what_they_say(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    create_customer(organization=organization, external_customer_id="other")
    send(organization, event(OWN_ID, external_id="a", metadata={"n": 1}), event("other", **PERSONAL))
    before = [(found.external_id, found.metadata) for found in stored(organization)]
    delete_customer(customer=customer, anonymize=True)
    assert [(found.external_id, found.metadata) for found in stored(organization)] == before


def test_what_arrived_when_the_id_was_free_is_not_the_customers(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    delete_customer(customer=customer)
    send(organization, event(OWN_ID))
    delete_customer(customer=customer, anonymize=True)
    heir = create_customer(organization=organization, external_customer_id=OWN_ID)
    bind_events(organization_id=organization.id)
    assert [found.customer for found in stored(organization)] == [heir]


def test_duplicates_that_came_in_the_customers_name(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    send(organization, event("other", external_id="a"))
    send(organization, event(OWN_ID, external_id="a"))
    assert anything_left()
    delete_customer(customer=customer, anonymize=True)
    assert not anything_left()
    assert Duplicates.objects.get().external_customer_id == stand_in_for(customer.id)
    send(organization, event(None, customer_id=str(customer.id), external_id="a"))
    assert not anything_left()


def test_what_is_sent_again_after_the_erasure(organization: Organization) -> None:
    customer = create_customer(organization=organization, external_customer_id=OWN_ID)
    send(organization, event(OWN_ID, external_id="a"))
    delete_customer(customer=customer, anonymize=True)
    send(organization, event(OWN_ID, external_id="a"))
    assert not anything_left()
    assert Duplicates.objects.get().count == 1


def test_a_customer_without_an_id(organization: Organization) -> None:
    customer = create_customer(organization=organization)
    send(organization, event(None, customer_id=str(customer.id), metadata={"n": 1}))
    delete_customer(customer=customer, anonymize=True)
    assert stored(organization)[0].metadata == {"n": 1}


def test_what_an_event_says_stays_otherwise(organization: Organization) -> None:
    create_customer(organization=organization, external_customer_id=OWN_ID)
    send(organization, event(OWN_ID), event("waits"))
    for change in ("metadata = '{\"a\": 1}'", "external_id = 'b'"):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            connection.cursor().execute(f"UPDATE events SET {change}")
