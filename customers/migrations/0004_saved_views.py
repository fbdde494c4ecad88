"""Lists that people come back to."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import api.text
import organizations.fields
import organizations.ids

# A saved view belongs to somebody's place in an organization, and goes with it.
ADD_MEMBERSHIP = """
ALTER TABLE customer_saved_views ADD CONSTRAINT customer_saved_views_membership_fk
  FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
"""
DROP_MEMBERSHIP = "ALTER TABLE customer_saved_views DROP CONSTRAINT customer_saved_views_membership_fk;"


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_deleted"),
        ("organizations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=64, validators=[api.text.check_characters])),
                (
                    "query",
                    models.TextField(
                        blank=True,
                        help_text="What stands behind the question mark in the list's address.",
                        validators=[django.core.validators.MaxLengthValidator(4096)],
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "customer_saved_views",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "user", "name"),
                        name="customer_saved_views_name_unique",
                        violation_error_message="You have a view of this name already.",
                    )
                ],
            },
        ),
        migrations.RunSQL(ADD_MEMBERSHIP, DROP_MEMBERSHIP),
    ]
