"""What lists of events and meters can be narrowed by: one FilterSet each, for the API and for pages."""

from __future__ import annotations

import uuid

from django import forms
from structlog.contextvars import bind_contextvars

from api.filters import IDField, ListFilter, TimeField, TrueOrFalseField, WordField, filter_of
from checkout.filters import CreatedFilter
from customers.external_ids import check_external_customer_id
from customers.log_names import names_of_ids
from metrics.event_rules import MAX_NAME_LENGTH
from metrics.querysets import EventQuerySet, MeterQuerySet
from metrics.services.subjects import Subjects, of_customer, of_external_ids


class ExternalCustomerIDField(forms.Field):
    """One well-formed external customer ID."""

    def clean(self, value: str | None) -> str | None:
        return None if value is None else check_external_customer_id(value)


class EventFilter(ListFilter):
    """What lists of events can be narrowed by."""

    external_customer_id = filter_of(ExternalCustomerIDField, method="narrow_external_customer_id")
    customer_id = filter_of(IDField, method="narrow_customer_id")
    name = filter_of(WordField, method="narrow_name", max_length=MAX_NAME_LENGTH)
    start = filter_of(TimeField, field_name="timestamp", lookup_expr="gte")
    end = filter_of(TimeField, field_name="timestamp", lookup_expr="lt")
    unmatched = filter_of(TrueOrFalseField, method="narrow_unmatched")

    def narrow_external_customer_id(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        bind_contextvars(**names_of_ids([value]))
        return self._of(queryset, of_external_ids(self.organization, [value]))

    def narrow_customer_id(self, queryset: EventQuerySet, name: str, value: uuid.UUID) -> EventQuerySet:
        bind_contextvars(customer_id=str(value))
        return self._of(queryset, of_customer(self.organization, value))

    def _of(self, queryset: EventQuerySet, subjects: Subjects) -> EventQuerySet:
        return queryset.of(customers=subjects.customers, unmatched=subjects.unmatched)

    def narrow_name(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return queryset.named(self.organization, value)

    def narrow_unmatched(self, queryset: EventQuerySet, name: str, value: bool) -> EventQuerySet:
        return queryset.unmatched() if value else queryset.matched()


class MeterFilter(CreatedFilter):
    """What lists of meters can be narrowed by."""

    archived = filter_of(TrueOrFalseField, method="narrow_archived")

    def narrow_archived(self, queryset: MeterQuerySet, name: str, value: bool) -> MeterQuerySet:
        return queryset.archived(value)


PARAMETERS = tuple(EventFilter.base_filters)
