"""The administration of customers, for support: everyone, the deleted too, by any of their IDs."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers import services
from customers.addresses import PARTS
from customers.exceptions import CustomerChanged, CustomerGone
from customers.external_ids import is_external_customer_id
from customers.log_names import names_of_customer
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from customers.support_forms import CustomerForm, changed_meanwhile
from customers.timeline import timeline
from organizations.confirmations import Confirmation
from organizations.ids import parse_id
from organizations.models import Membership
from organizations.support import BoundedChangeList, SupportAdmin, is_searchable
from organizations.support_filters import ChoiceFilter, OrganizationFilter

MOST_HOLDERS = 20
CHANGES_ON_THE_PAGE = 10
CHANGES_ON_A_HISTORY_PAGE = 50
_LARGEST_CHANGE_ID = 2**63 - 1


class HasExternalIDFilter(ChoiceFilter):
    title = "external customer ID"
    parameter_name = "has_external_customer_id"
    words = (("true", "Has one"), ("false", "Has none"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.filter(external_customer_id__isnull=word == "false")


class DeletedFilter(ChoiceFilter):
    title = "deletion"
    parameter_name = "deleted"
    words = (("false", "Not deleted"), ("true", "Deleted"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=word == "false")


class DeletionForm(forms.Form):
    anonymize = forms.BooleanField(
        required=False,
        label="Erase personal data as well",
        help_text="Name, e-mail address, billing address, tax ID, metadata and the external ID go for good, from the "
        "history too. Customers who are deleted already are only erased.",
    )


class Deletion(Confirmation):
    """Deletes as the API does: the row stays, and the external ID is free for another customer."""

    name = "deletion"
    action = "Delete…"
    title = "Delete customers"
    explanation = (
        "The API answers 404 for a deleted customer, and the external customer ID is free for a new one. The customer "
        "stays visible here. This can't be undone."
    )
    submit = "Delete"
    form_class = DeletionForm

    def button(self, obj: Any) -> str:
        return "Erase personal data…" if obj.is_deleted else self.action

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        return True

    def initial(self, objects: list[Any]) -> dict[str, Any]:
        return {"anonymize": all(customer.is_deleted for customer in objects)}

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> None:
        services.delete_customer(customer=obj, anonymize=form.cleaned_data["anonymize"])

    def done(self, count: int) -> str:
        return "The customer is deleted." if count == 1 else f"{count} customers are deleted."


class CustomerChangeList(BoundedChangeList):
    """Whoever holds the very ID that is searched for stands first: it may be a part of a million others."""

    def get_queryset(self, *args: Any, **options: Any) -> QuerySet[Any]:
        return super().get_queryset(*args, **options).defer("metadata", "billing_address", "tax_id")

    def load_results(self, request: HttpRequest) -> None:
        super().load_results(request)
        own_id = self.query.strip()
        if self.page_num == 1 and is_external_customer_id(own_id) and self.multi_page:
            holders = Customer.objects.holding_anywhere(own_id)[:MOST_HOLDERS]
            first = list(self.queryset.filter(id__in=[holder.id for holder in holders]))
            self.result_list = [*first, *(row for row in self.result_list if row not in first)]


@admin.register(Customer)
class CustomerAdmin(SupportAdmin):
    """The list is in the order of making, which is the primary key's, so that every page is a walk along an index."""

    list_display = ("external_id", "name_", "email_", "organization_", "created_at")
    list_select_related = ("organization",)
    list_filter = (OrganizationFilter, HasExternalIDFilter, DeletedFilter, "created_at")
    filter_parameters = frozenset(
        {"organization", "has_external_customer_id", "deleted", "created_at__gte", "created_at__lt"}
    )
    search_fields = ("search_text",)
    search_help_text = "External ID, name or e-mail address, or a part of one; or our own ID, whole"
    ordering = ("-id",)
    sortable_by = ()
    autocomplete_fields = ("organization",)
    form = CustomerForm
    change_form_template = "admin/customers/customer/change_form.html"
    confirmations: ClassVar = (Deletion,)

    def names(self, obj: Any) -> dict[str, str | None]:
        return names_of_customer(obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        facts = ("internal_id", "created_at", "modified_at", "deleted_at") if obj else ()
        address = ("shown_billing_address",) if obj and obj.is_deleted else PARTS
        seen = () if obj is None or obj.is_deleted else ("seen",)
        return (
            (None, {"fields": ("external_customer_id", "organization", "name", "email", "tax_id", *seen)}),
            ("Billing address", {"fields": address}),
            ("Metadata", {"fields": ("metadata",)}),
            *([("Facts", {"fields": facts})] if obj else []),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        always = (
            "organization",
            "internal_id",
            "created_at",
            "modified_at",
            "deleted_at",
            "shown_billing_address",
        )
        # An ID that is sent in spite of a set one was typed while there was none: the form says what became of it.
        sent = request.method == "POST" and "external_customer_id" in request.POST
        return always if obj.external_customer_id is None or sent else ("external_customer_id", *always)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request) and not (obj is not None and obj.is_deleted)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_text")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return CustomerChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        fragment = search_term.strip()  # no ID begins or ends with white space
        if not isinstance(queryset, CustomerQuerySet) or not is_searchable(fragment):
            return queryset.none(), False
        if not fragment:
            return queryset, False
        found = queryset.search_with_deleted(fragment)
        identity = parse_id(fragment)
        return (found | queryset.filter(id=identity) if identity else found), False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            if request.method == "POST" and object_id is not None:
                customer = self.get_object(request, unquote(object_id))
                if customer is not None and customer.is_deleted:
                    raise CustomerGone
            return super().changeform_view(request, object_id, form_url, extra_context)
        except CustomerGone:
            messages.error(request, "This customer has been deleted in the meantime. Nothing was saved.")
            return redirect(request.path)

    def write(self, request: HttpRequest, form: CustomerForm, change: bool) -> tuple[Customer, None]:
        if change:
            shown, fields = form.instance, form.written()
            try:
                return services.update_customer(
                    customer=shown, merge=False, seen=shown.modified_at, **fields
                ), None
            except CustomerChanged:
                raise changed_meanwhile() from None
        organization = form.cleaned_data["organization"]
        return services.create_customer(organization=organization, **form.written()), None

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        obj = options.get("obj")
        if obj is not None:
            context["timeline"] = timeline(obj, limit=CHANGES_ON_THE_PAGE)
            context["history_url"] = _history_url(obj)
            context["dashboard_url"] = _dashboard_url(request.user, obj)
        return super().render_change_form(request, context, *args, **options)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        customer = self.get_object(request, unquote(object_id))
        if customer is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
            return missing
        if not self.has_view_permission(request, customer):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "History",
            "subtitle": str(customer),
            "opts": self.opts,
            "object": customer,
            "object_url": self.url_of(customer),
            "history_url": _history_url(customer),
            "timeline": timeline(
                customer, limit=CHANGES_ON_A_HISTORY_PAGE, before=_change_id(request.GET.get("before", ""))
            ),
        }
        return TemplateResponse(request, "admin/customers/customer/history.html", context)

    # The history is in the database's own words. Django's log would keep a name of the customer, beyond the reach of
    # an erasure.

    def log_addition(self, *args: Any) -> None:  # type: ignore[override]
        return None

    def log_change(self, *args: Any) -> None:  # type: ignore[override]
        return None

    # The list's columns

    @admin.display(description="external customer ID")
    def external_id(self, customer: Customer) -> SafeString:
        own_id = customer.external_customer_id
        text = format_html('<bdi class="external-id">{}</bdi>', own_id) if own_id else SafeString("(none)")
        if not customer.is_deleted:
            return text
        return format_html('<del>{}</del> <span class="deleted-mark">Deleted</span>', text)

    @admin.display(description="name")
    def name_(self, customer: Customer) -> SafeString:
        return format_html("<bdi>{}</bdi>", customer.name or "–")

    @admin.display(description="e-mail address")
    def email_(self, customer: Customer) -> SafeString:
        return format_html("<bdi>{}</bdi>", customer.email or "–")

    @admin.display(description="organization")
    def organization_(self, customer: Customer) -> SafeString:
        organization = customer.organization
        return format_html(
            '<a href="?organization={}"><bdi>{}</bdi></a>', organization.slug, organization.name
        )

    @admin.display(description="billing address")
    def shown_billing_address(self, customer: Customer) -> str:
        address = customer.billing_address or {}
        return ", ".join(address[part] for part in PARTS if address.get(part)) or "–"


def _dashboard_url(user: Any, customer: Customer) -> str:
    """The same customer in the dashboard, for those who may open it there; empty for others."""
    membership = Membership.objects.filter(user=user, organization_id=customer.organization_id).first()
    if membership is None or (customer.is_deleted and not membership.may_manage):
        return ""
    return reverse("dashboard:customer", args=[customer.organization.slug, customer.id])


def _history_url(customer: Customer) -> str:
    return reverse("admin:customers_customer_history", args=[customer.id])


def _change_id(text: str) -> int | None:
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST_CHANGE_ID)) else None
    )
