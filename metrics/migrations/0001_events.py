"""Events, the IDs that they wait under, and the sums that are kept of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import api.metadata
import metrics.models.rollups
import organizations.fields
import organizations.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0005_deleted_orderings"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "customer_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("events", models.BigIntegerField()),
                ("quarters", metrics.models.rollups.QuartersField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
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
                "db_table": "rollup_customer_days",
            },
        ),
        migrations.CreateModel(
            name="CustomerMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "month",
                        "customer_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
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
                "db_table": "rollup_customer_months",
            },
        ),
        migrations.CreateModel(
            name="EventName",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(db_collation="C", editable=False, max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                "db_table": "event_names",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="OrganizationDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("events", models.BigIntegerField()),
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
                "db_table": "rollup_days",
            },
        ),
        migrations.CreateModel(
            name="OrganizationQuarter",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "quarter",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quarter", models.DateTimeField()),
                ("events", models.BigIntegerField()),
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
                "db_table": "rollup_quarters",
            },
        ),
        migrations.CreateModel(
            name="UnmatchedID",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "external_customer_id",
                    models.CharField(
                        db_collation="C", editable=False, max_length=255, verbose_name="external customer ID"
                    ),
                ),
                ("count", models.BigIntegerField(default=0, help_text="How many events wait, or waited.")),
                (
                    "first_seen",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When the earliest of them happened."
                    ),
                ),
                (
                    "last_seen",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When the latest of them happened."
                    ),
                ),
                (
                    "names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Which names of events they have.",
                        size=None,
                    ),
                ),
                ("claimed_at", models.DateTimeField(help_text="When the customer got the ID.", null=True)),
                (
                    "bound_at",
                    models.DateTimeField(help_text="When the last of the events was bound to it.", null=True),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
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
                "db_table": "unmatched_ids",
                "verbose_name": "unmatched ID",
                "ordering": ("-last_seen", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("timestamp", models.DateTimeField(help_text="When it happened.")),
                ("received_at", models.DateTimeField(editable=False, help_text="When it arrived here.")),
                (
                    "named_customer",
                    models.BooleanField(
                        help_text="Whether it came with our ID of the customer instead of the external one."
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        db_collation="C",
                        editable=False,
                        max_length=255,
                        null=True,
                        verbose_name="event's own ID",
                    ),
                ),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
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
                (
                    "name",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.eventname",
                    ),
                ),
                (
                    "unmatched",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="What it waits under, or waited under until it was bound; null when it never had to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="metrics.unmatchedid",
                    ),
                ),
            ],
            options={
                "db_table": "events",
                "ordering": ("-timestamp", "-id"),
            },
        ),
        migrations.CreateModel(
            name="EventBatch",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("last_id", models.UUIDField(editable=False)),
                ("size", models.IntegerField(editable=False)),
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
                "db_table": "event_batches",
                "indexes": [models.Index(models.F("organization"), models.F("id"), name="idx_event_batches")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_id__gte", models.F("id")), ("size__gte", 1)),
                        name="event_batches_range",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="eventname",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"), name="event_names_name_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="unmatchedid",
            index=models.Index(
                models.F("organization"),
                models.F("last_seen"),
                models.F("id"),
                condition=models.Q(("customer__isnull", True)),
                name="idx_unmatched_last_seen",
            ),
        ),
        migrations.AddIndex(
            model_name="unmatchedid",
            index=models.Index(
                models.F("organization"),
                models.F("count"),
                models.F("id"),
                condition=models.Q(("customer__isnull", True)),
                name="idx_unmatched_count",
            ),
        ),
        migrations.AddIndex(
            model_name="unmatchedid",
            index=models.Index(
                models.F("organization"),
                models.F("customer"),
                condition=models.Q(("bound_at__isnull", True), ("customer__isnull", False)),
                name="idx_unmatched_unbound",
            ),
        ),
        migrations.AddConstraint(
            model_name="unmatchedid",
            constraint=models.UniqueConstraint(
                condition=models.Q(("customer__isnull", True)),
                fields=("organization", "external_customer_id"),
                name="unmatched_ids_open_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="unmatchedid",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="unmatched_ids_organization_id_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(models.F("organization"), models.F("timestamp"), name="idx_events_timestamp"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(models.F("name"), models.F("timestamp"), name="idx_events_name"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                models.F("customer"),
                models.F("timestamp"),
                condition=models.Q(("customer__isnull", False)),
                name="idx_events_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                models.F("unmatched"),
                models.F("timestamp"),
                condition=models.Q(("customer__isnull", True)),
                name="idx_events_unmatched",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                models.F("organization"),
                models.F("timestamp"),
                condition=models.Q(("customer__isnull", True)),
                name="idx_events_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=("organization", "external_id"),
                name="idx_events_external_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("customer__isnull", False), ("unmatched__isnull", False), _connector="OR"
                ),
                name="events_somebodys",
            ),
        ),
    ]
