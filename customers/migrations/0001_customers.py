"""Customers, their indexes and their history."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import api.metadata
import api.text
import customers.external_ids
import customers.models
import customers.querysets
import organizations.fields
import organizations.ids

# The case mapping of Unicode, whatever locale the database was made with: the built-in one where there is one (17 and
# newer), the C library's otherwise. upper(lower()) brings together what one of them leaves apart, as ς and σ.
#
# The collation's name is written out with its schema, since PostgreSQL builds indexes with an empty search path.
CREATE_FOLD_CASE = """
DO $do$
DECLARE mapping text := 'pg_catalog.pg_c_utf8';
BEGIN
  IF current_setting('server_version_num')::int < 170000 THEN
    CREATE COLLATION case_folding (provider = libc, locale = 'C.UTF-8');
    mapping := format('%I.case_folding', current_schema());
  END IF;
  EXECUTE format($sql$
    CREATE FUNCTION fold_case(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $f$ SELECT upper(lower($1 COLLATE %s)) COLLATE "C" $f$
  $sql$, mapping);
END $do$;
"""
DROP_FOLD_CASE = "DROP FUNCTION fold_case(text); DROP COLLATION IF EXISTS case_folding;"

# Enough of a sample for the planner to tell a rare fragment from a common one, and no more: it compares the fragment
# with each of them whenever it plans a search.
MORE_STATISTICS = "ALTER TABLE customers ALTER COLUMN search_text SET STATISTICS 300"
FEWER_STATISTICS = "ALTER TABLE customers ALTER COLUMN search_text SET STATISTICS -1"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organizations", "0001_initial"),
    ]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(CREATE_FOLD_CASE, DROP_FOLD_CASE),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "external_customer_id",
                    customers.external_ids.ExternalCustomerIDField(
                        blank=True,
                        db_collation="C",
                        help_text="The customer's ID in your own system. It can be set once and never changes after that.",
                        max_length=255,
                        null=True,
                        verbose_name="external customer ID",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        db_collation="C",
                        max_length=256,
                        null=True,
                        validators=[api.text.check_characters],
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        db_collation="C",
                        max_length=254,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="e-mail address",
                    ),
                ),
                ("billing_address", customers.models.BillingAddressField(blank=True, null=True)),
                (
                    "tax_id",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="tax ID",
                    ),
                ),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "search_text",
                    models.GeneratedField(
                        db_persist=True,
                        expression=customers.querysets.FoldCase(
                            django.db.models.functions.text.Concat(
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("external_customer_id"), models.Value("")
                                ),
                                models.Value("\x1f"),
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("name"), models.Value("")
                                ),
                                models.Value("\x1f"),
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("email"), models.Value("")
                                ),
                                output_field=models.TextField(),
                            )
                        ),
                        output_field=models.TextField(db_collation="C"),
                    ),
                ),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "customers",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="CustomerChange",
            fields=[
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=organizations.ids.new_id, editable=False, serialize=False)),
                (
                    "external_customer_id",
                    customers.external_ids.ExternalCustomerIDField(
                        blank=True,
                        db_collation="C",
                        help_text="The customer's ID in your own system. It can be set once and never changes after that.",
                        max_length=255,
                        null=True,
                        verbose_name="external customer ID",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        db_collation="C",
                        max_length=256,
                        null=True,
                        validators=[api.text.check_characters],
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        db_collation="C",
                        max_length=254,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="e-mail address",
                    ),
                ),
                ("billing_address", customers.models.BillingAddressField(blank=True, null=True)),
                (
                    "tax_id",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="tax ID",
                    ),
                ),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="changes",
                        related_query_name="change",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "db_table": "customer_changes",
                "ordering": ("-pgh_id",),
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("created_at"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="idx_customers_created",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("name"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="idx_customers_name",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("email"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="idx_customers_email",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("external_customer_id"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True), ("external_customer_id__isnull", True)),
                name="idx_customers_without_id",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                models.F("created_at"),
                models.F("id"),
                condition=models.Q(("deleted_at__isnull", True), ("external_customer_id__isnull", True)),
                name="idx_customers_no_id_created",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("organization"),
                customers.querysets.FoldCase("email"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="idx_customers_email_folded",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("search_text"), "gin_trgm_ops"),
                condition=models.Q(("deleted_at__isnull", True)),
                gin_pending_list_limit=256,
                name="idx_customers_search",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("metadata"), "jsonb_path_ops"),
                condition=models.Q(("deleted_at__isnull", True)),
                gin_pending_list_limit=256,
                name="idx_customers_metadata",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_customer_id__isnull", False), ("deleted_at__isnull", True)),
                fields=("organization", "external_customer_id"),
                name="idx_customers_org_external_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="customers_organization_id_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_customer_id", ""), _negated=True),
                name="customers_external_customer_id_not_empty",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customer",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "customer_changes" ("billing_address", "created_at", "deleted_at", "email", "external_customer_id", "id", "metadata", "modified_at", "name", "organization_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "tax_id") VALUES (NEW."billing_address", NEW."created_at", NEW."deleted_at", NEW."email", NEW."external_customer_id", NEW."id", NEW."metadata", NEW."modified_at", NEW."name", NEW."organization_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."tax_id"); RETURN NULL;',
                    hash="7684efa87e03fef8cc86831e5b75c4dfaea496c9",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_49d68",
                    table="customers",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customer",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."billing_address" IS DISTINCT FROM (NEW."billing_address") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."deleted_at" IS DISTINCT FROM (NEW."deleted_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."external_customer_id" IS DISTINCT FROM (NEW."external_customer_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."metadata" IS DISTINCT FROM (NEW."metadata") OR OLD."modified_at" IS DISTINCT FROM (NEW."modified_at") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."tax_id" IS DISTINCT FROM (NEW."tax_id"))',
                    func='INSERT INTO "customer_changes" ("billing_address", "created_at", "deleted_at", "email", "external_customer_id", "id", "metadata", "modified_at", "name", "organization_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "tax_id") VALUES (NEW."billing_address", NEW."created_at", NEW."deleted_at", NEW."email", NEW."external_customer_id", NEW."id", NEW."metadata", NEW."modified_at", NEW."name", NEW."organization_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."tax_id"); RETURN NULL;',
                    hash="a9bd8908faa49bb99d6aa6c73c5868c83962670d",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_c4016",
                    table="customers",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="customerchange",
            index=models.Index(
                fields=["organization", "pgh_obj", "pgh_id"], name="idx_customer_changes_customer"
            ),
        ),
        migrations.RunSQL(MORE_STATISTICS, FEWER_STATISTICS),
    ]
