"""The scopes of events. A token that exists keeps those that it has."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0002_scopes"),
    ]

    operations = [
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
                        ("events:read", "Read events and figures"),
                        ("events:write", "Send events and define meters"),
                    ],
                    max_length=64,
                ),
                size=None,
            ),
        ),
    ]
