"""Where the events API is."""

from __future__ import annotations

from django.urls import path

from metrics.api.explanation.views import ExplanationViewSet
from metrics.api.views import EventIngestionViewSet, EventNameViewSet, EventViewSet, UnmatchedIDViewSet

urlpatterns = [
    path("events", EventViewSet.as_view({"get": "list"}), name="events"),
    path("events/explain", ExplanationViewSet.as_view({"get": "explain"}), name="events-explain"),
    path("events/ingest", EventIngestionViewSet.as_view({"post": "ingest"}), name="events-ingest"),
    path("events/names", EventNameViewSet.as_view({"get": "list"}), name="event-names"),
    path("events/unmatched", UnmatchedIDViewSet.as_view({"get": "list"}), name="unmatched-events"),
    path("events/<str:event_id>", EventViewSet.as_view({"get": "retrieve"}), name="event"),
]
