"""The names that organizations have given to events, for support to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import ReadAdmin
from metrics.models import EventName
from organizations.models import Organization
from organizations.support_filters import OrganizationFilter


@admin.register(EventName)
class EventNameAdmin(ReadAdmin):
    list_display = ("name_", "organization_", "created_at")
    list_filter = (OrganizationFilter,)
    filter_parameters = frozenset({"organization"})
    search_help_text = "How the name begins, in its letter case"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name_", "organization")}),
            ("Facts", {"fields": ("internal_id", "created_at")}),
        )

    def meant(self, text: str) -> QuerySet[Any]:
        everywhere = Organization.objects.values("id")
        return EventName.objects.filter(organization__in=everywhere, name__startswith=text).values("id")

    @admin.display(description="name")
    def name_(self, name: EventName) -> SafeString:
        return format_html("<bdi>{}</bdi>", name.name)
