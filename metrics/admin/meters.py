"""Meters, for support to read: what each counts, in words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import ReadAdmin
from metrics.meter_words import definition_of
from metrics.models import Meter
from metrics.querysets import MeterQuerySet
from organizations.ids import parse_id
from organizations.models import Organization
from organizations.support_filters import ChoiceFilter, CreatedFilter, OrganizationFilter


class ArchivedFilter(ChoiceFilter):
    title = "archived"
    parameter_name = "archived"
    words = (("false", "In use"), ("true", "Archived"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.archived(word == "true") if isinstance(queryset, MeterQuerySet) else queryset


@admin.register(Meter)
class MeterAdmin(ReadAdmin):
    list_display = ("name_", "counts", "organization_", "created_at")
    list_filter = (OrganizationFilter, ArchivedFilter, ("created_at", CreatedFilter))
    filter_parameters = frozenset({"organization", "archived", "created_at__gte", "created_at__lt"})
    search_help_text = "How the name begins, in its letter case; or our own ID, whole"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name_", "counts", "organization")}),
            ("Facts", {"fields": ("internal_id", "created_at", "modified_at", "archived_at")}),
        )

    def meant(self, text: str) -> QuerySet[Any]:
        everywhere = Organization.objects.values("id")
        named = Meter.objects.filter(organization__in=everywhere, name__startswith=text).values("id")
        identity = parse_id(text)
        if identity is None:
            return named
        return named.order_by().union(Meter.objects.filter(id=identity).order_by().values("id"), all=True)

    @admin.display(description="name")
    def name_(self, meter: Meter) -> SafeString:
        name = format_html("<bdi>{}</bdi>", meter.name)
        if not meter.is_archived:
            return name
        return format_html('{} <span class="deleted-mark">Archived</span>', name)

    @admin.display(description="what it counts")
    def counts(self, meter: Meter) -> SafeString:
        return render_to_string("metrics/_definition.html", {"definition": definition_of(meter)})
