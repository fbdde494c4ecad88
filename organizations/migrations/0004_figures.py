"""The scope of figures, and the time zone that they go by."""

import django.contrib.postgres.fields
from django.db import migrations, models

import organizations.time_zones


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0003_event_scopes"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="organization",
            name="time_zone",
            field=models.CharField(
                db_default="UTC",
                default="UTC",
                help_text="Whose calendar and clocks the figures go by unless another is asked for, such as Europe/Berlin.",
                max_length=64,
                validators=[organizations.time_zones.check_time_zone],
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("customers:read", "Read customers"),
                        ("customers:write", "Create, change and delete customers"),
                        ("products:read", "Read products"),
                        ("products:write", "Create, change and archive products"),
                        ("checkout_sessions:read", "Read checkout sessions, with the links to their pages"),
                        ("checkout_sessions:write", "Create, change and expire checkout sessions"),
                        ("orders:read", "Read orders"),
                        ("events:read", "Read events"),
                        ("events:write", "Send events and define meters"),
                        ("metrics:read", "Read figures: revenue, orders, customers and usage"),
                    ],
                    max_length=64,
                ),
                size=None,
            ),
        ),
    ]
