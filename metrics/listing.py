"""The dashboard's lists of events and of the IDs that events wait under, as an address asks for them."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from api.filters import DayField, ListFilter, filter_of
from api.listing import Listing
from customers.external_ids import MAX_LENGTH
from metrics.filters import PARAMETERS, EventFilter
from metrics.models import Event, UnmatchedID
from metrics.querysets import EventQuerySet, UnmatchedIDQuerySet


class EventListFilter(EventFilter):
    """With whole days, for people."""

    happened_from = filter_of(DayField, method="narrow_happened_from")
    happened_to = filter_of(DayField, method="narrow_happened_to")

    def narrow_happened_from(self, queryset: EventQuerySet, name: str, value: datetime.date) -> Any:
        start = datetime.datetime.combine(value, datetime.time.min, datetime.UTC)
        return queryset.filter(timestamp__gte=start)

    def narrow_happened_to(self, queryset: EventQuerySet, name: str, value: datetime.date) -> Any:
        # The last moment that the database tells apart: the next day may be beyond the calendar.
        end = datetime.datetime.combine(value, datetime.time.max, datetime.UTC)
        return queryset.filter(timestamp__lte=end)


class EventListing(Listing[Event]):
    filters = EventListFilter
    parameters = (*PARAMETERS, "happened_from", "happened_to")
    orderings = ("timestamp",)
    default_ordering = "-timestamp"
    labels = {
        "name": "Name",
        "customer_id": "Internal ID",
        "start": "Happened since",
        "end": "Happened before",
        "happened_from": "Happened from",
        "happened_to": "Happened until",
        "unmatched": "Whose",
    }
    words = {("unmatched", "true"): "Nobody’s yet", ("unmatched", "false"): "A customer’s"}
    has_place = ("external_customer_id",)

    def everything(self) -> QuerySet[Event]:
        return Event.objects.for_organization(self.membership.organization)

    def for_page(self, queryset: QuerySet[Event]) -> QuerySet[Event]:
        assert isinstance(queryset, EventQuerySet)
        return queryset.for_list()


class UnmatchedIDFilter(ListFilter):
    search = filter_of(forms.CharField, method="narrow_search", strip=False, max_length=MAX_LENGTH)

    def narrow_search(self, queryset: UnmatchedIDQuerySet, name: str, value: str) -> Any:
        return queryset.filter(external_customer_id__startswith=value)


class UnmatchedListing(Listing[UnmatchedID]):
    filters = UnmatchedIDFilter
    parameters = ("search",)
    orderings = ("last_seen", "count", "external_customer_id")
    default_ordering = "-last_seen"
    labels = {}

    def everything(self) -> QuerySet[UnmatchedID]:
        return UnmatchedID.objects.for_organization(self.membership.organization).open()

    def for_page(self, queryset: QuerySet[UnmatchedID]) -> QuerySet[UnmatchedID]:
        assert isinstance(queryset, UnmatchedIDQuerySet)
        return queryset.for_list()
