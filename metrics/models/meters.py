"""Meters: rules that count events."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.metadata import MetadataField
from api.text import check_characters
from metrics import event_rules
from metrics.meter_rules import (
    MAX_NAME_LENGTH,
    MAX_PROPERTY_LENGTH,
    Function,
    check_aggregation,
)
from metrics.querysets import MeterQuerySet
from organizations.fields import OrganizationForeignKey
from organizations.ids import new_id
from organizations.models import Organization

_OF_A_PROPERTY = tuple(function for function in Function if function != Function.COUNT)


class Meter(models.Model):
    """What is made of which events. It holds no numbers: quantities are read from the events, so they are exact from
    the first event on, also of a meter that was defined after it.

    What it counts never changes, which the database guarantees (migration 0005): figures that somebody has read would
    become others. Its name may change, and it can be archived. Names may repeat, as those of products.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = OrganizationForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH, db_collation="C", validators=[check_characters])
    function = models.CharField(max_length=16, choices=Function.choices)
    property_name = models.CharField(
        "property",
        max_length=MAX_PROPERTY_LENGTH,
        null=True,
        blank=True,
        db_collation="C",
        validators=[check_characters],
        help_text="The key of the events' metadata; null for a count.",
    )
    event_name = models.CharField(
        max_length=event_rules.MAX_NAME_LENGTH,
        null=True,
        blank=True,
        db_collation="C",
        help_text="The name of the events that it counts; null for events of any name.",
    )
    event_metadata = MetadataField(help_text="What the metadata of the events that it counts says.")
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[MeterQuerySet] = MeterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "meters"
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(function="count", property_name__isnull=True)
                | Q(function__in=_OF_A_PROPERTY, property_name__isnull=False),
                name="meters_aggregation",
            ),
        )
        indexes = (
            models.Index("organization", "created_at", "id", name="idx_meters_created"),
            models.Index("organization", "name", "id", name="idx_meters_name"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        problems = {}
        if self.function in Function.values:
            try:
                check_aggregation(self.function, self.property_name)
            except ValidationError as error:
                problems["property_name"] = error
        if self.event_name is not None:
            try:
                event_rules.check_event_name(self.event_name)
            except ValidationError as error:
                problems["event_name"] = error
        if problems:
            raise ValidationError(problems)

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None
