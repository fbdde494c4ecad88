"""Where the API of figures is."""

from __future__ import annotations

from django.urls import path

from metrics.api.figures.views import RankingViewSet, ReportViewSet

urlpatterns = [
    path("metrics", ReportViewSet.as_view({"get": "report"}), name="metrics-report"),
    path("metrics/customers", RankingViewSet.as_view({"get": "list"}), name="metrics-customers"),
]
