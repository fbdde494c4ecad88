"""The demo in the database: all of it or nothing, once, within every rule; who may log in; and the token."""

from __future__ import annotations

import datetime
import io
import re
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from customers.demo.loading import load_customers
from customers.models import Customer, CustomerChange
from customers.services import create_customer, delete_customer
from metrics.models import Event
from organizations.models import AccessToken, Membership, Organization, User
from organizations.tests.factories import OrganizationFactory, UserFactory, make_token
from polar_customers import demo
from polar_customers.demo import loading
from polar_customers.demo.access import LOGINS, demo_password, issue_token

AT = datetime.date(2026, 1, 31)
BASE = "https://billing.example.com"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """A place of its own for the demo's password."""
    settings.DATA_DIR = tmp_path
    settings.RATE_LIMITS = False
    return tmp_path


@pytest.fixture
def northwind() -> Organization:
    demo.load(customers=200, events=0, at=AT)
    return Organization.objects.get(slug="northwind")


def rows_of(table: str, ordering: str, without: str = "") -> bytes:
    """Every row of the table as PostgreSQL copies it out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) "
            "FROM information_schema.columns WHERE table_name = %s AND column_name <> %s",
            [table, without],
        )
        columns = cursor.fetchone()[0]
        with cursor.copy(f"COPY (SELECT {columns} FROM {table} ORDER BY {ordering}) TO STDOUT") as copy:
            return b"".join(bytes(block) for block in copy)


def what_is_loaded(**options: Any) -> list[bytes]:
    """The rows that the demo gives, which are taken back."""
    with transaction.atomic():
        demo.load(customers=200, events=400, **options)
        found = [
            rows_of("customers", "id"),
            rows_of("customer_changes", "id, pgh_created_at", without="pgh_id"),
            rows_of("organizations", "id", without="modified_at"),
            rows_of("products", "id"),
            rows_of("checkout_sessions", "id"),
            rows_of("checkout_items", "session_id, position", without="id"),
            rows_of("payment_attempts", "id"),
            rows_of("orders", "id"),
            rows_of("order_numbers", "organization_id"),
            rows_of("events", "id", without="name_id"),
            rows_of("unmatched_ids", "id", without="names"),
            rows_of("meters", "id"),
            rows_of("rollup_customer_days", "organization_id, day, customer_id"),
        ]
        transaction.set_rollback(True)
    return found


def test_the_same_seed_and_day_give_the_same_rows_to_the_byte() -> None:
    first = what_is_loaded(seed=7, at=AT)
    assert all(first)
    assert first == what_is_loaded(seed=7, at=AT)


@pytest.mark.parametrize("other", [{"seed": 8, "at": AT}, {"seed": 7, "at": datetime.date(2026, 2, 1)}])
def test_another_seed_or_day_gives_other_rows(other: dict[str, Any]) -> None:
    assert what_is_loaded(seed=7, at=AT)[0] != what_is_loaded(**other)[0]


@pytest.mark.parametrize(("customers", "first", "second"), [(1, 1, 0), (5, 4, 1), (120, 96, 24)])
def test_as_many_customers_as_asked_for(customers: int, first: int, second: int) -> None:
    loaded = demo.load(customers=customers, events=10 * customers, at=AT)
    assert {organization.slug: amount for organization, amount in loaded.items()} == {
        "northwind": (first, 10 * first),
        "lakeside": (second, 10 * second),
    }
    for organization, amount in loaded.items():
        assert Customer.objects.for_organization(organization).count() == amount.customers
        assert Event.objects.for_organization(organization).count() == amount.events


def test_a_load_of_several_lots_is_one_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = what_is_loaded(at=AT)
    monkeypatch.setattr("customers.demo.loading._CHUNK", 23)
    monkeypatch.setattr("metrics.demo.loading._CHUNK", 23)
    assert what_is_loaded(at=AT) == whole


def test_two_organizations_hold_the_same_ids(northwind: Organization) -> None:
    lakeside = Organization.objects.get(slug="lakeside")
    ids = [
        set(Customer.objects.for_organization(one).live().values_list("external_customer_id", flat=True))
        for one in (northwind, lakeside)
    ]
    assert len((ids[0] & ids[1]) - {None}) > 15


def test_the_history_tells_what_happened_when() -> None:
    demo.load(customers=2_000, events=0, at=AT)
    changes = CustomerChange.objects.order_by("pgh_id")
    assert not changes.exclude(pgh_created_at=F("modified_at")).exists()
    created = changes.filter(pgh_label="created")
    assert created.count() == created.values("pgh_obj").distinct().count() == Customer.objects.count()
    assert not created.exclude(pgh_created_at=F("created_at"), deleted_at=None).exists()

    deleted = Customer.objects.filter(deleted_at__isnull=False)
    assert 20 < deleted.count() < 200
    for customer in deleted:
        assert [change.deleted_at for change in customer.changes.order_by("pgh_id")] == [
            None,
            customer.deleted_at,
        ]
    got_id_later = created.filter(external_customer_id=None, pgh_obj__external_customer_id__isnull=False)
    assert got_id_later.count() > 5


def test_a_freed_id_has_a_new_holder() -> None:
    demo.load(customers=2_000, events=0, at=AT)
    for organization in Organization.objects.all():
        customers = Customer.objects.for_organization(organization)
        freed = customers.filter(deleted_at__isnull=False).values("external_customer_id")
        heirs = customers.live().filter(external_customer_id__in=freed)
        assert heirs.exists()
        for heir in heirs:
            earlier = customers.exclude(id=heir.id).filter(external_customer_id=heir.external_customer_id)
            assert all(one.deleted_at < heir.created_at for one in earlier)


def indexes() -> list[tuple[str, str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid AND indisready "
            "FROM pg_index WHERE indrelid = 'customers'::regclass ORDER BY 1"
        )
        return cursor.fetchall()


def test_every_index_is_there_afterwards() -> None:
    before = indexes()
    demo.load(customers=50, events=0, at=AT)
    assert indexes() == before
    assert len(before) > 10


def test_a_table_with_customers_keeps_its_indexes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    create_customer(organization=OrganizationFactory.create())
    before, meanwhile = indexes(), []
    monkeypatch.setattr(loading, "load_customers", lambda **options: meanwhile.append(indexes()))
    demo.load(customers=50, events=0, at=AT)
    assert meanwhile == [before, before]


def test_the_rules_are_in_force_while_it_loads(northwind: Organization) -> None:
    """More customers for an organization that has the IDs already."""
    with pytest.raises(IntegrityError, match="idx_customers_org_external_id"), transaction.atomic():
        load_customers(
            organization=northwind,
            count=50,
            seed=2,
            at=datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
            company_share=0.5,
            progress=print,
        )


def test_a_failure_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options: object) -> None:
        if options["organization"].slug == "lakeside":
            raise RuntimeError("the disk is full")
        load_customers(**options)

    monkeypatch.setattr(loading, "load_customers", fail)
    with pytest.raises(RuntimeError):
        demo.load(customers=50, events=0, at=AT)
    assert demo.is_empty()
    assert not Customer.objects.exists()
    assert not User.objects.exists()


def test_a_second_load_is_refused_and_adds_nothing(northwind: Organization) -> None:
    before = Customer.objects.count()
    with pytest.raises(CommandError, match=r"The demo is in this database already .* use an empty database"):
        call_command("demo", customers=50, events=0)
    assert Customer.objects.count() == before


def test_a_database_in_use_is_left_alone() -> None:
    OrganizationFactory.create()
    demo.load_if_empty()
    said = io.StringIO()
    call_command("demo", if_empty=True, stderr=said)
    assert not Customer.objects.exists()
    assert not demo.is_loaded()
    assert "nothing was added" in said.getvalue()


def test_an_empty_database_gets_the_usual_demo_once() -> None:
    demo.load_if_empty()
    assert demo.is_loaded()
    for _ in range(2):
        assert Customer.objects.count() == loading.DEFAULT_CUSTOMERS
        assert Event.objects.count() == loading.DEFAULT_EVENTS
        demo.load_if_empty()


def test_the_command_says_what_it_did() -> None:
    said = io.StringIO()
    call_command("demo", customers=1_500, events=1_000, at=AT, stdout=said)
    assert re.search(r"northwind +Northwind Trading, 1,200 customers, 800 events", said.getvalue())
    assert re.search(r"lakeside +Lakeside Software, 300 customers, 200 events", said.getvalue())
    assert demo_password() in said.getvalue()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--customers", "0"], "a whole number of 1 or more, not '0'"),
        (["--customers", "many"], "a whole number of 1 or more, not 'many'"),
        (["--events", "-1"], "a whole number of 0 or more, not '-1'"),
        (["--at", "yesterday"], "a day such as 2026-01-31, not 'yesterday'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("demo", *arguments)


def test_the_people_log_in_with_the_password_of_this_installation(
    northwind: Organization, data_dir: Path
) -> None:
    password = demo_password()
    assert (data_dir / "demo_password").read_text() == password
    assert stat.S_IMODE((data_dir / "demo_password").stat().st_mode) == 0o600
    assert re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    for login in LOGINS:
        person = User.objects.get(email=login.email)
        assert person.check_password(password)
        assert not person.must_change_password
        assert person.is_superuser == person.is_staff == (login.role is None)


def test_staff_are_in_both_organizations(northwind: Organization) -> None:
    found = Membership.objects.values_list("user__email", "organization__slug", "role").order_by(
        "user__email"
    )
    assert set(found) == {
        ("owner@northwind.example", "northwind", "owner"),
        ("owner@northwind.example", "lakeside", "owner"),
        ("viewer@northwind.example", "northwind", "viewer"),
        ("viewer@northwind.example", "lakeside", "viewer"),
    }


def test_another_installation_has_another_password(data_dir: Path, settings: Settings) -> None:
    first = demo_password()
    settings.DATA_DIR = data_dir / "another"
    settings.DATA_DIR.mkdir()
    assert demo_password() != first


def test_someone_who_has_a_login_already_keeps_the_password() -> None:
    UserFactory.create(email="Owner@northwind.example", password="their own and long")
    demo.load(customers=5, events=0, at=AT)
    person = User.objects.get(email__iexact="owner@northwind.example")
    assert person.check_password("their own and long")
    assert Membership.objects.filter(user=person).count() == 2


def test_the_banner_does_not_promise_a_password_that_was_changed(northwind: Organization) -> None:
    person = User.objects.get(email="viewer@northwind.example")
    person.set_password("their own and long")
    person.save()
    User.objects.filter(email="support@demo.example").update(is_active=False)
    facts = demo.banner_facts(BASE)
    assert re.search(r"Owner +owner@northwind\.example$", facts, re.MULTILINE)
    assert "viewer@northwind.example  has another password" in facts
    assert "support@demo.example" not in facts


def test_each_start_gives_a_fresh_token_and_revokes_the_one_before(northwind: Organization) -> None:
    secrets = [issue_token(northwind) for _ in range(3)]
    assert len(set(secrets)) == 3
    usable = AccessToken.objects.for_organization(northwind).usable()
    assert [token.hint[-4:] for token in usable] == [secrets[-1][-4:]]


def test_tokens_of_others_are_not_revoked(northwind: Organization) -> None:
    person = User.objects.get(email="owner@northwind.example")
    kept = [make_token(northwind)[0], make_token(northwind, created_by=person)[0]]
    AccessToken.objects.filter(id=kept[1].id).update(name="Demo")
    stranger = OrganizationFactory.create()
    kept.append(make_token(stranger)[0])
    AccessToken.objects.filter(id=kept[2].id).update(name="Demo")
    issue_token(northwind)
    assert all(AccessToken.objects.get(id=token.id).is_usable for token in kept)


def get_as_pasted(facts: str, client: Client) -> Any:
    """The answer to the command that the banner shows."""
    (command,) = [line for line in facts.splitlines() if line.strip().startswith("curl ")]
    _, _, header, url = shlex.split(command)
    assert url.startswith(BASE)
    name, value = header.split(": ")
    return client.get(urlsplit(url)._replace(scheme="", netloc="").geturl(), headers={name: value})


def test_the_command_of_the_banner_reads_a_customer(northwind: Organization, client: Client) -> None:
    answer = get_as_pasted(demo.banner_facts(BASE), client)
    assert answer.status_code == 200
    assert answer.json()["external_customer_id"] == "cust_1001"


def delete_all(organization: Organization) -> None:
    for customer in Customer.objects.for_organization(organization).live():
        delete_customer(customer=customer)


def add_one_of_an_odd_id(organization: Organization) -> None:
    delete_all(organization)
    create_customer(organization=organization, external_customer_id="it's/a 100%?#id")


@pytest.mark.parametrize("change", [delete_all, add_one_of_an_odd_id])
def test_the_command_of_the_banner_works_whatever_became_of_the_customers(
    change: Callable[[Organization], None], client: Client
) -> None:
    demo.load(customers=5, events=0, at=AT)
    northwind = Organization.objects.get(slug="northwind")
    change(northwind)
    answer = get_as_pasted(demo.banner_facts(BASE), client)
    assert answer.status_code == 200
    if change is add_one_of_an_odd_id:
        assert answer.json()["external_customer_id"] == "it's/a 100%?#id"
