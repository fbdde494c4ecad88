"""How the organization is paid: which processor, in which mode, with which keys."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from checkout.payment_forms import PaymentSettingsForm
from checkout.services.payment_settings import payment_settings_of, save_payment_settings
from customers.links import base_of
from organizations.staff import StaffRequest

EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
)


@sensitive_post_parameters()
def payment_settings(request: StaffRequest) -> HttpResponse:
    """Everyone sees how payments are taken; owners change it. What is secret is shown to nobody."""
    settings = payment_settings_of(request.organization)
    form = PaymentSettingsForm(settings, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            save_payment_settings(organization=request.organization, **form.cleaned_data)
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                form.add_error(name if name in form.fields else None, problems)
        else:
            messages.success(request, "The payment settings are saved.")
            return redirect("dashboard:payments", request.organization.slug)
    webhook = reverse("stripe-webhook", kwargs={"organization_id": request.organization.id})
    context = {
        "settings": settings,
        "form": form,
        "webhook_url": base_of(request) + webhook,
        "events": EVENTS,
    }
    return render(request, "checkout/payments.html", context, status=422 if form.is_bound else 200)
