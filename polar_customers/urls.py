"""Every route of the product: the API under /v1, pages for people, and what operations ask."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from api.views import healthz, metrics, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("v1/", include("customers.api.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "polar_customers.views.bad_request"
handler403 = "polar_customers.views.forbidden"
handler404 = "polar_customers.views.not_found"
handler500 = "polar_customers.views.server_error"
