"""The administration of organizations, their people and their tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from organizations import services
from organizations.confirmations import Confirmation
from organizations.ids import parse_id
from organizations.models import AccessToken, Membership, Organization, User
from organizations.scopes import ALL_SCOPES, Scope
from organizations.support import SupportAdmin, SupportForm
from organizations.support_filters import ChoiceFilter, OrganizationFilter

admin.site.unregister(Group)  # roles are memberships


@admin.register(Organization)
class OrganizationAdmin(SupportAdmin):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    search_help_text = "Name or slug"
    ordering = ("name", "id")
    fields = ("name", "slug", "time_zone", "internal_id", "created_at", "belongings")
    form = SupportForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "internal_id", "created_at", "belongings") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else ("name", "slug", "time_zone")

    @admin.display(description="here")
    def belongings(self, organization: Organization) -> str:
        links = [
            format_html(
                '<a href="{}?organization={}">{}</a>', reverse(f"admin:{route}"), organization.slug, text
            )
            for route, text in (
                ("customers_customer_changelist", "Customers"),
                ("organizations_membership_changelist", "Members"),
                ("organizations_accesstoken_changelist", "Access tokens"),
                ("checkout_product_changelist", "Products"),
                ("checkout_checkoutsession_changelist", "Checkout sessions"),
                ("checkout_order_changelist", "Orders"),
            )
        ]
        return format_html_join(" · ", "{}", ((link,) for link in links))

    def write(self, request: HttpRequest, form: Any, change: bool) -> tuple[Organization, None]:
        if change:
            named = {name: form.cleaned_data[name] for name in ("name", "time_zone")}
            return services.update_organization(organization=form.instance, **named), None
        return services.create_organization(**form.cleaned_data), None


class UserForm(SupportForm):
    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff", "is_superuser")
        labels = {"is_active": "May log in", "is_superuser": "Head of support"}
        help_texts = {"is_superuser": "May also say who is support."}


class NewUserForm(UserForm):
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Leave this empty for a one-time password, which is shown once. They choose another when they "
        "first log in.",
    )

    def clean_password(self) -> str | None:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(
                password, User(email=self.data.get("email", ""), name=self.data.get("name", ""))
            )
        return password or None


class GivenPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A password that support chose for somebody, who chooses another when they log in with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True

    def save(self, commit: bool = True) -> Any:
        self.user.must_change_password = True
        return super().save(commit)


class Deactivation(Confirmation):
    name = "deactivation"
    action = "Deactivate…"
    title = "Deactivate people"
    explanation = (
        "They can't log in any more, and are logged out at once. What they did keeps its author. They can be "
        "activated again on their page."
    )
    submit = "Deactivate"

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        user: User = obj
        return (
            user.is_active and user != request.user and self.model_admin.has_change_permission(request, user)
        )

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> None:
        services.update_user(user=obj, is_active=False)
        self.model_admin.log_change(request, obj, "Deactivated.")

    def done(self, count: int) -> str:
        return "They can't log in any more."


class NewOneTimePassword(Confirmation):
    name = "one-time-password"
    action = "New one-time password…"
    title = "Make a new one-time password"
    explanation = (
        "Their password stops working, and they are logged out at once. The new one is shown once; they choose "
        "another when they log in with it."
    )
    submit = "Make a one-time password"
    most = 1  # each is shown on a page of its own

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        user: User = obj
        return (
            user.is_active and user != request.user and self.model_admin.has_change_permission(request, user)
        )

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> str:
        secret = services.give_one_time_password(user=obj)
        self.model_admin.log_change(request, obj, "Gave a one-time password.")
        return secret


@admin.register(User)
class UserAdmin(SupportAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Support may help everybody; who is support themselves, only a superuser says."""

    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff")
    filter_parameters = frozenset({"is_active__exact", "is_staff__exact"})
    search_fields = ("email", "name")
    search_help_text = "E-mail address or name"
    ordering = ("email",)
    filter_horizontal = ()
    form = UserForm
    add_form = NewUserForm
    change_password_form = GivenPasswordForm
    add_form_template = None
    change_form_template = "admin/organizations/user/change_form.html"
    readonly_fields = ("internal_id", "must_change_password", "last_login", "date_joined")
    confirmations: ClassVar = (NewOneTimePassword, Deactivation)
    fieldsets = (
        (None, {"fields": ("email", "name", "is_active")}),
        ("Administration", {"fields": ("is_staff", "is_superuser")}),
        ("Facts", {"fields": ("internal_id", "must_change_password", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Administration", {"fields": ("is_staff", "is_superuser")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_staff or _is_superuser(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        locked = () if _is_superuser(request) else ("is_staff", "is_superuser")
        # nobody locks themselves out
        own = ("is_active", "is_staff", "is_superuser") if obj == request.user else ()
        return (*self.readonly_fields, *locked, *own)

    def write(self, request: HttpRequest, form: Any, change: bool) -> tuple[User, str | None]:
        if change:
            return services.update_user(user=form.instance, **form.cleaned_data), None
        return services.create_user(**form.cleaned_data)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        if parse_id(id) == request.user.pk:
            return redirect("admin:password_change")
        return super().user_change_password(request, id, form_url)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return SupportAdmin.response_add(self, request, obj, post_url_continue)


class NewMembershipForm(SupportForm):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="Somebody new gets a login with a one-time password, which is shown once.",
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Membership
        fields = ("organization", "role")


@admin.register(Membership)
class MembershipAdmin(SupportAdmin):
    """Who may do what in an organization. The way to let somebody in is their address."""

    list_display = ("user", "organization", "role", "created_at")
    list_select_related = ("user", "organization")
    list_filter = (OrganizationFilter, "role")
    filter_parameters = frozenset({"organization", "role__exact"})
    search_fields = ("user__email", "user__name")
    search_help_text = "E-mail address or name"
    ordering = ("-id",)
    sortable_by = ()
    autocomplete_fields = ("organization",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "organization", "role", "created_at") if obj else ("email", "organization", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "organization", "created_at") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = SupportForm if obj else NewMembershipForm
        return super().get_form(request, obj, change=change, form=form, **options)

    def write(self, request: HttpRequest, form: Any, change: bool) -> tuple[Membership, str | None]:
        if change:
            return services.change_role(membership=form.instance, role=form.cleaned_data["role"]), None
        return services.create_staff_user(**form.cleaned_data)


class TokenStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    words = (("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked"))

    def narrow(self, queryset: QuerySet[Any], word: str) -> QuerySet[Any]:
        tokens: QuerySet[AccessToken] = queryset
        if word == "usable":
            return AccessToken.objects.usable() & tokens
        if word == "expired":
            return tokens.filter(revoked_at__isnull=True, expires_at__lte=timezone.now())
        return tokens.filter(revoked_at__isnull=False)


class NewTokenForm(SupportForm):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=ALL_SCOPES, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = AccessToken
        fields = ("organization", "name", "scopes", "expires_at")
        help_texts = {
            "name": "What will use it, such as “Production web shop”.",
            "expires_at": "In UTC. Empty for a token that doesn't expire; any token can be revoked.",
        }


class Revocation(Confirmation):
    name = "revocation"
    action = "Revoke…"
    title = "Revoke access tokens"
    explanation = "Whatever uses them is refused from now on. A revoked token stays revoked."
    submit = "Revoke"

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        return not obj.is_revoked

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> None:
        services.revoke_token(token=obj)
        self.model_admin.log_change(request, obj, "Revoked.")

    def done(self, count: int) -> str:
        return "Revoked. It opens nothing any more." if count == 1 else f"{count} access tokens are revoked."


@admin.register(AccessToken)
class AccessTokenAdmin(SupportAdmin):
    """Tokens are made and revoked here, and never changed. The secret is shown once, in answer to its making."""

    list_display = ("name", "hint", "organization", "state", "created_at", "expires_at", "last_used_at")
    list_select_related = ("organization",)
    list_filter = (OrganizationFilter, TokenStateFilter)
    filter_parameters = frozenset({"organization", "state"})
    search_fields = ("name", "hint")
    search_help_text = "Name, or the token's last four characters"
    ordering = ("-id",)
    sortable_by = ()
    autocomplete_fields = ("organization",)
    form = NewTokenForm
    confirmations: ClassVar = (Revocation,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("organization", "name", "scopes", "expires_at")
        facts = ("created_by", "created_at", "expires_at", "last_used_at", "revoked_at")
        return ("organization", "name", "hint", "state", "permissions", *facts)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("token_hash")

    @admin.display(description="state")
    def state(self, token: AccessToken) -> str:
        return "Revoked" if token.is_revoked else "Expired" if token.is_expired else "Usable"

    @admin.display(description="may")
    def permissions(self, token: AccessToken) -> str:
        return ", ".join(token.scopes)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        # the answer is the page with the secret, whichever button was pressed
        only_save = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **only_save})

    def write(self, request: HttpRequest, form: Any, change: bool) -> tuple[AccessToken, str]:
        maker: Any = request.user
        return services.create_token(created_by=maker, **form.cleaned_data)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
