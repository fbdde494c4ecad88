"""For any ID there can be: whoever gets it is found by it, by every way, and nobody else."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.tests.wsgi import Server
from customers.external_ids import is_external_customer_id
from customers.models import Customer
from customers.tests.external_ids import ILL_FORMED_TEXT, SURROGATES, WELL_FORMED
from customers.tests.factories import CustomerFactory
from customers.tests.finding import found
from customers.tests.paths import CUSTOMERS, by_external_id, by_id, listing
from organizations.models import Organization
from organizations.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FIELD = "external_customer_id"


def examples(count: int, *, the_same_each_time: bool = True) -> settings:
    return settings(
        max_examples=count,
        derandomize=the_same_each_time,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.filter_too_much,
            HealthCheck.too_slow,  # a new checkout builds its tables of characters first
        ],
    )


# What tends to be special somewhere on the way: in paths, queries, patterns, JSON, HTML and scripts.
_AWKWARD = st.sampled_from(
    [*"/.?#%&+=;:@,'\"\\_*[]{}<> -", "%2F", "%00", "/../", "//", "é", "客", "😀", "ß", "İ", "ſ"]
)
_KEEPABLE = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
OWN_IDS = (
    st.one_of(
        st.lists(st.one_of(_AWKWARD, _KEEPABLE), min_size=1, max_size=12).map("".join),
        st.text(_KEEPABLE, min_size=1, max_size=255),
        st.sampled_from(sorted(WELL_FORMED.values())),
    )
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(is_external_customer_id)
)
ANY_TEXT = st.one_of(
    st.text(st.characters(), max_size=300),
    OWN_IDS,
    st.sampled_from(sorted(text for text, _ in [*ILL_FORMED_TEXT.values(), *SURROGATES.values()])),
)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block writes is gone after it, so that each example finds the database as the first one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def encodings(own_id: str) -> list[str]:
    """The paths that integrators' languages make of an ID: every one must lead to it."""
    return [
        by_external_id(own_id),
        f"{CUSTOMERS}/external_id/{quote(own_id, safe='/:@!$&()*+,;=~')}",
        f"{CUSTOMERS}/external_id/" + "".join(f"%{byte:02x}" for byte in own_id.encode()),
    ]


def twins(own_id: str) -> list[str]:
    """Other IDs that carelessness on the way would take for this one."""
    near = [
        f"{own_id}/",
        f"{own_id}.json",
        own_id.swapcase(),
        quote(own_id, safe=""),
        own_id.rstrip("/"),
        f"/{own_id}",
    ]
    return [other for other in dict.fromkeys(near) if other != own_id and is_external_customer_id(other)]


def check_every_way_to(own_id: str, organization: Organization, api: Server, support: Client) -> None:
    for other in twins(own_id):
        CustomerFactory(organization=organization, external_customer_id=other)
    made = api("POST", CUSTOMERS, {FIELD: own_id})
    assert (made.status, made.json[FIELD]) == (201, own_id)
    customer = made.json

    for path in encodings(own_id):
        assert api("GET", path).json == customer, path
    assert support.get(by_external_id(own_id), headers=api.headers).json() == customer
    assert api("GET", listing(external_customer_id=own_id)).json["results"] == [customer]
    assert customer["id"] in found(api, search=own_id)

    replaced = api("PUT", by_external_id(own_id), {"name": "Put"})
    assert (replaced.status, replaced.json["id"], replaced.json[FIELD]) == (200, customer["id"], own_id)
    patched = api("PATCH", encodings(own_id)[1], {"name": "Patched"})
    assert (patched.status, patched.json["id"], patched.json["name"]) == (200, customer["id"], "Patched")

    changelist = support.get(reverse("admin:customers_customer_changelist"), {"q": own_id})
    assert reverse("admin:customers_customer_change", args=[customer["id"]]) in changelist.text

    assert api("DELETE", encodings(own_id)[2]).status == 204
    assert api("GET", by_external_id(own_id)).status == 404
    again = api("PUT", by_external_id(own_id), {})
    assert (again.status, again.json[FIELD]) == (201, own_id)
    assert again.json["id"] != customer["id"]


@pytest.fixture
def support(db: None) -> Client:
    """Support's browser."""
    client = Client()
    person = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(person, django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


Ways = Callable[[str], None]


@pytest.fixture
def every_way(organization: Organization, api: Server, support: Client) -> Ways:
    def check(own_id: str) -> None:
        with undone():
            check_every_way_to(own_id, organization, api, support)

    return check


@examples(15)
@given(OWN_IDS)
@example("a/b/")
@example("../..")
@example("%2e%2e")
@example("客户-1/😀?x#y z")
def test_whoever_gets_an_id_is_found_by_it_by_every_way(every_way: Ways, own_id: str) -> None:
    every_way(own_id)


@pytest.mark.fuzz
@examples(30, the_same_each_time=False)
@given(OWN_IDS)
def test_whoever_gets_any_other_id_is_found_by_it_too(every_way: Ways, own_id: str) -> None:
    every_way(own_id)


@examples(50)
@given(ANY_TEXT)
def test_any_text_is_kept_as_sent_or_refused_and_breaks_nothing(
    organization: Organization, api: Server, text: str
) -> None:
    with undone():
        answer = api("POST", CUSTOMERS, {FIELD: text})
        if is_external_customer_id(text):
            assert (answer.status, answer.json[FIELD]) == (201, text)
            assert Customer.objects.values_list(FIELD, flat=True).get() == text
        else:
            assert (answer.status, answer.attr) == (400, FIELD)
            assert not Customer.objects.exists()
            path = f"{CUSTOMERS}/external_id/{quote(text.encode('utf-8', 'surrogatepass'), safe='')}"
            is_utf8 = text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
            assert api("GET", path).status == (404 if is_utf8 else 400)
            assert api("PUT", path, {}).status == 400


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
    st.sampled_from(["5", "5.0", "true", "null", "NaN", "1e999", "%", "_", "\\", '"', "{}", "[]", " 5"]),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.integers(-(2**30), 2**30).map(lambda number: number / 1024),
)
KEYS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
    st.sampled_from(["0", "-1", "a[b]", "]", "[", "%s", "a.b", "'", '"', "$"]),
)


@examples(40)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_metadata_comes_back_as_sent_and_is_found_by_its_text(
    organization: Organization, api: Server, metadata: dict[str, Any]
) -> None:
    with undone():
        CustomerFactory(organization=organization, metadata={"other": "x"})
        made = api("POST", CUSTOMERS, {"metadata": metadata}).json
        stored = api("GET", by_id(made["id"])).json["metadata"]
        assert stored == metadata
        for key, value in stored.items():
            text = value if isinstance(value, str) else json.dumps(value)
            assert found(api, (f"metadata[{key}]", text)) == {made["id"]}


@examples(40)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
    st.data(),
)
def test_any_fragment_of_a_name_finds_it(
    organization: Organization, api: Server, name: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    fragment = name[start : data.draw(st.integers(start + 1, len(name)))]
    with undone():
        customer = CustomerFactory(organization=organization, name=name)
        assert found(api, search=fragment) == {str(customer.id)}
        assert found(api, search=f"{fragment}\U0010fffd") == set()
