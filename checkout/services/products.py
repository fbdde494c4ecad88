"""The only writers of products."""

from __future__ import annotations

import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from api.metadata import Metadata, merge_metadata
from checkout.exceptions import ProductChanged
from checkout.models import Product
from organizations.models import Organization


class ProductFields(TypedDict, total=False):
    """What may be written of a product. `currency` is in any letter case; an archived product can't be sold."""

    name: str
    description: str | None
    unit_amount: int
    currency: str
    metadata: Metadata
    archived: bool


def create_product(*, organization: Organization, **fields: Unpack[ProductFields]) -> Product:
    """A new product. Raises ValidationError by field."""
    product = Product(organization=organization)
    _assign(product, dict(fields))
    product.modified_at = product.created_at
    product.full_clean()
    product.save(force_insert=True)
    return product


def update_product(
    *,
    product: Product,
    merge: bool = True,
    seen: datetime.datetime | None = None,
    **fields: Unpack[ProductFields],
) -> Product:
    """The product with `fields` changed, all of them or none; `metadata` is laid over what is stored, and a None in it
    removes its key, or takes its place without `merge`. Sessions that have been made keep what they sell.

    Raises ValidationError by field, and ProductChanged when `seen`, the `modified_at` that the caller saw, is no longer
    the product's.
    """
    changes = dict(fields)
    with transaction.atomic():
        locked = Product.objects.select_for_update().get(id=product.id)
        if seen is not None and seen != locked.modified_at:
            raise ProductChanged
        if merge and "metadata" in fields:
            changes["metadata"] = merge_metadata(locked.metadata, fields["metadata"])
        _assign(locked, changes)
        locked.modified_at = timezone.now()
        locked.full_clean()
        locked.save()
    return locked


def _assign(product: Product, fields: dict[str, Any]) -> None:
    archived = fields.pop("archived", None)
    if archived is not None and archived != product.is_archived:
        product.archived_at = timezone.now() if archived else None
    for name, value in fields.items():
        setattr(product, name, value.lower() if name == "currency" else value)
