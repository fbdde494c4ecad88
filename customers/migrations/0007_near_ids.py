"""What finds IDs that differ in letter case or in compatibility forms alone. Readers and writers wait for nothing, and
a run that was cut short can be repeated."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import customers.querysets


class Migration(migrations.Migration):
    atomic = False  # for CONCURRENTLY

    dependencies = [("customers", "0006_search_grams")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS idx_customers_near_id", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                customers.querysets.NearForm(models.F("external_customer_id")),
                condition=models.Q(("deleted_at__isnull", True), ("external_customer_id__isnull", False)),
                name="idx_customers_near_id",
            ),
        ),
    ]
