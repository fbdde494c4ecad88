"""What the pages of products, sessions and orders share: they are read, found by whole IDs and shown with their money
as people write it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.models import CheckoutItem, CheckoutSession
from checkout.money import as_text
from customers.models import Customer
from organizations.support import SupportAdmin, is_searchable

NOTHING = "–"


class ReadAdmin(SupportAdmin):
    """Nothing is added, changed or deleted here. The list is in the order of making, the primary key's, so that every
    page is a walk along an index."""

    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("id",)  # shows the box; `meant` says what is found
    list_select_related: ClassVar[tuple[str, ...]] = ("organization",)

    def meant(self, text: str) -> QuerySet[Any]:
        """The IDs of the rows that `text` names."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fieldsets: Any = self.get_fieldsets(request, obj)
        return tuple(name for _, options in fieldsets for name in options["fields"])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not is_searchable(text):
            return queryset.none(), False
        return (queryset.filter(id__in=self.meant(text)) if text else queryset), False

    @admin.display(description="organization")
    def organization_(self, row: Any) -> SafeString:
        return format_html(
            '<a href="?organization={}"><bdi>{}</bdi></a>', row.organization.slug, row.organization.name
        )

    @admin.display(description="total")
    def total(self, row: Any) -> str:
        return as_text(row.amount_total, row.currency)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = f"Select {self.opts.verbose_name} to view"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    @admin.display(description="whose")
    def whose(self, row: Any) -> SafeString:
        """For a list: the customer; or under which ID the row waits for one."""
        if row.customer is not None:
            return customer_link(row.customer)
        if row.external_customer_id is None:
            return NOTHING_YET
        return format_html("{} ({})", external_id(row.external_customer_id), NOTHING_YET)

    @admin.display(description="customer")
    def customer_(self, row: Any) -> SafeString:
        return NOTHING_YET if row.customer is None else customer_link(row.customer)

    @admin.display(description="external customer ID")
    def own_id(self, row: Any) -> SafeString:
        return external_id(row.external_customer_id)

    @admin.display(description="metadata")
    def shown_metadata(self, row: Any) -> SafeString:
        return as_json(row.metadata)


NOTHING_YET = SafeString("nobody yet")


def items_of(session: CheckoutSession) -> list[tuple[CheckoutItem, str, str]]:
    """What the session sells: each item, its price and what it comes to, as people write money."""
    items = CheckoutItem.objects.filter(organization=session.organization_id, session=session)
    return [
        (item, as_text(item.unit_amount, session.currency), as_text(item.amount, session.currency))
        for item in items
    ]


def external_id(own_id: str | None) -> SafeString:
    return format_html('<bdi class="external-id">{}</bdi>', own_id) if own_id else SafeString("(none)")


def customer_link(customer: Customer) -> SafeString:
    """The customer, leading to its page; a deleted one is marked."""
    link = format_html(
        '<a href="{}"><bdi>{}</bdi></a>',
        reverse("admin:customers_customer_change", args=[customer.id]),
        customer,
    )
    if not customer.is_deleted:
        return link
    return format_html('<del>{}</del> <span class="deleted-mark">Deleted</span>', link)


def as_json(value: Any) -> SafeString:
    return (
        format_html("<bdi>{}</bdi>", json.dumps(value, ensure_ascii=False)) if value else SafeString(NOTHING)
    )
