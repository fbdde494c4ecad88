"""Saved views of the list: a person's own, so that even those who may change nothing else have them."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render

from customers import saved_views
from customers.forms import SavedViewForm, refuse
from customers.listing import CustomerListing, tidied
from customers.models import SavedView
from customers.views.access import list_address
from organizations.staff import StaffRequest


def save_view(request: StaffRequest) -> HttpResponse:
    """Saves the list of the query under a name. What of the query makes no sense isn't saved."""
    if request.method != "POST":
        return redirect(list_address(request, ""))
    listing = CustomerListing(tidied(QueryDict(request.POST.get("query", ""))), request.membership)
    form = SavedViewForm(request.POST)
    if form.is_valid():
        try:
            view = saved_views.save_view(
                membership=request.membership, name=form.cleaned_data["name"], query=listing.view
            )
        except ValidationError as error:
            refuse(form, error, organization=request.organization.slug)
        else:
            return redirect(list_address(request, view.query))
    context = {
        "form": form,
        "query": listing.view,
        "cancel_url": list_address(request, listing.view),
    }
    return render(request, "customers/view_save.html", context, status=422)


def edit_view(request: StaffRequest, view_id: uuid.UUID) -> HttpResponse:
    """Renames a saved view, or deletes it."""
    view = get_object_or_404(SavedView.objects.of(request.membership), id=view_id)
    form = SavedViewForm(request.POST or None, initial={"name": view.name})
    if "delete" in request.POST:
        saved_views.delete_view(view=view)
        return redirect(list_address(request, ""))
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.rename_view(view=view, name=form.cleaned_data["name"])
        except ValidationError as error:
            view.refresh_from_db()
            refuse(form, error, organization=request.organization.slug)
        else:
            return redirect(list_address(request, view.query))
    return render(
        request,
        "customers/view_edit.html",
        {"form": form, "view": view, "cancel_url": list_address(request, view.query)},
        status=422 if form.is_bound else 200,
    )
