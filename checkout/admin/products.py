"""What organizations sell, for support to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.admin.base import ReadAdmin
from checkout.models import Product
from checkout.money import as_text
from checkout.querysets import ProductQuerySet
from organizations.ids import parse_id
from organizations.models import Organization
from organizations.support_filters import ChoiceFilter, CreatedFilter, OrganizationFilter


class ArchivedFilter(ChoiceFilter):
    title = "archived"
    parameter_name = "archived"
    words = (("false", "For sale"), ("true", "Archived"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.archived(word == "true") if isinstance(queryset, ProductQuerySet) else queryset


@admin.register(Product)
class ProductAdmin(ReadAdmin):
    list_display = ("name_", "price", "organization_", "created_at")
    list_filter = (OrganizationFilter, ArchivedFilter, ("created_at", CreatedFilter))
    filter_parameters = frozenset({"organization", "archived", "created_at__gte", "created_at__lt"})
    search_help_text = "How the name begins, in its letter case; or our own ID, whole"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name_", "description", "price", "currency", "organization")}),
            ("Metadata", {"fields": ("shown_metadata",)}),
            ("Facts", {"fields": ("internal_id", "created_at", "modified_at", "archived_at")}),
        )

    def meant(self, text: str) -> QuerySet[Any]:
        everywhere = Organization.objects.values("id")
        named = Product.objects.filter(organization__in=everywhere, name__startswith=text).values("id")
        identity = parse_id(text)
        if identity is None:
            return named
        return named.order_by().union(Product.objects.filter(id=identity).order_by().values("id"), all=True)

    @admin.display(description="name")
    def name_(self, product: Product) -> SafeString:
        name = format_html("<bdi>{}</bdi>", product.name)
        if not product.is_archived:
            return name
        return format_html('{} <span class="deleted-mark">Archived</span>', name)

    @admin.display(description="price")
    def price(self, product: Product) -> str:
        return as_text(product.unit_amount, product.currency)
