"""The administration as a whole: its name, and what none of its lists offers."""

from django.conf import settings
from django.contrib import admin

admin.site.site_header = settings.PRODUCT_NAME
admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Support"
admin.site.site_url = None
admin.site.disable_action("delete_selected")
