"""How organizations are paid, for support to read; owners change it in the dashboard."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from checkout.admin.base import ReadAdmin
from checkout.models import PaymentSettings
from organizations.support import is_searchable
from organizations.support_filters import OrganizationFilter


@admin.register(PaymentSettings)
class PaymentSettingsAdmin(ReadAdmin):
    """Of the secrets it is said that there are some, and nothing else."""

    list_display = ("organization_", "processor", "test_mode", "modified_at")
    search_fields = ("organization__name",)
    ordering = ("-organization_id",)
    list_filter = (OrganizationFilter,)
    filter_parameters = frozenset({"organization"})
    search_help_text = "The organization's name or slug"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("organization", "processor", "test_mode")}),
            ("Stripe", {"fields": ("stripe_publishable_key", "has_secret_key", "has_webhook_secret")}),
            ("Facts", {"fields": ("internal_id", "created_at", "modified_at")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        readable: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                secret_key_given=Q(stripe_secret_key__isnull=False),
                webhook_secret_given=Q(stripe_webhook_secret__isnull=False),
            )
            .defer("stripe_secret_key", "stripe_webhook_secret")
        )
        return readable

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not is_searchable(text):
            return queryset.none(), False
        named = Q(organization__name__icontains=text) | Q(organization__slug__icontains=text)
        return queryset.filter(named), False

    @admin.display(description="secret key is stored", boolean=True)
    def has_secret_key(self, settings: Any) -> bool:
        return bool(settings.secret_key_given)

    @admin.display(description="webhook’s secret is stored", boolean=True)
    def has_webhook_secret(self, settings: Any) -> bool:
        return bool(settings.webhook_secret_given)
