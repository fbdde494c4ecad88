"""Where the dashboard's pages about figures, events and meters are."""

from __future__ import annotations

from metrics.views import reports
from organizations.models import Membership
from organizations.staff import staff_path

VIEWER = Membership.Role.VIEWER

staff_patterns = [
    staff_path("metrics", reports.metrics, read=VIEWER, write=None, name="staff-metrics"),
    staff_path("metrics/export", reports.export, read=VIEWER, write=None, name="staff-metrics-export"),
    staff_path(
        "metrics/export/customers",
        reports.export_customers,
        read=VIEWER,
        write=None,
        name="staff-metrics-customers-export",
    ),
]
