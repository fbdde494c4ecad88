"""Where the dashboard's pages about figures, events and meters are."""

from __future__ import annotations

from metrics.views import events, explanations, meters, of_customer, reports, unmatched, usage
from organizations.models import Membership
from organizations.staff import staff_path

VIEWER, MEMBER = Membership.Role.VIEWER, Membership.Role.MEMBER

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
    staff_path("events", events.events, read=VIEWER, write=None, name="staff-events"),
    staff_path("events/export", events.export, read=VIEWER, write=None, name="staff-events-export"),
    staff_path(
        "events/unmatched",
        unmatched.unmatched,
        read=VIEWER,
        write=MEMBER,
        name="staff-unmatched-events",
    ),
    staff_path("events/explain", explanations.explain, read=VIEWER, write=None, name="staff-events-explain"),
    staff_path("events/<uuid:event_id>", events.event, read=VIEWER, write=None, name="staff-event"),
    staff_path(
        "customers/<uuid:customer_id>/events",
        of_customer.events,
        read=VIEWER,
        write=None,
        name="customer-events",
    ),
    staff_path("meters", meters.meters, read=VIEWER, write=None, name="staff-meters"),
    staff_path("meters/create", meters.create, read=MEMBER, write=MEMBER, name="staff-meter-create"),
    staff_path("meters/<uuid:meter_id>", meters.meter, read=VIEWER, write=None, name="staff-meter"),
    staff_path(
        "meters/<uuid:meter_id>/rename",
        meters.rename,
        read=MEMBER,
        write=MEMBER,
        name="staff-meter-rename",
    ),
    staff_path(
        "meters/<uuid:meter_id>/archive",
        meters.archive,
        read=MEMBER,
        write=MEMBER,
        name="staff-meter-archive",
    ),
    staff_path(
        "customers/<uuid:customer_id>/usage",
        usage.usage,
        read=VIEWER,
        write=None,
        name="customer-usage",
    ),
]
