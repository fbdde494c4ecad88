"""The dashboard's pages about products."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from checkout.exceptions import ProductChanged
from checkout.forms import ProductForm, values_of
from checkout.links import api_url
from checkout.listing import ProductListing
from checkout.models import Product
from checkout.money import as_text
from checkout.services.products import create_product, update_product
from checkout.views.access import about_list, address, product_of, tidied_address
from customers.forms import refuse
from customers.links import base_of, curl
from customers.metadata_editor import ADD, KINDS, REMOVE, MetadataEditor, asks_for_rows, described
from organizations.staff import StaffRequest

COLUMNS = {"name": "Name", "price": "Price", "created_at": "Created"}
TABS = (("All", ""), ("On sale", "archived=false"), ("Archived", "archived=true"))

# What the products of an organization that has none yet are priced in.
_FIRST_CURRENCY = "usd"


def products(request: StaffRequest) -> HttpResponse:
    """Everything about the list is in its address."""
    if (tidier := tidied_address(request, "staff-products")) is not None:
        return redirect(tidier)
    listing = ProductListing(request.GET, request.membership)
    context = {
        **about_list(request, listing, "staff-products", columns=COLUMNS, search="search"),
        "tabs": [(label, narrowed, listing.value("archived") == narrowed[9:]) for label, narrowed in TABS],
    }
    return render(request, "checkout/products.html", context)


def product(request: StaffRequest, product_id: uuid.UUID) -> HttpResponse:
    """A product and how the API has it."""
    shown = product_of(request, product_id)
    context = {
        "product": shown,
        "metadata": described(shown.metadata),
        "command": curl(api_url(base_of(request), "product", shown.id)),
    }
    return render(request, "checkout/product.html", context)


def create(request: StaffRequest) -> HttpResponse:
    """A new product, priced at first in the currency of the latest one."""
    if request.method != "POST":
        form = ProductForm(initial={"currency": usual_currency(request)})
        return _form_page(request, None, form, MetadataEditor.showing({}))
    editor = MetadataEditor.sent(request.POST, {})
    if asks_for_rows(request.POST):
        return _form_page(request, None, ProductForm(initial=request.POST.dict()), editor)
    form = ProductForm(request.POST)
    metadata = editor.read()
    if form.is_valid() and metadata is not None:
        try:
            made = create_product(
                organization=request.organization, metadata=metadata, **form.fields_of(Product())
            )
        except ValidationError as error:
            refuse(form, error, organization=request.organization.slug)
        else:
            messages.success(request, "The product is created.")
            return redirect(address(request, "staff-product", made.id))
    return _form_page(request, None, form, editor, status=422)


def edit(request: StaffRequest, product_id: uuid.UUID) -> HttpResponse:
    """The product's data. It is saved only on top of what the person saw; otherwise both are shown."""
    shown = product_of(request, product_id)
    if request.method != "POST":
        form = ProductForm(initial=values_of(shown))
        return _form_page(request, shown, form, MetadataEditor.showing(shown.metadata))
    editor = MetadataEditor.sent(request.POST, shown.metadata)
    if asks_for_rows(request.POST):
        return _form_page(request, shown, ProductForm(initial=request.POST.dict()), editor)
    form = ProductForm(request.POST)
    metadata = editor.read()
    if not form.is_valid() or metadata is None:
        return _form_page(request, shown, form, editor, status=422)
    try:
        update_product(
            product=shown,
            merge=False,
            seen=form.seen_at or shown.created_at,
            metadata=metadata,
            **form.fields_of(shown),
        )
    except ProductChanged:
        now = product_of(request, product_id)
        return _changed_meanwhile(request, now, form, editor)
    except ValidationError as error:
        refuse(form, error, organization=request.organization.slug)
        return _form_page(request, shown, form, editor, status=422)
    messages.success(request, "The product is saved.")
    return redirect(address(request, "staff-product", shown.id))


def archive(request: StaffRequest, product_id: uuid.UUID) -> HttpResponse:
    """Asks, and takes the product off sale, or brings it back."""
    shown = product_of(request, product_id)
    if request.method == "POST":
        archives = "bring_back" not in request.POST
        update_product(product=shown, archived=archives)
        messages.success(request, "The product is archived." if archives else "The product is on sale again.")
        return redirect(address(request, "staff-product", shown.id))
    context = {
        "product": shown,
        "submit": "Bring back" if shown.is_archived else "Archive",
        "cancel_url": address(request, "staff-product", shown.id),
    }
    return render(request, "checkout/product_archive.html", context)


def usual_currency(request: StaffRequest) -> str:
    """The currency of the organization's latest product."""
    latest = Product.objects.for_organization(request.organization).order_by("-created_at", "-id")
    return latest.values_list("currency", flat=True).first() or _FIRST_CURRENCY


def _changed_meanwhile(
    request: StaffRequest, product: Product, form: ProductForm, editor: MetadataEditor
) -> HttpResponse:
    """The form as it was typed, and beside it what is stored now. Sending it again is then on purpose."""
    typed = form.fields_of(product)
    differing = [
        (label, stored, written_anew)
        for label, stored, written_anew in (
            ("Name", product.name, typed["name"]),
            (
                "Price",
                as_text(product.unit_amount, product.currency),
                as_text(typed["unit_amount"], typed["currency"]),
            ),
            ("Description", product.description or "", typed["description"] or ""),
        )
        if stored != written_anew
    ]
    again = ProductForm(initial={**request.POST.dict(), "seen": product.modified_at.isoformat()})
    return _form_page(request, product, again, editor, status=409, differing=differing, is_changed=True)


def _form_page(
    request: StaffRequest,
    product: Product | None,
    form: ProductForm,
    editor: MetadataEditor,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    cancel_url = (
        address(request, "staff-product", product.id) if product else address(request, "staff-products")
    )
    context = {
        "product": product,
        "form": form,
        "editor": editor,
        "kinds": KINDS,
        "add": ADD,
        "remove": REMOVE,
        "cancel_url": cancel_url,
        **more,
    }
    return render(request, "checkout/product_form.html", context, status=status)
