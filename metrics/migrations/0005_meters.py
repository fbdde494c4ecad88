"""Meters. What one counts never changes."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import api.metadata
import api.text
import organizations.fields
import organizations.ids

# Another meter can be defined, and this one archived; figures that somebody has read would become others.
GUARD = """
CREATE FUNCTION meters_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.organization_id, NEW.function, NEW.property_name, NEW.event_name, NEW.event_metadata, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.organization_id, OLD.function, OLD.property_name, OLD.event_name, OLD.event_metadata, OLD.created_at)
  THEN
    PERFORM metrics_refuse('meters', 'meters_immutable', 'What a meter counts never changes.');
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER meters_guard_update BEFORE UPDATE ON meters
  FOR EACH ROW EXECUTE FUNCTION meters_guard_update();
ALTER TABLE meters ENABLE ALWAYS TRIGGER meters_guard_update;
"""
DROP = """
DROP TRIGGER meters_guard_update ON meters;
DROP FUNCTION meters_guard_update();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0004_references"),
        ("organizations", "0004_figures"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Meter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        db_collation="C", max_length=256, validators=[api.text.check_characters]
                    ),
                ),
                (
                    "function",
                    models.CharField(
                        choices=[
                            ("count", "How many events"),
                            ("sum", "Sum of a property"),
                            ("min", "Smallest value of a property"),
                            ("max", "Largest value of a property"),
                            ("avg", "Average of a property"),
                            ("unique", "Different values of a property"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "property_name",
                    models.CharField(
                        blank=True,
                        db_collation="C",
                        help_text="The key of the events' metadata; null for a count.",
                        max_length=40,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="property",
                    ),
                ),
                (
                    "event_name",
                    models.CharField(
                        blank=True,
                        db_collation="C",
                        help_text="The name of the events that it counts; null for events of any name.",
                        max_length=255,
                        null=True,
                    ),
                ),
                (
                    "event_metadata",
                    api.metadata.MetadataField(
                        blank=True,
                        default=dict,
                        help_text="What the metadata of the events that it counts says.",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "meters",
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        models.F("organization"),
                        models.F("created_at"),
                        models.F("id"),
                        name="idx_meters_created",
                    ),
                    models.Index(
                        models.F("organization"), models.F("name"), models.F("id"), name="idx_meters_name"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("function", "count"), ("property_name__isnull", True)),
                            models.Q(
                                ("function__in", ("sum", "min", "max", "avg", "unique")),
                                ("property_name__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="meters_aggregation",
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, DROP),
    ]
