"""Deletion frees the ID and keeps the row; erasure takes every copy of what was personal."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from api.tests.wsgi import Server
from customers.models import Customer, CustomerChange, SavedView
from customers.saved_views import save_view
from customers.services import create_customer, delete_customer, put_customer, stand_in_for, update_customer
from customers.tests.factories import WHOLE, CustomerFactory, read_again
from customers.tests.paths import by_external_id
from organizations.models import Organization
from organizations.tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def changes() -> int:
    return CustomerChange.objects.count()


def test_deletion_keeps_the_row_with_its_id_and_marks_it(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    deleted = delete_customer(customer=customer)
    assert deleted.deleted_at == deleted.modified_at > customer.modified_at
    assert read_again(customer) == WHOLE


def test_deleting_again_changes_nothing(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    first = delete_customer(customer=customer)
    before = changes()
    again = delete_customer(customer=customer)
    assert (again.deleted_at, changes()) == (first.deleted_at, before)


def test_a_freed_id_goes_to_a_new_customer_who_inherits_nothing(organization: Organization) -> None:
    earlier = create_customer(organization=organization, **WHOLE)
    delete_customer(customer=earlier)
    heir = create_customer(organization=organization, external_customer_id="cust_1")
    assert heir.id != earlier.id
    assert read_again(heir) == {
        **dict.fromkeys(WHOLE),
        "external_customer_id": "cust_1",
        "metadata": {},
    }
    assert heir.created_at > earlier.created_at
    assert [change.pgh_label for change in CustomerChange.objects.filter(pgh_obj=heir)] == ["created"]
    assert read_again(earlier) == WHOLE
    assert Customer.objects.for_organization(organization).holding("cust_1").get() == heir


def test_a_freed_id_is_put_to_a_new_customer_and_set_on_an_empty_one(organization: Organization) -> None:
    first = create_customer(organization=organization, **WHOLE)
    delete_customer(customer=first)
    second, created = put_customer(organization=organization, own_id="cust_1")
    assert created
    assert second != first
    delete_customer(customer=second)
    third = CustomerFactory(organization=organization)
    update_customer(customer=third, external_customer_id="cust_1")
    assert Customer.objects.filter(external_customer_id="cust_1").count() == 3


def occurrences(value: str) -> list[str]:
    """Every column of every table that holds `value` anywhere in its text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_name), quote_ident(column_name) FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' "
            "AND data_type NOT IN ('uuid', 'boolean', 'bytea') AND data_type NOT LIKE 'timestamp%'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE strpos(upper({column}::text), upper(%s)) > 0", [value]
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def test_erasure_reaches_the_row_and_its_whole_history(organization: Organization, api: Server) -> None:
    neighbour = CustomerFactory(organization=organization, name="Neighbour", metadata={"a": 1})
    secrets = {
        "external_customer_id": "secret-id@example.com",
        "name": "Secretname",
        "email": "secret-mail@example.com",
        "tax_id": "SECRETTAX",
    }
    places = {"line1": "Secretstreet", "city": "Secretcity"}
    path = by_external_id(secrets["external_customer_id"])
    told = {"X-Request-ID": f"import-{secrets['external_customer_id']}"}
    assert api("PUT", path, {"name": "Formersecret"}, headers=told).status == 201
    later = {**secrets, "billing_address": places, "metadata": {"Secretkey": "Secretvalue"}}
    assert api("PATCH", path, later, headers=told).status == 200
    traces = (*secrets.values(), *places.values(), "Formersecret", "Secretkey", "Secretvalue")
    assert all(occurrences(trace) for trace in traces)

    customer = Customer.objects.exclude(id=neighbour.id).get()
    assert api("DELETE", f"{path}?anonymize=true", headers=told).status == 204

    assert {trace: occurrences(trace) for trace in traces} == {trace: [] for trace in traces}
    assert read_again(customer) == {
        **dict.fromkeys(WHOLE),
        "external_customer_id": f"deleted-{customer.id}",
        "metadata": {},
    }
    rows = CustomerChange.objects.filter(pgh_obj=customer)
    assert {row.external_customer_id for row in rows} == {stand_in_for(customer.id)}
    assert all("token" in row.pgh_context for row in rows), "who did it stays"
    assert read_again(neighbour)["name"] == "Neighbour"
    assert CustomerChange.objects.get(pgh_obj=neighbour).metadata == {"a": 1}


def test_erasure_reaches_saved_views(organization: Organization, stranger: Organization) -> None:
    customer = create_customer(
        organization=organization, external_customer_id="7", name="Ada K.", email="ada@x.org"
    )
    update_customer(customer=customer, name="Ada Lovelace")
    people = [MembershipFactory(organization=place) for place in (organization, organization, stranger)]
    kept = {
        "Sevens": "search=77&ordering=name",
        "Adas": "search=ada",
        "All of X": "email=babbage%40x.org&metadata%5Bplan%5D=pro",
    }
    lost = {
        "ADA@X.ORG": "email=ADA%40x.org",
        "Ada k.": "search=ada+lovelace&created_from=2026-01-01",
        "Two": "external_customer_id=7&external_customer_id=8",
    }
    for person in people:
        for name, query in {**kept, **lost}.items():
            save_view(membership=person, name=name, query=query)
    stand_in = stand_in_for(customer.id)
    for _ in range(2):
        delete_customer(customer=customer, anonymize=True)
        for person in people[:2]:
            views = {view.query: view for view in SavedView.objects.of(person)}
            assert {views.pop(query).name for query in kept.values()} == set(kept)
            assert {query: view.name in (*kept, *lost) for query, view in views.items()} == {
                f"email={stand_in}": False,
                f"search={stand_in}&created_from=2026-01-01": False,
                f"external_customer_id={stand_in}&external_customer_id=8": True,
            }
    assert {view.name: view.query for view in SavedView.objects.of(people[2])} == {**kept, **lost}


def test_erasing_leaves_the_time_before_the_id_without_one(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    update_customer(customer=customer, external_customer_id="cust_1")
    delete_customer(customer=customer, anonymize=True)
    history = CustomerChange.objects.filter(pgh_obj=customer).order_by("pgh_id")
    stand_in = stand_in_for(customer.id)
    assert [row.external_customer_id for row in history] == [None, stand_in, stand_in, stand_in]


def test_a_customer_without_an_id_gets_no_stand_in(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, name="Acme")
    delete_customer(customer=customer, anonymize=True)
    assert read_again(customer) == {**dict.fromkeys(WHOLE), "metadata": {}}


def test_a_deleted_customer_can_still_be_erased_once_its_id_has_an_heir(organization: Organization) -> None:
    customer = create_customer(organization=organization, **WHOLE)
    deleted_at = delete_customer(customer=customer).deleted_at
    heir = create_customer(organization=organization, external_customer_id="cust_1", name="Heir")
    erased = delete_customer(customer=customer, anonymize=True)
    assert erased.deleted_at == deleted_at
    assert erased.external_customer_id == f"deleted-{customer.id}"
    assert read_again(heir)["external_customer_id"] == "cust_1"
    assert CustomerChange.objects.get(pgh_obj=heir).name == "Heir"
    before = changes()
    delete_customer(customer=customer, anonymize=True)
    assert changes() == before, "erasing again changes nothing"


def test_no_row_is_removed_by_the_model_either(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    with pytest.raises(ValidationError, match="never removed"):
        customer.delete()
