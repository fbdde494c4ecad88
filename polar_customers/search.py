"""The search box: straight to the one thing that the text names, or to the customers that it may mean."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from organizations.staff import StaffRequest
from polar_customers.dashboard import LOOKUPS


def search(request: StaffRequest) -> HttpResponse:
    """Asks the features' lookups one after the other (`dashboard.LOOKUPS`); the first exact hit wins."""
    text = request.GET.get("q", "").strip()  # no ID and no address has white space around it
    for lookup in LOOKUPS if text else ():
        address = lookup(request.organization, text)
        if address is not None:
            return redirect(address)
    customers = reverse("dashboard:customers", args=[request.organization.slug])
    return redirect(f"{customers}?{urlencode({'search': text})}" if text else customers)
