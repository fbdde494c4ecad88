"""Every change is written down by the database itself: what, who and in which request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pghistory
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from api.tests.wsgi import Server
from customers.models import Customer, CustomerChange
from customers.services import delete_customer, update_customer
from customers.tests.factories import WHOLE, CustomerFactory
from customers.tests.paths import CUSTOMERS, by_external_id, by_id, listing
from customers.timeline import timeline
from organizations.models import AccessToken, Organization
from organizations.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def history(customer: Customer | None = None) -> list[Any]:
    changes = CustomerChange.objects.order_by("pgh_id")
    return list(changes if customer is None else changes.filter(pgh_obj=customer))


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db(transaction=True)
def test_each_request_that_changes_signs_with_its_token_and_its_id(
    organization: Organization, api: Server
) -> None:
    token = str(AccessToken.objects.get().id)
    requests = [
        ("POST", CUSTOMERS, {"external_customer_id": "cust_1"}),
        ("PATCH", by_external_id("cust_1"), {"name": "Acme"}),
        ("PUT", by_external_id("cust_1"), {"name": "Acme Inc"}),
        ("PUT", by_external_id("cust_2"), {}),
        ("DELETE", by_external_id("cust_1"), None),
        ("DELETE", f"{by_external_id('cust_2')}", None),
    ]
    for number, (method, path, body) in enumerate(requests):
        answer = api(method, path, body, headers={"X-Request-ID": f"request-{number}"})
        assert answer.status < 300
        assert answer.headers["X-Request-ID"] == f"request-{number}"
    signed = [(change.pgh_label, change.pgh_context) for change in history()]
    labels = ("created", "changed", "changed", "created", "changed", "changed")
    assert signed == [
        (label, {"token": token, "request_id": f"request-{number}"}) for number, label in enumerate(labels)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_request_without_an_id_is_signed_with_the_one_it_is_given(api: Server) -> None:
    answer = api("POST", CUSTOMERS, {})
    (change,) = history()
    assert change.pgh_context["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.django_db(transaction=True)
def test_a_persons_change_is_signed_with_the_person(organization: Organization, client: Client) -> None:
    person = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])
    form = {"organization": organization.id, "external_customer_id": "cust_1", "metadata": "{}"}
    answer = client.post("/admin/customers/customer/add/", form, headers={"X-Request-ID": "by-hand"})
    assert answer.status_code == 302
    (change,) = history()
    assert change.pgh_context == {"user": str(person.id), "request_id": "by-hand"}


@pytest.mark.django_db(transaction=True)
def test_a_signature_is_gone_with_its_request(api: Server) -> None:
    assert api("POST", CUSTOMERS, {}).status == 201
    sql("UPDATE customers SET name = 'Acme'")
    assert [change.pgh_context is None for change in history()] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_what_a_command_changes_is_signed_with_the_command(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    database = connection.settings_dict
    password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    address = (
        f"postgresql://{database['USER']}{password}@/{database['NAME']}?host={quote(str(database['HOST']))}"
    )
    program = (
        "from customers.models import Customer; from django.db import connection; "
        f"Customer.objects.filter(id='{customer.id}').update(name='By hand'); "
        f"connection.cursor().execute('UPDATE customers SET tax_id = %s', ['By SQL'])"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": f"{address}&port={database['PORT']}"},
        check=True,
        timeout=60,
    )
    assert [(change.pgh_label, change.pgh_context) for change in history(customer)] == [
        ("created", None),
        ("changed", {"command": "shell"}),
        ("changed", {"command": "shell"}),
    ]
    assert [change.who for change in timeline(customer, limit=3).changes] == ["manage.py shell"] * 2 + [""]


def _copied(customer: Customer, organization: Organization) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY customers (id, organization_id, metadata, created_at, modified_at) FROM STDIN"
        ) as copy,
    ):
        copy.write_row((customer.id, organization.id, "{}", customer.created_at, customer.modified_at))


@pytest.mark.parametrize(
    "write",
    [
        lambda customer, organization: customer.save(force_insert=True),
        lambda customer, organization: Customer.objects.bulk_create([customer]),
        lambda customer, organization: sql(
            "INSERT INTO customers (id, organization_id, metadata, created_at, modified_at) "
            "VALUES (%s, %s, '{}', now(), now())",
            customer.id,
            organization.id,
        ),
        _copied,
    ],
    ids=["save", "bulk_create", "raw SQL", "COPY"],
)
def test_every_way_to_insert_is_recorded(
    write: Callable[[Customer, Organization], object], organization: Organization
) -> None:
    customer = Customer(organization=organization)
    write(customer, organization)
    (change,) = history(customer)
    assert (change.pgh_label, change.organization_id) == ("created", organization.id)


@pytest.mark.parametrize(
    "write",
    [
        lambda customer: update_customer(customer=customer, name="New"),
        lambda customer: Customer.objects.filter(id=customer.id).update(name="New"),
        lambda customer: Customer.objects.bulk_update([Customer(id=customer.id, name="New")], ["name"]),
        lambda customer: sql("UPDATE customers SET name = 'New' WHERE id = %s", customer.id),
        lambda customer: sql(
            "WITH done AS (UPDATE customers SET name = 'New' WHERE id = %s RETURNING id) SELECT * FROM done",
            customer.id,
        ),
    ],
    ids=["service", "QuerySet.update", "bulk_update", "raw SQL", "raw SQL in a query"],
)
def test_every_way_to_change_is_recorded_with_the_whole_state_after_it(
    write: Callable[[Customer], object], organization: Organization
) -> None:
    customer = CustomerFactory(organization=organization, **WHOLE)
    neighbour = CustomerFactory(organization=organization)
    write(customer)
    created, changed = history(customer)
    assert {name: getattr(created, name) for name in WHOLE} == WHOLE
    assert {name: getattr(changed, name) for name in WHOLE} == {**WHOLE, "name": "New"}
    assert changed.pgh_label == "changed"
    assert len(history(neighbour)) == 1


def test_raw_sql_inside_a_request_is_signed_like_everything_else(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    with pghistory.context(request_id="request-1", token="a token"):
        sql("UPDATE customers SET name = %s", "100% 'quoted'")
    change = history(customer)[-1]
    assert change.name == "100% 'quoted'"
    assert change.pgh_context == {"request_id": "request-1", "token": "a token"}


def test_a_deletion_is_a_change_that_sets_its_time(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    deleted = delete_customer(customer=customer)
    assert [change.deleted_at for change in history(customer)] == [None, deleted.deleted_at]
    assert {change.external_customer_id for change in history(customer)} == {"cust_1"}


def test_what_was_refused_or_only_read_leaves_nothing(organization: Organization, api: Server) -> None:
    CustomerFactory(organization=organization, external_customer_id="cust_1")
    other = CustomerFactory(organization=organization)
    before = len(history())
    refused = [
        ("POST", CUSTOMERS, {"external_customer_id": "cust_1"}, 409),
        ("POST", CUSTOMERS, {"external_customer_id": "null"}, 400),
        ("PATCH", by_external_id("cust_1"), {"name": "Acme", "external_customer_id": "cust_2"}, 409),
        ("PATCH", by_id(other.id), {"name": "Acme", "external_customer_id": "cust_1"}, 409),
        ("PUT", by_external_id("cust_2"), {"external_customer_id": "cust_3"}, 409),
        ("PATCH", by_external_id("cust_1"), {}, 200),
        ("GET", by_external_id("cust_1"), None, 200),
        ("GET", listing(search="cust"), None, 200),
    ]
    for method, path, body, status in refused:
        assert api(method, path, body).status == status
    assert len(history()) == before


def test_the_history_of_one_customer_is_read_along_an_index(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    # So many that no other index serves as well, and statistics that know it.
    sql(
        "INSERT INTO customers (id, organization_id, metadata, created_at, modified_at) "
        "SELECT gen_random_uuid(), %s, '{}', now(), now() FROM generate_series(1, 1000)",
        organization.id,
    )
    sql("ANALYZE customer_changes")
    rows = CustomerChange.objects.filter(organization=organization, pgh_obj=customer).order_by("-pgh_id")
    sql("SET LOCAL enable_seqscan = off")
    plan = json.dumps(json.loads(rows.explain(format="json")))
    assert "idx_customer_changes_customer" in plan
    assert "Sort" not in plan
