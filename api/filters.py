"""What lists are narrowed by: the kinds of values in a query, and the base of every list's FilterSet."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Hashable, Iterable
from typing import Any, ClassVar, Self

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters.constants import EMPTY_VALUES
from rest_framework import exceptions
from rest_framework.fields import get_error_detail

from api.shaped import Source, joined, parted
from api.times import parse_time
from organizations.ids import parse_id
from organizations.models import Organization


class WordField(forms.CharField):
    """A text as it was sent: white space is a wrong value, not none, which would narrow nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)


class TimeField(WordField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return parse_time(text) if text else None


class DayField(forms.DateField):
    """A day of the calendar in UTC, such as 2026-01-31."""

    input_formats = ["%Y-%m-%d"]
    default_error_messages = {"invalid": "This must be a day, such as 2026-01-31."}


class TrueOrFalseField(WordField):
    def clean(self, value: Any) -> bool | None:
        text = super().clean(value)
        if not text:
            return None
        if text not in ("true", "false"):
            raise ValidationError("This is true or false.", code="invalid")
        return bool(text == "true")


class IDField(WordField):
    """One of our IDs. That nobody has it is no error: it finds nothing."""

    def clean(self, value: Any) -> uuid.UUID | None:
        text = super().clean(value)
        if not text:
            return None
        identity = parse_id(text)
        if identity is None:
            raise ValidationError("This must be an ID of ours, a UUID.", code="invalid")
        return identity


class OneOfField(WordField):
    """One of the words `choices`."""

    def __init__(self, *, choices: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)

    def clean(self, value: Any) -> str | None:
        text: str = super().clean(value)
        if text and text not in self.choices:
            raise ValidationError(f"Must be one of {', '.join(self.choices)}.", code="invalid_choice")
        return text or None


def filter_of(field: type[forms.Field], **options: Any) -> django_filters.Filter:
    """A filter whose value is read by `field`."""
    made = type(f"{field.__name__}Filter", (django_filters.Filter,), {"field_class": field})
    return made(**options)


class ListFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Reads query parameters, which narrow rows of `organization`; `errors` has what is wrong with them, by name."""

    class Meta:
        fields: tuple[str, ...] = ()

    _forms: ClassVar[dict[tuple[type, tuple[str, ...]], type[forms.Form]]] = {}

    def __init__(self, data: QueryDict, queryset: Source[Any], organization: Organization) -> None:
        self.organization = organization
        # FilterSet copies its filters, and makes a form of them, for each request; so take those that were sent.
        sent = {name: made for name, made in type(self).base_filters.items() if self.is_sent(name, data)}
        self.__dict__.update(base_filters=sent)
        super().__init__(data, queryset)

    @classmethod
    def is_sent(cls, name: str, data: QueryDict) -> bool:
        """Whether the query has anything for this filter."""
        return name in data

    def get_form_class(self) -> type[forms.Form]:
        """The form of the parameters that were sent, made once for each set of them."""
        sent = (type(self), tuple(self.filters))
        if sent not in self._forms:
            self._forms[sent] = super().get_form_class()
        return self._forms[sent]

    def narrowed(self) -> Source[Any]:
        """The rows: by their shape, if that is how they came and each filter narrows them by its value alone."""
        values = {name: self.form.cleaned_data[name] for name in self.filters}
        rows: Source[Any] = self.queryset
        if isinstance(rows, QuerySet) or any(isinstance(value, dict) for value in values.values()):
            narrowed: QuerySet[Any] = self.qs
            return narrowed
        for name, value in values.items():
            if value in EMPTY_VALUES:
                continue
            shape, arguments = parted(value)
            rows = rows.refined((name, shape), arguments, _by(self.filters[name], shape))
        return rows

    def checked(self) -> Self:
        """Itself. Raises the API's ValidationError, by parameter."""
        if not self.is_valid():
            raise exceptions.ValidationError(
                {
                    name: get_error_detail(ValidationError(problems.as_data()))
                    for name, problems in self.errors.items()
                }
            )
        return self


def _by(made: django_filters.Filter, shape: Hashable) -> Callable[..., QuerySet[Any]]:
    return lambda queryset, *arguments: made.filter(queryset, joined(shape, arguments))


class DaysFilter(ListFilter):
    """What lists for people have in place of moments: whole days."""

    created_from = filter_of(DayField, method="narrow_created_from")
    created_to = filter_of(DayField, method="narrow_created_to")

    def narrow_created_from(self, queryset: QuerySet[Any], name: str, value: datetime.date) -> QuerySet[Any]:
        start = datetime.datetime.combine(value, datetime.time.min, datetime.UTC)
        return queryset.filter(created_at__gte=start)

    def narrow_created_to(self, queryset: QuerySet[Any], name: str, value: datetime.date) -> QuerySet[Any]:
        # The last moment that the database tells apart: the next day may be beyond the calendar.
        end = datetime.datetime.combine(value, datetime.time.max, datetime.UTC)
        return queryset.filter(created_at__lte=end)
