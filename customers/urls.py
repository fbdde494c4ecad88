"""The dashboard's pages about customers."""

from __future__ import annotations

from customers.views import changes, lists, record, saved
from organizations.models import Membership
from organizations.staff import staff_path

VIEWER, MEMBER = Membership.Role.VIEWER, Membership.Role.MEMBER

staff_patterns = [
    staff_path("customers", lists.customers, read=VIEWER, write=None, name="customers"),
    staff_path("customers/export", lists.export, read=VIEWER, write=None, name="customers-export"),
    # a person's own bookmarks, no part of the organization's data
    staff_path("customers/views", saved.save_view, read=VIEWER, write=VIEWER, name="view-save"),
    staff_path(
        "customers/views/<uuid:view_id>", saved.edit_view, read=VIEWER, write=VIEWER, name="view-edit"
    ),
    staff_path("customers/new", changes.create, read=MEMBER, write=MEMBER, name="customer-create"),
    staff_path("customers/<uuid:customer_id>", record.customer, read=VIEWER, write=None, name="customer"),
    staff_path(
        "customers/<uuid:customer_id>/history",
        record.history,
        read=VIEWER,
        write=None,
        name="customer-history",
    ),
    staff_path(
        "customers/<uuid:customer_id>/edit", changes.edit, read=MEMBER, write=MEMBER, name="customer-edit"
    ),
    staff_path(
        "customers/<uuid:customer_id>/external_id",
        changes.set_external_id,
        read=MEMBER,
        write=MEMBER,
        name="customer-set-id",
    ),
    staff_path(
        "customers/<uuid:customer_id>/delete",
        changes.delete,
        read=MEMBER,
        write=MEMBER,
        name="customer-delete",
    ),
]
