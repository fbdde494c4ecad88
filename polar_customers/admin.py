"""The administration as a whole: its name, what none of its lists offers, what is no part of it, and where a customer's
page leads on to."""

from dataclasses import dataclass

import procrastinate.contrib.django.admin  # noqa: F401 - registers what is taken away below
from django.conf import settings
from django.contrib import admin
from procrastinate.contrib.django.models import ProcrastinateJob

admin.site.site_header = settings.PRODUCT_NAME
admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Support"
admin.site.site_url = None
admin.site.disable_action("delete_selected")
# Jobs are for operators, who read of them in the logs.
admin.site.unregister(ProcrastinateJob)


@dataclass(frozen=True, slots=True)
class CustomerList:
    """A list of what belongs to customers. It finds a customer's by the customer's internal ID; `route` is its name."""

    label: str
    route: str


CUSTOMER_LISTS: tuple[CustomerList, ...] = (
    CustomerList("Checkout sessions", "admin:checkout_checkoutsession_changelist"),
    CustomerList("Orders", "admin:checkout_order_changelist"),
    CustomerList("Events", "admin:metrics_event_changelist"),
)
