"""The administration as a whole: its name, what none of its lists offers, and what is no part of it."""

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
