"""Changes to customers: made, edited, given their ID, deleted. The services decide; these pages ask and explain."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from api.metadata import Metadata
from customers import services
from customers.exceptions import CustomerChanged, CustomerGone, ExternalCustomerIDImmutable
from customers.forms import CustomerForm, DeletionForm, ExternalIDForm, NewCustomerForm, refuse, values_of
from customers.meanwhile import merged, what_changed
from customers.metadata_editor import ADD, KINDS, REMOVE, MetadataEditor, asks_for_rows
from customers.models import Customer
from customers.views.access import customer_of, live_customer_of
from organizations.staff import StaffRequest


def create(request: StaffRequest) -> HttpResponse:
    """A new customer."""
    if request.method != "POST":
        beginning = {"external_customer_id": request.GET.get("external_customer_id", "")}
        return _create_page(request, NewCustomerForm(initial=beginning), MetadataEditor.showing({}))
    editor = MetadataEditor.sent(request.POST, {})
    if asks_for_rows(request.POST):
        return _create_page(request, NewCustomerForm(initial=request.POST.dict()), editor, status=200)
    form = NewCustomerForm(request.POST)
    metadata = editor.read()
    if form.is_valid() and metadata is not None:
        try:
            customer = services.create_customer(
                organization=request.organization,
                external_customer_id=form.cleaned_data["external_customer_id"],
                metadata=metadata,
                **form.changes(Customer()),
            )
        except ValidationError as error:
            refuse(form, error, organization=request.organization.slug)
        else:
            messages.success(request, "The customer is created.")
            return redirect(_address(request, customer))
    return _create_page(request, form, editor, status=422)


def edit(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The customer's data. It is saved only on top of what the person saw; otherwise both are shown."""
    customer = live_customer_of(request, customer_id)
    if request.method != "POST":
        form = CustomerForm(initial={**values_of(customer), "seen": customer.modified_at.isoformat()})
        return _edit_page(request, customer, form, MetadataEditor.showing(customer.metadata))
    editor = MetadataEditor.sent(request.POST, customer.metadata)
    if asks_for_rows(request.POST):
        return _edit_page(request, customer, CustomerForm(initial=request.POST.dict()), editor)
    form = CustomerForm(request.POST)
    metadata = editor.read()
    if not form.is_valid() or metadata is None:
        return _edit_page(request, customer, form, editor, status=422)
    if form.seen_at != customer.modified_at:
        return _changed_meanwhile(request, customer, form, metadata)
    try:
        services.update_customer(
            customer=customer,
            merge=False,
            seen=form.seen_at,
            metadata=metadata,
            **form.changes(customer),
        )
    except CustomerChanged:
        customer = live_customer_of(request, customer_id)
        return _changed_meanwhile(request, customer, form, metadata)
    except CustomerGone:
        return _gone(request)
    except ValidationError as error:
        refuse(form, error, organization=request.organization.slug)
        return _edit_page(request, customer, form, editor, status=422)
    messages.success(request, "The customer is saved.")
    return redirect(_address(request, customer))


def set_external_id(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Two steps, since it can't be undone: the ID is typed and checked, then looked at once more and confirmed."""
    customer = live_customer_of(request, customer_id)
    if customer.external_customer_id is not None:
        messages.info(request, "This customer has an external ID already. It never changes.")
        return redirect(_address(request, customer))
    form = ExternalIDForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        own_id: str = form.cleaned_data["external_customer_id"]
        try:
            if "confirmed" in request.POST:
                services.update_customer(customer=customer, external_customer_id=own_id)
                messages.success(request, "The external ID is set.")
                return redirect(_address(request, customer))
            customer.external_customer_id = own_id
            customer.full_clean()
        except CustomerGone:
            return _gone(request)
        except ExternalCustomerIDImmutable:
            messages.warning(request, "Somebody else has set this customer’s external ID in the meantime.")
            return redirect(_address(request, customer))
        except ValidationError as error:
            customer.external_customer_id = None
            refuse(form, error, organization=request.organization.slug)
        else:
            customer.external_customer_id = None
            context = {
                "customer": customer,
                "own_id": own_id,
                "submit": "Set it for good",
                "cancel_url": _address(request, customer),
            }
            return render(request, "customers/set_id_confirm.html", context)
    context = {"customer": customer, "form": form, "cancel_url": _address(request, customer)}
    return render(request, "customers/set_id.html", context, status=422 if form.is_bound else 200)


def delete(request: StaffRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Asks, says what will happen, and does it. A deleted customer's data can still be erased, by owners."""
    customer = customer_of(request, customer_id)
    if request.method == "POST":
        form = DeletionForm(request.POST)
        form.is_valid()
        erase = customer.is_deleted or form.cleaned_data["anonymize"]
        services.delete_customer(customer=customer, anonymize=erase)
        messages.success(
            request,
            "The customer’s personal data is erased."
            if customer.is_deleted
            else f"The customer is deleted{' and their personal data erased' if erase else ''}.",
        )
        return redirect("dashboard:customers", request.organization.slug)
    context = {
        "customer": customer,
        "form": DeletionForm(),
        "submit": "Erase personal data" if customer.is_deleted else "Delete customer",
        "is_dangerous": True,
        "cancel_url": _address(request, customer),
    }
    return render(request, "customers/delete.html", context)


def _changed_meanwhile(
    request: StaffRequest, customer: Customer, form: CustomerForm, metadata: Metadata
) -> HttpResponse:
    """The form again, on top of the customer as it is now: what the person typed stays, where they left something as it
    was it is now the others', and what both changed is said. Sending it again is then on purpose."""
    typed = {**form.cleaned_data, "metadata": metadata}
    meanwhile = what_changed(customer, since=form.seen_at, typed=typed)
    values, merged_metadata = merged(customer, meanwhile, typed)
    again = CustomerForm(initial={**values, "seen": customer.modified_at.isoformat()})
    editor = MetadataEditor.showing(merged_metadata)
    return _edit_page(request, customer, again, editor, status=409, meanwhile=meanwhile)


def _create_page(
    request: StaffRequest, form: NewCustomerForm, editor: MetadataEditor, status: int = 200
) -> HttpResponse:
    context = {"form": form, "editor": editor, "kinds": KINDS, "add": ADD, "remove": REMOVE}
    return render(request, "customers/create.html", context, status=status)


def _edit_page(
    request: StaffRequest,
    customer: Customer,
    form: CustomerForm,
    editor: MetadataEditor,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    context = {
        "customer": customer,
        "form": form,
        "editor": editor,
        "kinds": KINDS,
        "add": ADD,
        "remove": REMOVE,
    }
    return render(request, "customers/edit.html", {**context, **more}, status=status)


def _gone(request: StaffRequest) -> HttpResponse:
    messages.warning(request, "This customer has been deleted in the meantime. Nothing was saved.")
    return redirect("dashboard:customers", request.organization.slug)


def _address(request: StaffRequest, customer: Customer) -> str:
    return reverse("dashboard:customer", args=[request.organization.slug, customer.id])
