"""Logging in and out, passwords, and the organizations' access tokens."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from organizations import services
from organizations.forms import LoginForm, PasswordForm, TokenForm
from organizations.ids import new_id
from organizations.models import AccessToken, Membership
from organizations.staff import LAST_ORGANIZATION, StaffRequest

if TYPE_CHECKING:
    _PasswordFormView = FormView[PasswordForm]
else:
    _PasswordFormView = FormView

RETIRED_TOKENS_SHOWN = 20
USABLE_TOKENS_SHOWN = 200
_USED_FORMS = "used_forms"


class Login(LoginView):
    """The way in, with an e-mail address and a password. Leads on to where the person came from."""

    template_name = "registration/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
    extra_context = {"title": "Log in"}


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """What answers a login once too many have failed, whether the password is right or not."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    page = render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)
    page.headers["Retry-After"] = str(minutes * 60)
    return page


@never_cache
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session, when the button was pressed; a mere link to it can't."""
    if request.method != "POST":
        return redirect("home")
    end_session(request)
    messages.success(request, "You are logged out.")
    return redirect("login")


@method_decorator([sensitive_post_parameters(), never_cache, login_required], name="dispatch")
class Password(RedirectURLMixin, _PasswordFormView):
    """A new password for oneself. Who has a one-time password is led here before anything else."""

    template_name = "registration/password.html"
    form_class = PasswordForm
    next_page = "home"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **context)

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        user = services.change_password(
            user=self.request.user,  # type: ignore[arg-type]
            password=form.cleaned_data["new_password1"],
        )
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)


@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The organization where the person was last, or the first of theirs."""
    memberships = Membership.objects.for_user(request.user)  # type: ignore[arg-type]
    slugs = [membership.organization.slug for membership in memberships]
    last = request.session.get(LAST_ORGANIZATION)
    if slugs:
        return redirect("dashboard:overview", last if last in slugs else slugs[0])
    return render(request, "organizations/none.html")


def tokens(request: StaffRequest) -> HttpResponse:
    """The organization's access tokens: those that open something, and the last of those that no longer do."""
    of_organization = AccessToken.objects.for_organization(request.organization).select_related("created_by")
    usable = of_organization.usable()
    retired = of_organization.exclude(pk__in=usable.values("pk"))
    return render(
        request,
        "organizations/tokens.html",
        {
            "usable": usable[:USABLE_TOKENS_SHOWN],
            "retired": retired[:RETIRED_TOKENS_SHOWN],
        },
    )


@sensitive_post_parameters()
def create_token(request: StaffRequest) -> HttpResponse:
    """A new access token. Its secret is in the answer to the form and nowhere else: no later request can show it."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if _was_sent_before(request):
            messages.info(
                request, "This token was created already. Its secret was shown then, and only then."
            )
            return redirect("dashboard:developers", request.organization.slug)
        token, secret = services.create_token(
            organization=request.organization,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at,
            created_by=request.user,
        )
        return render(request, "organizations/token_created.html", {"token": token, "secret": secret})
    return render(
        request,
        "organizations/token_form.html",
        {"form": form, "form_id": request.POST.get("form_id") or new_id()},
        status=422 if form.is_bound else 200,
    )


def revoke_token(request: StaffRequest, token_id: uuid.UUID) -> HttpResponse:
    """Asks, and then revokes."""
    token = get_object_or_404(AccessToken.objects.for_organization(request.organization), id=token_id)
    if request.method == "POST":
        services.revoke_token(token=token)
        messages.success(request, f"The token “{token.name}” is revoked.")
        return redirect("dashboard:developers", request.organization.slug)
    context = {
        "token": token,
        "submit": "Revoke token",
        "is_dangerous": True,
        "cancel_url": reverse("dashboard:developers", args=[request.organization.slug]),
    }
    return render(request, "organizations/token_revoke.html", context)


def _was_sent_before(request: StaffRequest) -> bool:
    """Whether this very form was sent before, as a reload of the page that answered it does."""
    form_id = request.POST.get("form_id", "")[:64]
    used = request.session.get(_USED_FORMS, [])
    if form_id in used:
        return True
    request.session[_USED_FORMS] = [*used, form_id][-20:]
    return False
