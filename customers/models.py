"""Customers, and every change that was made to one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from api.metadata import MetadataField
from api.nested import in_one_list
from api.prepared import PreparedLookup
from api.text import check_characters
from customers.addresses import check_billing_address
from customers.exceptions import ExternalCustomerIDImmutable, ExternalCustomerIDTaken
from customers.external_ids import ExternalCustomerIDField
from customers.querysets import (
    SEPARATOR,
    CustomerQuerySet,
    FoldCase,
    NearForm,
    SavedViewQuerySet,
    SearchGrams,
)
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization, User

EXTERNAL_ID_INDEX = "idx_customers_org_external_id"
_LIVE = Q(deleted_at__isnull=True)
_DELETED = Q(deleted_at__isnull=False)


class BillingAddressField(models.JSONField):
    """The column of an address: all six parts, or null."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        try:
            check_billing_address(value)
        except ValidationError as error:
            raise in_one_list(error) from None


@pghistory.track(
    pghistory.InsertEvent("created"),
    pghistory.UpdateEvent("changed"),
    exclude=["search_text"],
    obj_field=pghistory.ObjForeignKey(related_name="changes", related_query_name="change", db_index=False),
    context_field=pghistory.ContextJSONField(),
    context_id_field=None,
    model_name="CustomerChange",
    attrs={"pgh_id": models.BigAutoField(primary_key=True)},
    meta={
        "db_table": "customer_changes",
        "ordering": ("-pgh_id",),
        "indexes": [
            models.Index(fields=["organization", "pgh_obj", "pgh_id"], name="idx_customer_changes_customer")
        ],
    },
)
class Customer(models.Model):
    """A customer of an organization, known by the organization's own ID for it.

    The database itself guarantees what this class states (migration 0002): one live holder of an external ID in an
    organization, a set ID that never changes, no deletion of rows, no un-deletion, no move to another organization.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="customers", db_index=False
    )
    external_customer_id = ExternalCustomerIDField(
        "external customer ID",
        help_text="The customer's ID in your own system. It can be set once and never changes after that.",
    )
    name = models.CharField(
        max_length=256, null=True, blank=True, db_collation="C", validators=[check_characters]
    )
    email = models.EmailField(
        "e-mail address",
        max_length=254,
        null=True,
        blank=True,
        db_collation="C",
        validators=[check_characters],
    )
    billing_address = BillingAddressField(null=True, blank=True)
    tax_id = models.CharField("tax ID", max_length=64, null=True, blank=True, validators=[check_characters])
    metadata = MetadataField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_text = models.GeneratedField(
        expression=FoldCase(
            Concat(
                Coalesce(F("external_customer_id"), Value("")),
                Value(SEPARATOR),
                Coalesce(F("name"), Value("")),
                Value(SEPARATOR),
                Coalesce(F("email"), Value("")),
                output_field=TextField(),
            )
        ),
        output_field=TextField(db_collation="C"),
        db_persist=True,
    )

    objects: ClassVar[CustomerQuerySet] = CustomerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "customers"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "external_customer_id"),
                condition=Q(external_customer_id__isnull=False) & _LIVE,
                name=EXTERNAL_ID_INDEX,
            ),
            # What the composite foreign keys of other tables refer to.
            models.UniqueConstraint(fields=("organization", "id"), name="customers_organization_id_unique"),
            models.CheckConstraint(
                condition=~Q(external_customer_id=""), name="customers_external_customer_id_not_empty"
            ),
        )
        # Each list's ordering is a walk along one of these, in either direction.
        indexes = (
            models.Index("organization", "created_at", "id", name="idx_customers_created", condition=_LIVE),
            models.Index("organization", "name", "id", name="idx_customers_name", condition=_LIVE),
            models.Index("organization", "email", "id", name="idx_customers_email", condition=_LIVE),
            # The column is all nulls here, but PostgreSQL sorts by it unless the index has it.
            models.Index(
                "organization",
                "external_customer_id",
                "id",
                name="idx_customers_without_id",
                condition=_LIVE & Q(external_customer_id__isnull=True),
            ),
            models.Index(
                "organization",
                "created_at",
                "id",
                name="idx_customers_no_id_created",
                condition=_LIVE & Q(external_customer_id__isnull=True),
            ),
            models.Index(
                "organization", FoldCase("email"), name="idx_customers_email_folded", condition=_LIVE
            ),
            models.Index(
                "organization",
                NearForm(F("external_customer_id")),
                name="idx_customers_near_id",
                condition=_LIVE & Q(external_customer_id__isnull=False),
            ),
            # Every search reads what was inserted and isn't merged into the index yet, so that is kept short.
            GinIndex(
                SearchGrams(F("search_text")),
                name="idx_customers_grams",
                condition=_LIVE,
                gin_pending_list_limit=256,
            ),
            GinIndex(
                OpClass(F("metadata"), "jsonb_path_ops"),
                name="idx_customers_metadata",
                condition=_LIVE,
                gin_pending_list_limit=256,
            ),
            # Support finds the deleted too, and these are no burden to the living.
            models.Index("organization", "id", name="idx_customers_deleted", condition=_DELETED),
            models.Index(
                "organization", "created_at", "id", name="idx_customers_deleted_created", condition=_DELETED
            ),
            models.Index("organization", "name", "id", name="idx_customers_deleted_name", condition=_DELETED),
            models.Index(
                "organization", "email", "id", name="idx_customers_deleted_email", condition=_DELETED
            ),
            models.Index(
                "organization",
                "external_customer_id",
                "id",
                name="idx_customers_deleted_ext_id",
                condition=_DELETED,
            ),
            GinIndex(
                SearchGrams(F("search_text")),
                name="idx_customers_deleted_grams",
                condition=_DELETED,
            ),
        )

    def __str__(self) -> str:
        return self.external_customer_id or self.name or self.email or str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.remember_external_customer_id(kwargs.get("update_fields"))

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        names = None if fields is None else list(fields)
        super().refresh_from_db(using, names, from_queryset)
        self.remember_external_customer_id(names)

    @classmethod
    def from_db(cls, *row: Any, **options: Any) -> Self:
        customer = super().from_db(*row, **options)
        customer.remember_external_customer_id()
        return customer

    _stored_external_customer_id: str | None = None

    def remember_external_customer_id(self, among: Collection[str] | None = None) -> None:
        """For `clean`, after the row was read or written, or the fields `among` it were."""
        if among is None or "external_customer_id" in among:
            self._stored_external_customer_id = self.__dict__.get("external_customer_id")

    @property
    def has_stored_external_customer_id(self) -> bool:
        """Whether the row, as last read or written, has an external ID."""
        return self._stored_external_customer_id is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def clean(self) -> None:
        """Raises ExternalCustomerIDImmutable for another value than the one that was loaded."""
        super().clean()
        stored = self._stored_external_customer_id
        if stored is not None and self.external_customer_id != stored:
            raise ExternalCustomerIDImmutable(customer_id=self.id, external_customer_id=stored)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Nothing to look for: `id` is made and not chosen, and the rest are constraints."""

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raises ExternalCustomerIDTaken, naming the holder, when another live customer has this one's ID.

        One look-up that says who it is, in place of Django's, which only says that there is somebody. It looks only
        when the ID is well formed, and new here, since a stored one is unique already. That a form leaves out the
        organization is no reason not to look.
        """
        own_id = self.external_customer_id
        if own_id is None or self.is_deleted or own_id == self._stored_external_customer_id:
            return
        if "external_customer_id" in (exclude or ()):
            return
        holder = holder_of.get(self.organization_id, own_id)
        if holder is not None and holder.id != self.id:
            raise ExternalCustomerIDTaken(customer_id=holder.id, external_customer_id=own_id)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ValidationError(
            "A customer's row is never removed; customers.services.delete_customer marks it as deleted.",
            code="no_hard_delete",
        )


holder_of = PreparedLookup(
    lambda organization, own_id: Customer.objects.for_organization(organization).holding(own_id),
    uuid.UUID(int=1),
    "an external customer ID",
)


class SavedView(models.Model):
    """A list of customers that a person comes back to. Theirs alone, and gone with their membership.

    The database guarantees by a composite foreign key (migration 0004) that the person belongs to the organization.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=64, validators=[check_characters])
    query = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(4096)],
        help_text="What stands behind the question mark in the list's address.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SavedViewQuerySet] = SavedViewQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "customer_saved_views"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "user", "name"),
                name="customer_saved_views_name_unique",
                violation_error_message="You have a view of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name
