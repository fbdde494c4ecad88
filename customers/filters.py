"""What a list of customers can be narrowed by: the one FilterSet, for the API and for pages."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from structlog.contextvars import bind_contextvars

from api.filters import DaysFilter, ListFilter, TimeField, TrueOrFalseField, WordField, filter_of
from api.metadata import MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH
from customers.external_ids import check_external_customer_id
from customers.log_names import names_of_ids
from customers.querysets import CustomerQuerySet, Search

MAX_IDS = 100
METADATA_PARAMETER = re.compile(r"metadata\[(?s:(.+))\]")


class ExternalCustomerIDsField(forms.Field):
    """Every value that was sent, each a well-formed external customer ID. The request's log line names them."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        values = value or []
        if len(values) > MAX_IDS:
            raise ValidationError(
                f"At most {MAX_IDS} external customer IDs fit one request.", code="too_many"
            )
        own_ids = [check_external_customer_id(own_id) for own_id in values]
        bind_contextvars(**names_of_ids(own_ids))
        return own_ids


class SearchField(WordField):
    """A fragment that is searched for."""

    def clean(self, value: Any) -> Search | None:
        fragment = super().clean(value)
        return Search.of(fragment) if fragment else None


class MetadataPairsField(forms.Field):
    """The pairs of every `metadata[key]=value`, picked from the whole query by `MetadataWidget`."""

    def clean(self, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MAX_KEYS:
            raise ValidationError(f"Metadata has at most {MAX_KEYS} keys.", code="too_many")
        for name, text in value.items():
            if len(name) > MAX_KEY_LENGTH or len(text) > MAX_TEXT_LENGTH:
                raise ValidationError("No metadata is this long.", code="too_long")
        return value


class MetadataWidget(forms.HiddenInput):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        matches = ((METADATA_PARAMETER.fullmatch(parameter), parameter) for parameter in data)
        return {match[1]: data[parameter] for match, parameter in matches if match}


class CustomerFilter(ListFilter):
    """What the API's list of customers can be narrowed by."""

    external_customer_id = filter_of(ExternalCustomerIDsField, method="narrow_external_customer_id")
    email = filter_of(WordField, method="narrow_email", max_length=254)
    has_external_customer_id = filter_of(TrueOrFalseField, method="narrow_has_external_customer_id")
    created_after = filter_of(TimeField, field_name="created_at", lookup_expr="gte")
    created_before = filter_of(TimeField, field_name="created_at", lookup_expr="lt")
    search = filter_of(SearchField, method="narrow_search", max_length=256)
    metadata = filter_of(MetadataPairsField, method="narrow_metadata", widget=MetadataWidget)

    @classmethod
    def is_sent(cls, name: str, data: QueryDict) -> bool:
        return name in data or (name == "metadata" and any(map(METADATA_PARAMETER.fullmatch, data)))

    def narrow_external_customer_id(
        self, queryset: CustomerQuerySet, name: str, value: list[str]
    ) -> CustomerQuerySet:
        return queryset.filter(external_customer_id__in=value)

    def narrow_email(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.with_email(value)

    def narrow_has_external_customer_id(
        self, queryset: CustomerQuerySet, name: str, value: bool
    ) -> CustomerQuerySet:
        return queryset.filter(external_customer_id__isnull=not value)

    def narrow_search(self, queryset: CustomerQuerySet, name: str, value: Search) -> CustomerQuerySet:
        return queryset.found_by(value)

    def narrow_metadata(
        self, queryset: CustomerQuerySet, name: str, value: dict[str, str]
    ) -> CustomerQuerySet:
        for key, text in value.items():
            queryset = queryset.with_metadata(key, text)
        return queryset


class CustomerListFilter(DaysFilter, CustomerFilter):
    """What the dashboard's list has beside it: whole days, and for owners the deleted in place of the live."""

    deleted = filter_of(TrueOrFalseField, method="narrow_deleted")

    def filter_queryset(self, queryset: CustomerQuerySet) -> CustomerQuerySet:
        narrowed: CustomerQuerySet = super().filter_queryset(queryset)
        return narrowed if self.form.cleaned_data.get("deleted") else narrowed.live()

    def narrow_deleted(self, queryset: CustomerQuerySet, name: str, value: bool) -> CustomerQuerySet:
        return queryset.deleted() if value else queryset


ORDERINGS = ("created_at", "name", "email", "external_customer_id")
PARAMETERS = (*(name for name in CustomerFilter.base_filters if name != "metadata"), "metadata[]")
LIST_PARAMETERS = (*PARAMETERS, "created_from", "created_to", "deleted")
REPEATABLE = ("external_customer_id",)
