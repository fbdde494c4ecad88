"""Events, for support to read, with what happened to each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import NOTHING, NOTHING_YET, ReadAdmin, customer_link, external_id
from customers.models import Customer
from metrics.admin.finding import events_meant
from metrics.explanation.of_events import explain_event
from metrics.models import Event
from organizations.support_filters import OrganizationFilter


@admin.register(Event)
class EventAdmin(ReadAdmin):
    """The list is in the order of arrival, the primary key's; an organization's alone in that of its own index."""

    list_display = ("name_", "whose", "own_event_id", "organization_", "timestamp")
    list_select_related = ("organization", "name", "customer", "unmatched__customer")
    list_filter = (OrganizationFilter,)
    filter_parameters = frozenset({"organization"})
    search_help_text = (
        "The event's own ID, or its customer's external ID or e-mail address, whole; or an ID of ours: the event's or "
        "its customer's. Of a customer the latest are found"
    )
    change_form_template = "admin/metrics/event_change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name_", "own_event_id", "customer_", "own_id", "organization")}),
            ("Metadata", {"fields": ("shown_metadata",)}),
            ("Facts", {"fields": ("internal_id", "timestamp", "received_at")}),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-timestamp", "-id") if request.GET.get("organization") else ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        unread = ("search_text", "metadata")
        rows = super().get_queryset(request)
        return rows.defer(
            *(f"{way}__{name}" for way in ("customer", "unmatched__customer") for name in unread)
        )

    def meant(self, text: str) -> QuerySet[Any]:
        return Event.objects.filter(id__in=events_meant(text)).values("id")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        event: Event | None = options.get("obj")
        if event is not None:
            context["explained"] = explain_event(event.organization, event)
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="name")
    def name_(self, event: Event) -> SafeString:
        return format_html("<bdi>{}</bdi>", event.name.name)

    @admin.display(description="event's own ID")
    def own_event_id(self, event: Event) -> SafeString:
        return format_html("<bdi>{}</bdi>", event.external_id or NOTHING)

    @admin.display(description="whose")
    def whose(self, event: Event) -> SafeString:
        owner = _owner(event)
        if owner is not None:
            return customer_link(owner)
        return format_html("{} ({})", external_id(event.external_customer_id), NOTHING_YET)

    @admin.display(description="customer")
    def customer_(self, event: Event) -> SafeString:
        owner = _owner(event)
        return NOTHING_YET if owner is None else customer_link(owner)


def _owner(event: Event) -> Customer | None:
    """Also while it is still to be bound to them."""
    return event.customer or (event.unmatched.customer if event.unmatched else None)
