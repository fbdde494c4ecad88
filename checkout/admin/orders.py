"""What was bought, for support to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import NOTHING, ReadAdmin, items_of
from checkout.admin.finding import orders_meant
from checkout.log_names import Names, names_of_order
from checkout.models import Order
from organizations.support_filters import CreatedFilter, OrganizationFilter


@admin.register(Order)
class OrderAdmin(ReadAdmin):
    list_display = ("number_", "whose", "total", "organization_", "created_at")
    list_select_related = ("organization", "customer")
    list_filter = (OrganizationFilter, ("created_at", CreatedFilter))
    filter_parameters = frozenset({"organization", "created_at__gte", "created_at__lt"})
    search_help_text = (
        "Number, or the customer's external ID or e-mail address, whole; or an ID of ours: the order's, its "
        "session's or its customer's"
    )
    change_form_template = "admin/checkout/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("number_", "total", "customer_", "own_id", "email_", "organization")}),
            ("Metadata", {"fields": ("shown_metadata",)}),
            ("Facts", {"fields": ("internal_id", "session", "created_at")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("customer__search_text", "customer__metadata")

    def names(self, obj: Any) -> Names:
        return names_of_order(obj)

    def meant(self, text: str) -> QuerySet[Any]:
        return orders_meant(text)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        order: Order | None = options.get("obj")
        if order is not None:
            context["items"] = items_of(order.checkout_session)
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="number")
    def number_(self, order: Order) -> str:
        return str(order)

    @admin.display(description="e-mail address")
    def email_(self, order: Order) -> SafeString:
        return format_html("<bdi>{}</bdi>", order.email or NOTHING)

    @admin.display(description="checkout session")
    def session(self, order: Order) -> SafeString:
        session_id = order.checkout_session_id
        address = reverse("admin:checkout_checkoutsession_change", args=[session_id])
        return format_html('<a href="{}">{}</a>', address, session_id)
