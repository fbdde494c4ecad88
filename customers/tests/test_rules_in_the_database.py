"""What the database refuses by itself, whoever writes and however: each rule under its own name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from customers.models import Customer, CustomerChange
from customers.services import delete_customer, stand_in_for
from customers.tests.factories import CustomerFactory
from organizations.ids import new_id
from organizations.models import Organization

pytestmark = pytest.mark.django_db

INDEX = "idx_customers_org_external_id"
IMMUTABLE = "customers_external_customer_id_immutable"
DELETION_FINAL = "customers_deletion_final"
NO_HARD_DELETE = "customers_no_hard_delete"
ORGANIZATION_IMMUTABLE = "customers_organization_immutable"
CHANGE_OF_SAME_ORGANIZATION = "customer_changes_customer_fk"
NOT_EMPTY = "customers_external_customer_id_not_empty"


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """The block ends in an integrity error that carries this name, and the transaction goes on without it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.diag.constraint_name == constraint


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def stored(customer: Customer, column: str = "external_customer_id") -> Any:
    [(value,)] = sql(f"SELECT {column} FROM customers WHERE id = %s", customer.id)
    return value


def deleted(customer: Customer, **options: bool) -> Customer:
    return delete_customer(customer=customer, **options)


# Five ways to write one column past every service, from the bluntest on.


def by_raw_sql(customer: Customer, column: str, value: Any) -> None:
    sql(f"UPDATE customers SET {column} = %s WHERE id = %s", value, customer.id)


def by_queryset_update(customer: Customer, column: str, value: Any) -> None:
    Customer.objects.filter(id=customer.id).update(**{column: value})


def by_bulk_update(customer: Customer, column: str, value: Any) -> None:
    setattr(customer, column, value)
    Customer.objects.bulk_update([customer], [column])


def by_save(customer: Customer, column: str, value: Any) -> None:
    setattr(customer, column, value)
    customer.save()


def by_save_of_a_hand_built_instance(customer: Customer, column: str, value: Any) -> None:
    columns = {
        field.attname: getattr(customer, field.attname)
        for field in Customer._meta.concrete_fields
        if not field.generated
    }
    Customer(**{**columns, column: value}).save(force_update=True)


def by_upsert(customer: Customer, column: str, value: Any) -> None:
    sql(
        f"INSERT INTO customers (id, organization_id, metadata, created_at, modified_at) "
        f"SELECT id, organization_id, metadata, created_at, modified_at FROM customers WHERE id = %s "
        f"ON CONFLICT (id) DO UPDATE SET {column} = %s",
        customer.id,
        value,
    )


WAYS = (
    by_raw_sql,
    by_queryset_update,
    by_bulk_update,
    by_save,
    by_save_of_a_hand_built_instance,
    by_upsert,
)
each_way = pytest.mark.parametrize("write", WAYS, ids=lambda way: way.__name__)
Write = Callable[[Customer, str, Any], None]


@each_way
@pytest.mark.parametrize("value", ["cust_2", "CUST_1", "cust_1 ", None])
def test_a_set_id_neither_changes_nor_goes(
    write: Write, value: str | None, organization: Organization
) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    with refused(IMMUTABLE):
        write(customer, "external_customer_id", value)
    assert stored(customer) == "cust_1"


@each_way
def test_an_empty_id_is_set_once_and_the_same_value_again_is_fine(
    write: Write, organization: Organization
) -> None:
    customer = CustomerFactory(organization=organization)
    write(customer, "external_customer_id", "cust_1")
    write(customer, "external_customer_id", "cust_1")
    assert stored(customer) == "cust_1"
    with refused(IMMUTABLE):
        write(customer, "external_customer_id", "cust_2")


@each_way
@pytest.mark.parametrize("moment", [None, timezone.now()])
def test_a_deletion_is_final(write: Write, moment: object, organization: Organization) -> None:
    customer = deleted(CustomerFactory(organization=organization, external_customer_id="cust_1"))
    before = stored(customer, "deleted_at")
    with refused(DELETION_FINAL):
        write(customer, "deleted_at", moment)
    assert stored(customer, "deleted_at") == before


@each_way
def test_a_customer_never_moves_to_another_organization(
    write: Write, organization: Organization, stranger: Organization
) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    with refused(ORGANIZATION_IMMUTABLE):
        write(
            customer,
            "organization_id" if write is not by_bulk_update else "organization",
            _organization(write, stranger),
        )
    assert stored(customer, "organization_id") == organization.id


def _organization(write: Write, organization: Organization) -> Any:
    return organization if write is by_bulk_update else organization.id


def test_a_customer_keeps_its_own_id(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    for write in (by_raw_sql, by_queryset_update):
        with refused(ORGANIZATION_IMMUTABLE):
            write(customer, "id", new_id())


@pytest.mark.parametrize("is_deleted", [False, True])
def test_no_row_is_ever_removed(is_deleted: bool, organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    if is_deleted:
        deleted(customer)
    with refused(NO_HARD_DELETE):
        sql("DELETE FROM customers WHERE id = %s", customer.id)
    with refused(NO_HARD_DELETE):
        Customer.objects.filter(id=customer.id).delete()
    with refused(NO_HARD_DELETE):
        Customer.objects.filter(id=customer.id)._raw_delete(using="default")
    with refused(NO_HARD_DELETE):
        models.Model.delete(Customer.objects.get(id=customer.id))
    with pytest.raises(ProtectedError):
        organization.delete()
    assert stored(customer) == "cust_1"


@pytest.mark.parametrize("statement", ["TRUNCATE customers CASCADE", "TRUNCATE organizations CASCADE"])
def test_the_table_is_never_emptied(statement: str, organization: Organization) -> None:
    customer = CustomerFactory(organization=organization)
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # pending checks would refuse the statement for another reason
    with refused(NO_HARD_DELETE):
        sql(statement)
    assert stored(customer, "id") == customer.id


@pytest.mark.usefixtures("superuser")
@pytest.mark.parametrize(
    "setting",
    [
        "SET LOCAL pgtrigger.ignore = '{customers:customers_guard_update,customers:customers_guard_delete}'",
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL session_replication_role = local",
    ],
)
def test_no_setting_of_a_session_switches_a_rule_off(setting: str, organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    gone = deleted(CustomerFactory(organization=organization))
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(setting)
    with refused(IMMUTABLE):
        by_raw_sql(customer, "external_customer_id", "cust_2")
    with refused(ORGANIZATION_IMMUTABLE):
        by_raw_sql(customer, "organization_id", uuid.uuid4())
    with refused(DELETION_FINAL):
        by_raw_sql(gone, "deleted_at", None)
    with refused(NO_HARD_DELETE):
        sql("DELETE FROM customers")
    with refused(NO_HARD_DELETE):
        sql("TRUNCATE customers CASCADE")


def test_the_index_has_the_name_and_the_predicate_that_operations_rely_on() -> None:
    [(definition,)] = sql("SELECT indexdef FROM pg_indexes WHERE indexname = %s", INDEX)
    assert re.fullmatch(
        r"CREATE UNIQUE INDEX idx_customers_org_external_id ON public\.customers "
        r"USING btree \(organization_id, external_customer_id\) "
        r"WHERE \(\(?\(external_customer_id IS NOT NULL\) AND \(deleted_at IS NULL\)\)?\)",
        definition,
    )


@pytest.mark.parametrize("how", ["raw SQL", "bulk_create", "save", "set later"])
def test_one_organization_has_one_live_holder_of_an_id(
    how: str, organization: Organization, stranger: Organization
) -> None:
    CustomerFactory(organization=organization, external_customer_id="cust_1")
    writes: dict[str, Callable[[Organization, str], object]] = {
        "raw SQL": _insert,
        "bulk_create": lambda owner, own_id: Customer.objects.bulk_create(
            [Customer(organization=owner, external_customer_id=own_id)]
        ),
        "save": lambda owner, own_id: Customer(organization=owner, external_customer_id=own_id).save(),
        "set later": lambda owner, own_id: by_raw_sql(
            CustomerFactory(organization=owner), "external_customer_id", own_id
        ),
    }
    write = writes[how]
    with refused(INDEX):
        write(organization, "cust_1")
    for different in ("Cust_1", "cust_1.", "сust_1"):
        write(organization, different)
    write(stranger, "cust_1")


def _insert(organization: Organization, own_id: str | None, deleted_at: object = None) -> uuid.UUID:
    customer_id = new_id()
    sql(
        "INSERT INTO customers (id, organization_id, external_customer_id, metadata, created_at, modified_at,"
        " deleted_at) VALUES (%s, %s, %s, '{}', now(), now(), %s)",
        customer_id,
        organization.id,
        own_id,
        deleted_at,
    )
    return customer_id


def test_any_number_of_customers_has_no_id_and_any_number_of_deleted_ones_the_same(
    organization: Organization,
) -> None:
    for _ in range(3):
        _insert(organization, None)
        deleted(CustomerFactory(organization=organization, external_customer_id="cust_1"))
    _insert(organization, "cust_1")
    with refused(INDEX):
        _insert(organization, "cust_1")


def test_an_empty_text_is_never_an_id(organization: Organization) -> None:
    with refused(NOT_EMPTY):
        _insert(organization, "")
    with refused(NOT_EMPTY):
        by_raw_sql(CustomerFactory(organization=organization), "external_customer_id", "")


def test_erasure_lets_a_set_id_go_for_its_own_stand_in_and_only_on_a_deleted_row(
    organization: Organization,
) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    other = CustomerFactory(organization=organization)
    with refused(IMMUTABLE):
        by_raw_sql(customer, "external_customer_id", stand_in_for(customer.id))
    deleted(customer)
    for value in (None, "cust_2", stand_in_for(other.id), f"{stand_in_for(customer.id)} "):
        with refused(IMMUTABLE):
            by_raw_sql(customer, "external_customer_id", value)
    by_raw_sql(customer, "external_customer_id", stand_in_for(customer.id))
    with refused(IMMUTABLE):
        by_raw_sql(customer, "external_customer_id", "cust_1")


def test_deleting_and_letting_the_id_go_in_one_statement_is_refused(organization: Organization) -> None:
    customer = CustomerFactory(organization=organization, external_customer_id="cust_1")
    with refused(IMMUTABLE):
        sql(
            "UPDATE customers SET deleted_at = now(), external_customer_id = %s WHERE id = %s",
            stand_in_for(customer.id),
            customer.id,
        )


def test_a_change_belongs_to_a_customer_of_its_own_organization(
    organization: Organization, stranger: Organization
) -> None:
    customer = CustomerFactory(organization=organization)
    foreign = CustomerFactory(organization=stranger)
    change = CustomerChange.objects.get(pgh_obj=customer)
    with refused(CHANGE_OF_SAME_ORGANIZATION):
        CustomerChange.objects.filter(pgh_id=change.pgh_id).update(organization=stranger)
    with refused(CHANGE_OF_SAME_ORGANIZATION):
        CustomerChange.objects.filter(pgh_id=change.pgh_id).update(pgh_obj=foreign)
    change.pgh_id, change.organization_id = None, stranger.id
    with refused(CHANGE_OF_SAME_ORGANIZATION):
        change.save(force_insert=True)


def test_no_column_of_a_composite_reference_is_nullable_which_would_leave_it_unchecked() -> None:
    found = sql(
        "SELECT conname, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey) "
        "WHERE contype = 'f' AND conrelid = 'customer_changes'::regclass AND NOT attnotnull"
    )
    assert found == []


def test_every_rule_of_the_database_is_there_in_force_and_validated() -> None:
    triggers = dict(
        sql(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'customers'::regclass AND NOT tgisinternal"
        )
    )
    for name in ("customers_guard_update", "customers_guard_delete", "customers_guard_truncate"):
        assert triggers[name] == "A", "fires whatever the session's role"
    constraints = dict(
        sql(
            "SELECT conname, convalidated FROM pg_constraint "
            "WHERE conrelid IN ('customers'::regclass, 'customer_changes'::regclass)"
        )
    )
    for name in ("customers_organization_id_unique", NOT_EMPTY, CHANGE_OF_SAME_ORGANIZATION):
        assert constraints[name]
