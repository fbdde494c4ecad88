"""The export is the list, whole, in order and to the letter, and costs the memory of one batch."""

from __future__ import annotations

import csv
import datetime
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api import exports
from api.spreadsheets import unguarded
from api.tests.test_spreadsheets import is_formula, split
from customers import export, services
from customers.api.serializers import CustomerSerializer
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.scopes import Scope
from organizations.tests.factories import make_token

EXPORT = "/v1/customers/export"
ADDRESS = {"line1": "1, Main Street", "city": "Köln", "country": "DE"}
NASTY = ["+1 555", "-1", "=1+1", "@x", "'x", "a;=b", 'say "hi"', "a,b", "007", "客户-1", "🦊", "a/b", "a;'b"]

pytestmark = pytest.mark.django_db


class Program:
    """An integrator's program, which need not read an answer to its end."""

    def __init__(self, organization: Organization, **options: Any) -> None:
        _, secret = make_token(organization, **options)
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, query: Any = None) -> Any:
        return self.client.get(path, query)


@pytest.fixture
def api(organization: Organization) -> Program:
    return Program(organization)


@pytest.fixture
def foreign_api(stranger: Organization) -> Program:
    return Program(stranger)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 3)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def exported(api: Program, **query: Any) -> bytes:
    response = api.get(EXPORT, query)
    assert response.status_code == 200, response.content
    return response.getvalue()


def lines_of(content: bytes) -> list[dict[str, Any]]:
    assert content == b"" or content.endswith(b"\n")
    return [json.loads(line) for line in content.splitlines()]


def listed(api: Program, **query: Any) -> list[dict[str, Any]]:
    return api.get("/v1/customers", {"limit": 100, **query}).json()["results"]


def some_customers(organization: Organization) -> list[Customer]:
    return [
        CustomerFactory(
            organization=organization,
            external_customer_id=f"cust_{number}" if number % 3 else None,
            name=f"Name {number % 4}" if number % 4 else None,
            email=f"{number}@example.com" if number % 2 else None,
            metadata={"plan": "pro" if number % 2 else "free"},
        )
        for number in range(11)
    ]


def test_csv_has_the_external_id_first_and_every_field(api: Program, organization: Organization) -> None:
    customer = CustomerFactory(
        organization=organization,
        external_customer_id="cust_123",
        name='Acme, "Inc"',
        email="hello@acme.com",
        billing_address=ADDRESS,
        tax_id="DE123",
        metadata={"plan": "pro", "seats": 3, "note": "a;b"},
    )
    content = exported(api)
    header, line, _ = content.decode().split("\r\n")
    assert header == (
        "external_customer_id,id,name,email,billing_address_line1,billing_address_line2,billing_address_city,"
        "billing_address_state,billing_address_postal_code,billing_address_country,tax_id,metadata,created_at,modified_at"
    )
    assert line.startswith(
        f'cust_123,{customer.id},"Acme, ""Inc""",hello@acme.com,"1, Main Street",,Köln,,,DE,DE123,'
    )
    [row] = rows_of(content)
    [answer] = listed(api)
    assert json.loads(row["metadata"]) == answer["metadata"]
    assert (row["created_at"], row["modified_at"]) == (answer["created_at"], answer["modified_at"])


def test_no_value_is_an_empty_cell(api: Program, organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    [row] = rows_of(exported(api))
    filled = {name: text for name, text in row.items() if text}
    assert set(filled) == {"id", "metadata", "created_at", "modified_at"}
    assert (row["id"], row["metadata"]) == (str(customer.id), "{}")


def test_ndjson_is_the_api_s_customers_with_the_external_id_first(
    api: Program, organization: Organization
) -> None:
    for own_id in [*NASTY, None]:
        CustomerFactory(organization=organization, external_customer_id=own_id, billing_address=ADDRESS)
    content = exported(api, format="ndjson")
    assert lines_of(content) == listed(api)
    assert all(line.startswith(b'{"external_customer_id":') for line in content.splitlines())


def test_it_has_every_field_of_the_api() -> None:
    assert set(export.FIELDS) == set(CustomerSerializer().fields)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
@pytest.mark.parametrize(
    "query",
    [
        {},
        *(
            {"ordering": sign + name}
            for sign in ("", "-")
            for name in ("created_at", "name", "email", "external_customer_id")
        ),
        {"search": "NAME 1"},
        {"has_external_customer_id": "false"},
        {"metadata[plan]": "pro", "ordering": "name"},
        {"external_customer_id": "cust_4"},
        {"created_before": "2020-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_it_is_the_filtered_list_in_its_order(
    api: Program, organization: Organization, query: dict[str, str], file_format: str
) -> None:
    some_customers(organization)
    content = exported(api, format=file_format, **query)
    rows = rows_of(content) if file_format == "csv" else lines_of(content)
    assert [row["id"] for row in rows] == [row["id"] for row in listed(api, **query)]


def test_deleted_and_other_organizations_customers_are_not_in_it(
    api: Program, organization: Organization, stranger: Organization
) -> None:
    CustomerFactory(organization=stranger, external_customer_id="cust_1")
    services.delete_customer(
        customer=CustomerFactory(organization=organization, external_customer_id="cust_1")
    )
    assert exported(api, format="ndjson") == b""
    assert rows_of(exported(api)) == []


@pytest.mark.parametrize("own_id", NASTY)
def test_a_spreadsheet_sees_no_formula_and_the_id_can_be_had_back(
    api: Program, organization: Organization, own_id: str
) -> None:
    fields = {"name": own_id, "tax_id": own_id, "metadata": {own_id[:40]: own_id}}
    CustomerFactory(organization=organization, external_customer_id=own_id, **fields)
    content = exported(api)
    [row] = rows_of(content)
    assert not any(is_formula(cell) for cell in [*row.values(), *split(content.decode())])
    assert unguarded(row["external_customer_id"]) == unguarded(row["name"]) == own_id
    assert json.loads(row["metadata"]) == fields["metadata"]


@pytest.mark.parametrize(
    ("file_format", "content_type"),
    [("csv", "text/csv; charset=utf-8; header=present"), ("ndjson", "application/x-ndjson")],
)
def test_it_is_a_download_named_by_organization_and_day(
    api: Program, organization: Organization, file_format: str, content_type: str
) -> None:
    days = {datetime.datetime.now(datetime.UTC).date()}
    response = api.get(EXPORT, {"format": file_format})
    response.getvalue()
    days.add(datetime.datetime.now(datetime.UTC).date())
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] in {
        f'attachment; filename="customers-{organization.slug}-{day}.{file_format}"' for day in days
    }


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ({"format": "xlsx"}, "format", "invalid_choice"),
        ({"ordering": "tax_id"}, "ordering", "invalid_choice"),
        ({"created_after": "yesterday"}, "created_after", "invalid"),
        ({"limit": "20"}, "limit", "unknown_parameter"),
        ({"cursor": "x"}, "cursor", "unknown_parameter"),
        ({"format": ""}, "format", "blank"),
    ],
)
def test_what_is_wrong_is_said_before_the_file_begins(
    api: Program, query: dict[str, str], attr: str, code: str
) -> None:
    response = api.get(EXPORT, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert [(error["attr"], error["code"]) for error in response.json()["errors"]] == [(attr, code)]


def test_it_takes_the_scope_to_read(organization: Organization) -> None:
    writer = Program(organization, scopes=[Scope.CUSTOMERS_WRITE])
    assert writer.get(EXPORT).status_code == 403


def test_head_has_the_headers_and_keeps_nobody_waiting(api: Program) -> None:
    for _ in range(5):
        response = api.client.head(EXPORT)
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Disposition"].startswith("attachment;")


def test_an_organization_has_one_export_at_a_time(api: Program, foreign_api: Program) -> None:
    running = api.get(EXPORT)
    refused = api.get(EXPORT)
    assert refused.status_code == 429
    assert refused.json()["errors"][0]["code"] == "too_many_exports"
    assert int(refused["Retry-After"]) > 0
    foreign_api.get(EXPORT).getvalue()
    running.close()
    api.get(EXPORT).getvalue()


def test_exports_leave_half_of_the_threads_to_others(
    api: Program, foreign_api: Program, settings: Any
) -> None:
    settings.WEB_THREADS = 3
    running = api.get(EXPORT)
    assert foreign_api.get(EXPORT).status_code == 429
    running.close()
    foreign_api.get(EXPORT).getvalue()


@pytest.mark.usefixtures("small_batches")
def test_each_batch_is_one_query(api: Program, organization: Organization) -> None:
    some_customers(organization)
    response = api.get(EXPORT, {"format": "ndjson"})
    with CaptureQueriesContext(connection) as queries:
        content = response.getvalue()
    assert len(lines_of(content)) == 11
    assert len(queries) == 3


def test_its_memory_does_not_grow_with_the_list(
    organization: Organization, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 100)
    add_many(organization, 500)
    exported(api)  # whatever is made once
    few = peak(api)
    add_many(organization, 9_500)
    assert peak(api) < few * 1.5


def add_many(organization: Organization, count: int) -> None:
    Customer.objects.bulk_create(
        Customer(organization=organization, name="x" * 100, metadata={"note": "y" * 100})
        for _ in range(count)
    )


def peak(api: Program) -> int:
    response = api.get(EXPORT)
    tracemalloc.start()
    try:
        for _ in response:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches")
class TestWhenTheDatabaseFailsOnTheWay:
    def test_a_lost_connection_is_replaced(self, api: Program, organization: Organization) -> None:
        some_customers(organization)
        chunks = self.begin(api)
        first = next(chunks)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        other.close()
        content = first + b"".join(chunks)
        assert [row["id"] for row in lines_of(content)] == [row["id"] for row in listed(api)]

    @pytest.mark.parametrize("file_format", ["csv", "ndjson"])
    def test_a_file_that_ends_early_says_so(
        self, api: Program, organization: Organization, file_format: str
    ) -> None:
        some_customers(organization)
        chunks = self.begin(api, file_format)
        first = next(chunks)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE customers RENAME TO customers_elsewhere")
            try:
                rest = b"".join(chunks)
            finally:
                cursor.execute("ALTER TABLE customers_elsewhere RENAME TO customers")
        if file_format == "csv":
            assert rows_of(first) != []
            assert rest == f"{export.INCOMPLETE}\r\n".encode()
        else:
            [last] = lines_of(rest)
            assert last["errors"][0]["code"] == "incomplete"
            assert "id" not in last

    def begin(self, api: Program, file_format: str = "ndjson") -> Iterator[bytes]:
        yield from api.get(EXPORT, {"format": file_format})
