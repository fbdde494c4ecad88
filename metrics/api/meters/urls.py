"""Where the API of meters is."""

from __future__ import annotations

from django.urls import path

from metrics.api.meters.views import MeteredCustomerViewSet, MeterViewSet, QuantityViewSet

urlpatterns = [
    path("meters", MeterViewSet.as_view({"get": "list", "post": "create"}), name="meters"),
    path(
        "meters/<str:meter_id>",
        MeterViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="meter",
    ),
    path(
        "meters/<str:meter_id>/quantities",
        QuantityViewSet.as_view({"get": "quantities"}),
        name="meter-quantities",
    ),
    path(
        "meters/<str:meter_id>/customers",
        MeteredCustomerViewSet.as_view({"get": "list"}),
        name="meter-customers",
    ),
]
