"""What finds deleted customers."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_rules")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("search_text"), "gin_trgm_ops"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_search",
            ),
        ),
    ]
