"""Every route of the product: the API under /v1, pages for people, and what operations ask."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from api.openapi_views import Docs, openapi_json
from api.views import healthz, metrics, readyz
from organizations.models import Membership
from organizations.staff import staff_path, staff_routes
from polar_customers.dashboard import PAGES
from polar_customers.id_check import id_check
from polar_customers.overview import overview
from polar_customers.search import search

VIEWER = Membership.Role.VIEWER

organization_pages = [
    staff_path("", overview, read=VIEWER, write=None, name="overview"),
    staff_path("search", search, read=VIEWER, write=None, name="search"),
    staff_path("developers/test-id", id_check, read=VIEWER, write=None, name="test-id"),
    *PAGES,
]

# Routes are tried one after the other, so what is asked most stands first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("customers.api.urls")),
    path("v1/", include("metrics.api.urls")),
    path("v1/", include("metrics.api.figures.urls")),
    path("v1/", include("metrics.api.meters.urls")),
    path("v1/", include("checkout.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("v1/openapi.json", openapi_json, name="openapi"),
    path("v1/docs", Docs.as_view(), name="docs"),
    path("", include("checkout.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("organizations.urls")),
    path("o/<slug:organization>", RedirectView.as_view(pattern_name="dashboard:overview")),
    path("o/<slug:organization>/", include((staff_routes(organization_pages), "dashboard"))),
]

handler400 = "polar_customers.views.bad_request"
handler403 = "polar_customers.views.forbidden"
handler404 = "polar_customers.views.not_found"
handler500 = "polar_customers.views.server_error"
