"""Checkout sessions, for support to read, and to expire."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import NOTHING, ReadAdmin, as_json, items_of
from checkout.admin.finding import sessions_meant
from checkout.log_names import Names, names_of_session
from checkout.models import CheckoutSession, Order, PaymentAttempt
from checkout.querysets import CheckoutSessionQuerySet
from checkout.services.moves import expire_session
from organizations.confirmations import Confirmation
from organizations.support_filters import ChoiceFilter, CreatedFilter, OrganizationFilter

ATTEMPTS_ON_THE_PAGE = 50


class StatusFilter(ChoiceFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(CheckoutSession.Status.choices)

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.with_status(word) if isinstance(queryset, CheckoutSessionQuerySet) else queryset


class Expiry(Confirmation):
    """Ends open sessions before their time, as the API does."""

    name = "expiry"
    action = "Expire…"
    title = "Expire checkout sessions"
    explanation = (
        "Nobody can pay them any more; who opens the page is told so. An expired session stays expired, and the "
        "organization can make a new one."
    )
    submit = "Expire"

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        return bool(obj.status == CheckoutSession.Status.OPEN)

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> None:
        expire_session(session=obj)
        self.model_admin.log_change(request, obj, "Expired.")

    def done(self, count: int) -> str:
        return "The checkout session is expired." if count == 1 else f"{count} checkout sessions are expired."


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(ReadAdmin):
    """A session's page has what it sells and every attempt to pay it. The secret of its hosted page isn't shown: it is
    between the organization and the buyer."""

    list_display = ("created_at", "status_", "whose", "total", "organization_")
    list_select_related = ("organization", "customer")
    list_filter = (OrganizationFilter, StatusFilter, ("created_at", CreatedFilter))
    filter_parameters = frozenset({"organization", "status", "created_at__gte", "created_at__lt"})
    search_help_text = (
        "The customer's external ID or e-mail address, the page's address or the processor's reference, whole; or an "
        "ID of ours: the session's, its order's or its customer's"
    )
    change_form_template = "admin/checkout/change_form.html"
    confirmations: ClassVar = (Expiry,)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        buyer = ("customer_", "own_id", "email_", "name_")
        return (
            (None, {"fields": ("status_", "total", "order", "organization")}),
            ("Customer", {"fields": buyer}),
            ("Metadata", {"fields": ("shown_metadata", "shown_customer_metadata")}),
            ("Ways back", {"fields": ("success_url_", "cancel_url_")}),
            (
                "Facts",
                {"fields": ("internal_id", "created_at", "modified_at", "expires_at", "completed_at")},
            ),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("customer__search_text", "customer__metadata")

    def names(self, obj: Any) -> Names:
        return names_of_session(obj)

    def meant(self, text: str) -> QuerySet[Any]:
        return sessions_meant(text)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        session: CheckoutSession | None = options.get("obj")
        if session is not None:
            attempts = list(
                PaymentAttempt.objects.filter(
                    organization=session.organization_id, session=session.id
                ).order_by("-created_at", "-id")[: ATTEMPTS_ON_THE_PAGE + 1]
            )
            context["items"] = items_of(session)
            context["attempts"] = attempts[:ATTEMPTS_ON_THE_PAGE]
            context["has_older_attempts"] = len(attempts) > ATTEMPTS_ON_THE_PAGE
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="status")
    def status_(self, session: CheckoutSession) -> str:
        return str(session.status.label)

    @admin.display(description="order")
    def order(self, session: CheckoutSession) -> SafeString:
        order = Order.objects.filter(
            organization=session.organization_id, checkout_session=session.id
        ).first()
        if order is None:
            return SafeString(NOTHING)
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:checkout_order_change", args=[order.id]), order
        )

    @admin.display(description="e-mail address")
    def email_(self, session: CheckoutSession) -> SafeString:
        return format_html("<bdi>{}</bdi>", session.customer_email or NOTHING)

    @admin.display(description="name")
    def name_(self, session: CheckoutSession) -> SafeString:
        return format_html("<bdi>{}</bdi>", session.customer_name or NOTHING)

    @admin.display(description="for the customer")
    def shown_customer_metadata(self, session: CheckoutSession) -> SafeString:
        return as_json(session.customer_metadata)

    # As text: where an organization leads its buyers is not where support should be led by a click.

    @admin.display(description="after paying")
    def success_url_(self, session: CheckoutSession) -> str:
        return session.success_url or NOTHING

    @admin.display(description="instead of paying")
    def cancel_url_(self, session: CheckoutSession) -> str:
        return session.cancel_url or NOTHING
