"""The orderings of the deleted, as those of the live."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_saved_views"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("created_at"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_created",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("name"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_name",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("email"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_email",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("external_customer_id"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_ext_id",
            ),
        ),
    ]
