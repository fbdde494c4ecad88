"""Making a payment link by hand: a checkout session whose page is sent to somebody."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from checkout.forms import NewCheckoutForm, PaymentLinkForm
from checkout.picker import ProductPicker, asks_for_products
from checkout.services.creation import ItemFields, create_session
from checkout.views.access import address
from checkout.views.products import usual_currency
from customers.models import Customer
from customers.views.access import live_customer_of
from organizations.staff import StaffRequest

# A one-off price in the form, by what the service calls it.
_OWN_FIELDS = {
    "price_data.name": "own_name",
    "price_data.unit_amount": "own_amount",
    "price_data.currency": "own_currency",
    "quantity": "own_quantity",
}


def for_customer(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """A link for this customer, whom it stays with whatever the buyer types."""
    return _create(request, live_customer_of(request, customer_id), PaymentLinkForm)


def for_external_id(request: StaffRequest) -> HttpResponse:
    """A link for whoever has an external ID, now or from the payment on, or for anyone."""
    return _create(request, None, NewCheckoutForm)


def _create(
    request: StaffRequest, customer: Customer | None, form_class: type[PaymentLinkForm]
) -> HttpResponse:
    if request.method != "POST":
        form = form_class(initial=_beginning(request, customer))
        return _page(request, customer, form, ProductPicker.showing(request.organization, {}))
    picker = ProductPicker.showing(request.organization, request.POST)
    if asks_for_products(request.POST):
        return _page(request, customer, form_class(initial=request.POST.dict()), picker)
    form = form_class(request.POST)
    items = picker.items()
    if form.is_valid() and items is not None:
        items += _own_item(form)
        if not items:
            form.add_error(None, "Choose how many of at least one product, or name a price of its own.")
        else:
            try:
                session = create_session(
                    organization=request.organization,
                    items=items,
                    customer_id=customer.id if customer else None,
                    external_customer_id=form.cleaned_data.get("external_customer_id"),
                    expires_in=form.open_for,
                    customer_email=form.cleaned_data["customer_email"],
                    customer_name=form.cleaned_data["customer_name"],
                )
            except ValidationError as error:
                _refuse(form, picker, error)
            else:
                messages.success(request, "The payment link is created. Copy it below and send it.")
                return redirect(address(request, "staff-checkout-session", session.id))
    return _page(request, customer, form, picker, status=422)


def _beginning(request: StaffRequest, customer: Customer | None) -> dict[str, Any]:
    known = {"customer_email": customer.email, "customer_name": customer.name} if customer else {}
    return {
        **known,
        "external_customer_id": request.GET.get("external_customer_id", ""),
        "own_currency": usual_currency(request),
    }


def _own_item(form: PaymentLinkForm) -> list[ItemFields]:
    """The one-off price, if there is one."""
    typed = form.cleaned_data
    if typed["own_amount"] is None:
        return []
    return [
        {
            "price_data": {
                "name": typed["own_name"],
                "unit_amount": typed["own_amount"],
                "currency": typed["own_currency"],
            },
            "quantity": typed["own_quantity"] or 1,
        }
    ]


def _refuse(form: PaymentLinkForm, picker: ProductPicker, error: ValidationError) -> None:
    """Puts what the service refused at its line or its field."""
    for name, problems in error.error_dict.items():
        text = " ".join(ValidationError(problems).messages)
        position, _, field = name.removeprefix("items.").partition(".")
        if name.startswith("items.") and int(position) < len(picker.chosen):
            picker.chosen[int(position)].problem = text
        else:
            place = _OWN_FIELDS.get(field, name)
            form.add_error(place if place in form.fields else None, text)


def _page(
    request: StaffRequest,
    customer: Customer | None,
    form: PaymentLinkForm,
    picker: ProductPicker,
    status: int = 200,
) -> HttpResponse:
    if customer is None:
        up = address(request, "staff-checkout-sessions")
    else:
        up = address(request, "customer-checkouts", customer.id)
    context = {
        "customer": customer,
        "form": form,
        "picker": picker,
        "total": picker.total(*_own_amount(request)),
        "cancel_url": up,
    }
    return render(request, "checkout/payment_link.html", context, status=status)


def _own_amount(request: StaffRequest) -> tuple[int, str]:
    """What the one-off price comes to as it stands in the form; 0 while it makes no sense."""
    form = PaymentLinkForm(request.POST)
    form.is_valid()
    typed = form.cleaned_data
    amount, currency = typed.get("own_amount"), typed.get("own_currency")
    if not isinstance(amount, int) or not currency or "own_quantity" in form.errors:
        return 0, ""
    return amount * (typed.get("own_quantity") or 1), currency
