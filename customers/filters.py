"""What a list of customers can be narrowed by: the one FilterSet, for the API and for pages."""

from __future__ import annotations

import datetime
import re
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from api.metadata import MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH
from api.times import parse_time
from customers.external_ids import check_external_customer_id
from customers.models import Customer
from customers.querysets import CustomerQuerySet

MAX_IDS = 100
METADATA_PARAMETER = re.compile(r"metadata\[(?s:(.+))\]")


class ExternalCustomerIDsField(forms.Field):
    """Every value that was sent, each a well-formed external customer ID."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        values = value or []
        if len(values) > MAX_IDS:
            raise ValidationError(
                f"At most {MAX_IDS} external customer IDs fit one request.", code="too_many"
            )
        return [check_external_customer_id(own_id) for own_id in values]


class TimeField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return parse_time(text) if text else None


class DayField(forms.DateField):
    """A day of the calendar in UTC, such as 2026-01-31."""

    input_formats = ["%Y-%m-%d"]
    default_error_messages = {"invalid": "This must be a day, such as 2026-01-31."}


class TrueOrFalseField(forms.CharField):
    def clean(self, value: Any) -> bool | None:
        text = super().clean(value)
        if not text:
            return None
        if text not in ("true", "false"):
            raise ValidationError("This is true or false.", code="invalid")
        return bool(text == "true")


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


def _filter(field: type[forms.Field], **options: Any) -> django_filters.Filter:
    made = type(f"{field.__name__}Filter", (django_filters.Filter,), {"field_class": field})
    return made(**options)


def _is_sent(name: str, data: QueryDict) -> bool:
    return name in data or (name == "metadata" and any(map(METADATA_PARAMETER.fullmatch, data)))


class CustomerFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Reads query parameters; `errors` has what is wrong with them, by name."""

    external_customer_id = _filter(ExternalCustomerIDsField, method="narrow_external_customer_id")
    email = _filter(forms.CharField, method="narrow_email", strip=False, max_length=254)
    has_external_customer_id = _filter(TrueOrFalseField, method="narrow_has_external_customer_id")
    created_after = _filter(TimeField, field_name="created_at", lookup_expr="gte")
    created_before = _filter(TimeField, field_name="created_at", lookup_expr="lt")
    search = _filter(forms.CharField, method="narrow_search", strip=False, max_length=256)
    metadata = _filter(MetadataPairsField, method="narrow_metadata", widget=MetadataWidget)

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ()

    _forms: ClassVar[dict[tuple[type, tuple[str, ...]], type[forms.Form]]] = {}

    def __init__(self, data: QueryDict, queryset: QuerySet[Customer]) -> None:
        # FilterSet copies its filters, and makes a form of them, for each request; so take those that were sent.
        sent = {name: made for name, made in type(self).base_filters.items() if _is_sent(name, data)}
        self.__dict__.update(base_filters=sent)
        super().__init__(data, queryset)

    def get_form_class(self) -> type[forms.Form]:
        """The form of the parameters that were sent, made once for each set of them."""
        sent = (type(self), tuple(self.filters))
        if sent not in self._forms:
            self._forms[sent] = super().get_form_class()
        return self._forms[sent]

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

    def narrow_search(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.search(value)

    def narrow_metadata(
        self, queryset: CustomerQuerySet, name: str, value: dict[str, str]
    ) -> CustomerQuerySet:
        for key, text in value.items():
            queryset = queryset.with_metadata(key, text)
        return queryset


class CustomerListFilter(CustomerFilter):
    """What the dashboard's list has beside it: whole days, and for owners the deleted in place of the live."""

    created_from = _filter(DayField, method="narrow_created_from")
    created_to = _filter(DayField, method="narrow_created_to")
    deleted = _filter(TrueOrFalseField, method="narrow_deleted")

    def filter_queryset(self, queryset: CustomerQuerySet) -> CustomerQuerySet:
        narrowed: CustomerQuerySet = super().filter_queryset(queryset)
        return narrowed if self.form.cleaned_data.get("deleted") else narrowed.live()

    def narrow_created_from(
        self, queryset: CustomerQuerySet, name: str, value: datetime.date
    ) -> CustomerQuerySet:
        start = datetime.datetime.combine(value, datetime.time.min, datetime.UTC)
        return queryset.filter(created_at__gte=start)

    def narrow_created_to(
        self, queryset: CustomerQuerySet, name: str, value: datetime.date
    ) -> CustomerQuerySet:
        # The last moment that the database tells apart: the next day may be beyond the calendar.
        end = datetime.datetime.combine(value, datetime.time.max, datetime.UTC)
        return queryset.filter(created_at__lte=end)

    def narrow_deleted(self, queryset: CustomerQuerySet, name: str, value: bool) -> CustomerQuerySet:
        return queryset.deleted() if value else queryset


ORDERINGS = ("created_at", "name", "email", "external_customer_id")
PARAMETERS = (*(name for name in CustomerFilter.base_filters if name != "metadata"), "metadata[]")
LIST_PARAMETERS = (*PARAMETERS, "created_from", "created_to", "deleted")
REPEATABLE = ("external_customer_id",)
