"""Products are changed and archived; what has been sold of them is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from checkout.models import Product
from checkout.services.products import create_product, update_product
from checkout.tests.factories import a_product, a_session
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def test_a_currency_is_kept_in_lower_case(organization: Organization) -> None:
    assert a_product(organization, currency="EUR").currency == "eur"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "blank"),
        ("name", "a\x00", "forbidden_character"),
        ("name", "a" * 257, "max_length"),
        ("description", "a" * 2001, "max_length"),
        ("unit_amount", 0, "min_value"),
        ("unit_amount", -5, "min_value"),
        ("unit_amount", 2**53, "amount_too_large"),
        ("currency", "zzz", "unknown_currency"),
        ("metadata", {"a": []}, "invalid"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    organization: Organization, field: str, value: Any, code: str
) -> None:
    fields = {"name": "Plan", "unit_amount": 990, "currency": "usd", field: value}
    with pytest.raises(ValidationError) as refusal:
        create_product(organization=organization, **fields)
    assert {name: problems[0].code for name, problems in refusal.value.error_dict.items()} == {field: code}
    assert not Product.objects.exists()


def test_archiving_is_noted_once_and_undone(organization: Organization) -> None:
    product = update_product(product=a_product(organization), archived=True)
    since = product.archived_at
    assert product.is_archived
    assert update_product(product=product, archived=True).archived_at == since
    assert update_product(product=product, archived=False).archived_at is None


def test_metadata_is_merged(organization: Organization) -> None:
    product = a_product(organization, metadata={"a": 1, "b": 2})
    assert update_product(product=product, metadata={"b": None, "c": 3}).metadata == {"a": 1, "c": 3}


def test_a_later_price_changes_no_session(organization: Organization) -> None:
    product = a_product(organization)
    session = a_session(organization, items=[{"product_id": product.id, "quantity": 2}])
    update_product(product=product, unit_amount=1, name="Other", currency="eur", archived=True)
    session.refresh_from_db()
    item = session.items.get()
    assert (session.amount_total, session.currency) == (1980, "usd")
    assert (item.name, item.unit_amount, item.amount) == ("Plan", 990, 1980)
