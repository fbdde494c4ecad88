"""What an organization sells."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.metadata import MetadataField
from api.text import check_characters
from checkout.money import MAX_AMOUNT, check_amount, check_currency
from checkout.querysets import ProductQuerySet
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization

MAX_NAME_LENGTH = 256
MAX_DESCRIPTION_LENGTH = 2000


class Product(models.Model):
    """A thing with a price. Sessions copy what they sell of it, so a change of it changes no session."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="products", db_index=False
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH, db_collation="C", validators=[check_characters])
    description = models.TextField(
        null=True, blank=True, validators=[MaxLengthValidator(MAX_DESCRIPTION_LENGTH), check_characters]
    )
    unit_amount = models.BigIntegerField(
        validators=[check_amount], help_text="The price of one, in the currency's minor unit."
    )
    currency = models.CharField(max_length=3, validators=[check_currency], help_text="ISO 4217, lower case.")
    metadata = MetadataField()
    archived_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when it can't be put into a new session."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "products"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "id"), name="products_organization_id_unique"),
            models.CheckConstraint(
                condition=Q(unit_amount__gte=1, unit_amount__lte=MAX_AMOUNT), name="products_unit_amount"
            ),
        )
        indexes = (
            models.Index("organization", "created_at", "id", name="idx_products_created"),
            models.Index("organization", "name", "id", name="idx_products_name"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None
