"""The dashboard's list of meters, as an address asks for it."""

from __future__ import annotations

from django.db.models import QuerySet

from api.listing import Listing
from checkout.filters import parameters_of
from metrics.filters import MeterFilter
from metrics.models import Meter


class MeterListing(Listing[Meter]):
    filters = MeterFilter
    parameters = parameters_of(MeterFilter)
    orderings = ("created_at", "name")
    labels = {"created_after": "Created since", "created_before": "Created before"}
    has_place = ("archived",)

    def everything(self) -> QuerySet[Meter]:
        return Meter.objects.for_organization(self.membership.organization)
