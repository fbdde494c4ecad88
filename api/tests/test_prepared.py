"""What is prepared: what is promised of them, on a real connection."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from psycopg.pq import TransactionStatus

from api.prepared import PreparedInsert, PreparedLookup, PreparedStatement
from organizations.models import Organization
from organizations.services import create_organization

pytestmark = pytest.mark.django_db(transaction=True)

Prepared = Callable[[], list[tuple[str, int]]]


@pytest.fixture
def by_slug() -> PreparedLookup[Organization]:
    return PreparedLookup(lambda slug: Organization.objects.filter(slug=slug), "a slug")


@pytest.fixture
def acme(transactional_db: None) -> Organization:
    connection.close()  # with what other tests have prepared
    return create_organization(slug="acme", name="Acme Inc")


@pytest.fixture
def prepared() -> Prepared:
    """The statements that this connection has prepared, and how often they were planned or run by a kept plan."""

    def read() -> list[tuple[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements"
                " WHERE statement LIKE '%%slug%% = $1%%'"
            )
            return cursor.fetchall()

    return read


def test_the_server_keeps_the_statement(
    acme: Organization, by_slug: PreparedLookup[Organization], prepared: Prepared
) -> None:
    for _ in range(3):
        assert by_slug.get("acme") == acme
    assert by_slug.get("nobody") is None
    [(statement, runs)] = prepared()
    assert runs == 4
    assert "ORDER BY" not in statement, "one row needs no order"


def test_threads_that_compile_it_at_once(acme: Organization) -> None:
    both = threading.Barrier(2, timeout=30)

    def build(slug: str) -> QuerySet[Organization]:
        both.wait()
        return Organization.objects.filter(slug=slug)

    by_slug = PreparedLookup(build, "a slug")

    def look() -> list[Organization | None]:
        try:
            first = by_slug.get("acme")
            both.wait()
            with transaction.atomic():
                return [first, by_slug.get("acme")]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for found in [threads.submit(look) for _ in range(2)]:
            assert found.result() == [acme, acme]


def test_a_rollback_leaves_it_prepared(
    acme: Organization, by_slug: PreparedLookup[Organization], prepared: Prepared
) -> None:
    by_slug.get("acme")
    with transaction.atomic():
        by_slug.get("acme")
        transaction.set_rollback(True)
    assert by_slug.get("acme") == acme
    [(_, runs)] = prepared()
    assert runs == 3


def test_one_that_is_gone_is_prepared_again(
    acme: Organization, by_slug: PreparedLookup[Organization]
) -> None:
    by_slug.get("acme")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert by_slug.get("acme") == acme


def test_one_whose_columns_changed_is_prepared_again(
    acme: Organization, by_slug: PreparedLookup[Organization]
) -> None:
    """As while a migration is applied to a database that is in use."""
    by_slug.get("acme")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organizations ALTER COLUMN name TYPE text")
    try:
        assert by_slug.get("acme") == acme
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE organizations ALTER COLUMN name TYPE varchar(256)")


def test_in_a_transaction_it_isnt_tried_again(
    acme: Organization, by_slug: PreparedLookup[Organization]
) -> None:
    by_slug.get("acme")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        with pytest.raises(DatabaseError):
            by_slug.get("acme")
        transaction.set_rollback(True)
    with transaction.atomic():
        assert by_slug.get("acme") == acme


def test_the_first_statement_of_a_transaction_begins_it(
    acme: Organization, by_slug: PreparedLookup[Organization]
) -> None:
    by_slug.get("acme")
    with transaction.atomic():
        assert by_slug.get("acme") == acme
        assert connection.connection.info.transaction_status == TransactionStatus.INTRANS


def test_what_the_database_refuses_is_djangos_error(acme: Organization) -> None:
    by_number: PreparedLookup[Any] = PreparedLookup(
        lambda id: Organization.objects.filter(id=id).extra(
            where=["1 / length(slug || '') > 0 AND 1 / 0 = 1"]
        ),
        uuid.UUID(int=1),
    )
    with pytest.raises(DatabaseError, match="division by zero"):
        by_number.get(acme.id)
    with pytest.raises(DatabaseError, match="division by zero"):
        by_number.get(acme.id)


class TestStatement:
    def test_it_gives_all_rows_of_its_parameters_by_name(self, acme: Organization) -> None:
        create_organization(slug="other", name="Other")
        named = PreparedStatement(
            "SELECT slug, %(more)s::int + 1 FROM organizations WHERE slug = ANY(%(slugs)s) OR slug = %(slug)s"
            " OR name LIKE %(slug)s || '%%' ORDER BY slug"
        )
        asked = {"slug": "acme", "more": "41", "nobody asks for": 1}
        for _ in range(2):
            assert named.rows({**asked, "slugs": ["other"]}) == [("acme", 42), ("other", 42)]
            assert named.rows({**asked, "slugs": [], "more": "0"}) == [("acme", 1)]
            assert named.rows({**asked, "slugs": [], "slug": "none"}) == []

    def test_the_server_keeps_it(self, acme: Organization, prepared: Prepared) -> None:
        by_slug = PreparedStatement("SELECT name FROM organizations WHERE slug = %(slug)s")
        for slug in ("acme", "nobody", "acme"):
            by_slug.rows({"slug": slug})
        [(_, runs)] = prepared()
        assert runs == 3

    def test_one_that_is_gone_is_prepared_again(self, acme: Organization) -> None:
        by_slug = PreparedStatement("SELECT name FROM organizations WHERE slug = %(slug)s")
        by_slug.rows({"slug": "acme"})
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        assert by_slug.rows({"slug": "acme"}) == [("Acme Inc",)]


# Inserts


@pytest.fixture
def insert(transactional_db: None) -> PreparedInsert[Organization]:
    return PreparedInsert(Organization)


def inserted(insert: PreparedInsert[Organization], slug: str) -> bool:
    with transaction.atomic():
        return insert.insert(Organization(slug=slug, name="Acme Inc"))


def test_a_row_is_inserted_as_save_does(insert: PreparedInsert[Organization]) -> None:
    row = Organization(slug="acme", name="客户")
    with transaction.atomic():
        assert insert.insert(row)
    assert not row._state.adding
    stored = Organization.objects.get(slug="acme")
    fields = [field.attname for field in Organization._meta.concrete_fields]
    assert [getattr(stored, name) for name in fields] == [getattr(row, name) for name in fields]


def test_a_row_that_is_taken_is_an_error(insert: PreparedInsert[Organization], acme: Organization) -> None:
    with pytest.raises(IntegrityError, match="slug"):
        inserted(insert, "acme")


def test_or_none_and_the_transaction_goes_on(acme: Organization) -> None:
    insert = PreparedInsert(Organization, unless_taken=True)
    row = Organization(slug="acme", name="Another")
    with transaction.atomic():
        assert not insert.insert(row)
        assert row._state.adding
        assert insert.insert(Organization(slug="other", name="Other"))
    assert {found.name for found in Organization.objects.all()} == {"Acme Inc", "Other"}


def test_an_insert_that_is_gone_is_prepared_again_by_the_next_transaction(
    insert: PreparedInsert[Organization],
) -> None:
    assert inserted(insert, "one")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(DatabaseError):
        inserted(insert, "two")
    assert inserted(insert, "two")


def test_what_wraps_statements_wraps_an_insert(insert: PreparedInsert[Organization]) -> None:
    wrapped: list[str] = []

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        wrapped.append(sql)
        assert context["connection"].alias == "default"
        before = "SELECT set_config('tests.signed_by', %s, true); "
        return execute(before + sql, (f"Ann {len(wrapped)}", *params), many, context)

    with transaction.atomic():
        with connection.execute_wrapper(wrapper):
            for slug in ("one", "two"):
                assert insert.insert(Organization(slug=slug, name=slug))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('tests.signed_by')")
            assert cursor.fetchone() == ("Ann 2",)
    assert wrapped[0].startswith("INSERT")
    assert Organization.objects.count() == 2


def test_an_insert_is_a_query_that_tests_see(
    insert: PreparedInsert[Organization], django_assert_num_queries: Any
) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        insert.insert(Organization(slug="acme", name="Acme Inc"))
