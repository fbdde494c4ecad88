"""Where the customers API is. Everything behind `external_id/` is the ID, so no route may follow it."""

from __future__ import annotations

from django.urls import path, register_converter

from customers.api.views import CustomerByExternalIDViewSet, CustomerViewSet


class RestOfPathConverter:
    """All that is left of the path: slashes, line breaks, nothing."""

    regex = r"[\s\S]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RestOfPathConverter, "rest")

urlpatterns = [
    path(
        "customers/external_id/<rest:external_customer_id>",
        CustomerByExternalIDViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        ),
        name="customer-by-external-id",
    ),
    path("customers", CustomerViewSet.as_view({"get": "list", "post": "create"}), name="customers"),
    path("customers/export", CustomerViewSet.as_view({"get": "export"}), name="customers-export"),
    path(
        "customers/<str:customer_id>",
        CustomerViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="customer",
    ),
]
