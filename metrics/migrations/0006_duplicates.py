"""Which events were sent again, and what that said otherwise. What the database guarantees of it is as for events."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import organizations.fields

GUARD = """
-- In place of a foreign key, which would lock the row of each event; none is ever removed.
CREATE FUNCTION event_duplicates_check_events() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF EXISTS (
    SELECT FROM added WHERE NOT EXISTS (
      SELECT FROM events WHERE events.id = added.event_id AND events.organization_id = added.organization_id
    )
  ) THEN
    PERFORM metrics_refuse('event_duplicates', 'event_duplicates_event_fk',
      'What was sent again is an event of the same organization.');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION event_duplicates_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.event_id <> OLD.event_id OR NEW.organization_id <> OLD.organization_id OR NEW.count < OLD.count THEN
    PERFORM metrics_refuse('event_duplicates', 'event_duplicates_immutable',
      'How often an event was sent again is never forgotten.');
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER event_duplicates_check_events AFTER INSERT ON event_duplicates
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION event_duplicates_check_events();
CREATE TRIGGER event_duplicates_guard_update BEFORE UPDATE ON event_duplicates
  FOR EACH ROW EXECUTE FUNCTION event_duplicates_guard_update();
CREATE TRIGGER event_duplicates_guard_delete BEFORE DELETE ON event_duplicates
  FOR EACH ROW EXECUTE FUNCTION metrics_guard_delete();
CREATE TRIGGER event_duplicates_guard_truncate BEFORE TRUNCATE ON event_duplicates
  FOR EACH STATEMENT EXECUTE FUNCTION metrics_guard_delete();
ALTER TABLE event_duplicates
  ENABLE ALWAYS TRIGGER event_duplicates_check_events,
  ENABLE ALWAYS TRIGGER event_duplicates_guard_update,
  ENABLE ALWAYS TRIGGER event_duplicates_guard_delete,
  ENABLE ALWAYS TRIGGER event_duplicates_guard_truncate;
"""
DROP = """
DROP TRIGGER event_duplicates_guard_truncate ON event_duplicates;
DROP TRIGGER event_duplicates_guard_delete ON event_duplicates;
DROP TRIGGER event_duplicates_guard_update ON event_duplicates;
DROP TRIGGER event_duplicates_check_events ON event_duplicates;
DROP FUNCTION event_duplicates_guard_update();
DROP FUNCTION event_duplicates_check_events();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0005_meters"),
        ("organizations", "0004_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Duplicates",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="duplicates",
                        serialize=False,
                        to="metrics.event",
                    ),
                ),
                ("count", models.BigIntegerField(help_text="How often it was sent again.")),
                ("first_at", models.DateTimeField(help_text="When that was for the first time.")),
                ("last_at", models.DateTimeField(help_text="When that was for the last time.")),
                (
                    "differed_at",
                    models.DateTimeField(
                        help_text="When one last said anything else than the event.", null=True
                    ),
                ),
                (
                    "differences",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(
                            choices=[
                                ("name", "name"),
                                ("external_customer_id", "external customer ID"),
                                ("customer_id", "customer"),
                                ("timestamp", "time"),
                                ("metadata", "metadata"),
                            ]
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "external_customer_id",
                    models.CharField(
                        db_collation="C",
                        help_text="Whose it was then, when it is another's than the event's.",
                        max_length=255,
                        null=True,
                        verbose_name="external customer ID",
                    ),
                ),
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
                "db_table": "event_duplicates",
                "indexes": [
                    models.Index(
                        models.F("organization"),
                        models.F("external_customer_id"),
                        models.F("differed_at"),
                        condition=models.Q(("external_customer_id__isnull", False)),
                        name="idx_event_duplicates_other_id",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 1), ("first_at__lte", models.F("last_at"))),
                        name="event_duplicates_count",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("differed_at__isnull", False),
                            models.Q(("differences__len", 0), ("external_customer_id__isnull", True)),
                            _connector="OR",
                        ),
                        name="event_duplicates_differed",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, DROP),
    ]
