"""External customer IDs that events wait under, or waited, for support to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from checkout.admin.base import NOTHING, ReadAdmin, external_id
from metrics.admin.finding import unmatched_meant
from metrics.models import EventName, UnmatchedID
from metrics.services.near_ids import customers_near
from organizations.support_filters import ChoiceFilter, OrganizationFilter


class WaitingFilter(ChoiceFilter):
    title = "whose"
    parameter_name = "waiting"
    words = (("true", "Nobody’s yet"), ("false", "A customer’s"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.filter(customer__isnull=word == "true")


@admin.register(UnmatchedID)
class UnmatchedIDAdmin(ReadAdmin):
    list_display = ("own_id", "count", "customer_", "organization_", "last_seen")
    list_select_related = ("organization", "customer")
    list_filter = (OrganizationFilter, WaitingFilter)
    filter_parameters = frozenset({"organization", "waiting"})
    search_help_text = "The external ID, whole, while events wait under it; or an ID of ours"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("own_id", "count", "names_", "customer_", "organization", "near")}),
            (
                "Facts",
                {"fields": ("internal_id", "first_seen", "last_seen", "claimed_at", "bound_at", "events")},
            ),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("customer__search_text", "customer__metadata")

    def meant(self, text: str) -> QuerySet[Any]:
        return UnmatchedID.objects.filter(id__in=unmatched_meant(text)).values("id")

    @admin.display(description="names of the events")
    def names_(self, unmatched: UnmatchedID) -> SafeString:
        names = EventName.objects.filter(organization=unmatched.organization_id, id__in=unmatched.names)
        return format_html_join(", ", "<bdi>{}</bdi>", ((name.name,) for name in names)) or SafeString(
            NOTHING
        )

    @admin.display(description="nearly the same ID")
    def near(self, unmatched: UnmatchedID) -> SafeString:
        if unmatched.customer_id is not None:
            return SafeString(NOTHING)
        found = customers_near(unmatched.organization, unmatched.external_customer_id)
        links = (
            (
                reverse("admin:customers_customer_change", args=[match.customer_id]),
                match.external_customer_id,
                match.in_words,
            )
            for match in found
        )
        return format_html_join(", ", '<a href="{}"><bdi>{}</bdi></a> ({})', links) or SafeString(NOTHING)

    @admin.display(description="events")
    def events(self, unmatched: UnmatchedID) -> SafeString:
        address = reverse("admin:metrics_event_changelist")
        return format_html('<a href="{}?q={}">The latest of them</a>', address, unmatched.id)

    @admin.display(description="external customer ID")
    def own_id(self, unmatched: UnmatchedID) -> SafeString:
        return external_id(unmatched.external_customer_id)
