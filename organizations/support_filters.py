"""What lists of the administration are narrowed by."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property

from organizations.ids import id_at, parse_id
from organizations.models import Organization

SUGGESTIONS = 100


class OrganizationFilter(admin.SimpleListFilter):
    """By organization: its slug or its ID is typed, with suggestions, since there may be any number of them."""

    title = "organization"
    parameter_name = "organization"
    template = "admin/support/organization_filter.html"

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        if self.organization is None:
            return queryset.none()
        return queryset.filter(organization=self.organization)

    @cached_property
    def organization(self) -> Organization | None:
        named = str(self.value() or "").strip()
        identity = parse_id(named)
        return Organization.objects.filter(**({"id": identity} if identity else {"slug": named})).first()

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """All that the template needs, which shows a box to type in where other filters have their choices."""
        others = changelist.get_filters_params()
        yield {
            "value": self.value() or "",
            "is_unknown": bool(self.value()) and self.organization is None,
            "suggestions": Organization.objects.order_by("name", "id")[:SUGGESTIONS],
            "others": [
                (name, value)
                for name, values in {**others, "q": [changelist.query] if changelist.query else []}.items()
                if name != self.parameter_name
                for value in values
            ],
            "without": changelist.get_query_string(remove=[self.parameter_name]),
        }


class CreatedFilter(admin.DateFieldListFilter):
    """By when a row was made, along the primary key: IDs are in the order of making."""

    slack = datetime.timedelta(hours=1)  # a row's ID and its time aren't made at the very same moment

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().queryset(request, queryset)  # type: ignore[assignment]  # never None
        since, before = (self._moment(name) for name in (self.lookup_kwarg_since, self.lookup_kwarg_until))
        if since is not None:
            found = found.filter(id__gte=id_at(since - self.slack, 0))
        if before is not None:
            found = found.filter(id__lt=id_at(before + self.slack, 0))
        return found

    def _moment(self, parameter: str) -> datetime.datetime | None:
        """What the parameter says, when an ID can say it too."""
        values: Any = self.used_parameters.get(parameter) or [""]
        try:
            moment = parse_datetime(str(values[-1]))
        except ValueError:
            return None
        if moment is None or not 1970 < moment.year < 9999:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


class ChoiceFilter(admin.SimpleListFilter):
    """By one of a few words. A word that isn't among them narrows nothing."""

    words: tuple[tuple[str, str], ...]

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, str], ...]:
        return self.words

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value not in dict(self.words) else self.narrow(queryset, str(value))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        raise NotImplementedError
