"""Orders, checkout sessions and new customers leave a mark of what they add to the tallies, whoever writes them.

Triggers in SQL that fire ALWAYS, a statement at a time, in the writer's transaction: a mark is there exactly if what it
marks is. Nobody waits for anybody else's: a mark is a row of its own. What is there already is added by migration 0009.
"""

import django.db.models.deletion
from django.db import migrations, models

import organizations.fields

CREATE = """
SET LOCAL lock_timeout = '10s';
-- In the order in which a completion writes them.
LOCK TABLE checkout_sessions, customers, orders IN SHARE ROW EXCLUSIVE MODE;

-- The origin lies before all that is counted: of what is before it, versions of PostgreSQL make different things.
CREATE FUNCTION tally_quarter_of(moment timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_bin('15 minutes', moment, '0001-01-01 00:00Z');

CREATE FUNCTION tally_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tally_marks (organization_id, quarter, source, currency, count, amount)
  SELECT organization_id, tally_quarter_of(created_at), 'customers', '', count(*), 0 FROM added GROUP BY 1, 2;
  RETURN NULL;
END $$;

CREATE FUNCTION tally_moved_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tally_marks (organization_id, quarter, source, currency, count, amount) VALUES
    (OLD.organization_id, tally_quarter_of(OLD.created_at), 'customers', '', -1, 0),
    (NEW.organization_id, tally_quarter_of(NEW.created_at), 'customers', '', 1, 0);
  RETURN NULL;
END $$;

CREATE FUNCTION tally_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tally_marks (organization_id, quarter, source, currency, count, amount)
  SELECT organization_id, tally_quarter_of(created_at), 'checkouts', '', count(*),
    count(*) FILTER (WHERE status = 'complete')
  FROM added GROUP BY 1, 2;
  RETURN NULL;
END $$;

CREATE FUNCTION tally_completed_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tally_marks (organization_id, quarter, source, currency, count, amount)
  VALUES (NEW.organization_id, tally_quarter_of(NEW.created_at), 'checkouts', '', 0, 1);
  RETURN NULL;
END $$;

CREATE FUNCTION tally_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tally_marks (organization_id, quarter, source, currency, count, amount)
  SELECT organization_id, tally_quarter_of(created_at), 'orders', currency, count(*), sum(amount_total)
  FROM added GROUP BY 1, 2, 4;
  RETURN NULL;
END $$;

-- Nothing else of them changes what is counted: rows are never removed, and keep what else is read here.
CREATE TRIGGER tally_customers AFTER INSERT ON customers
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_customers();
CREATE TRIGGER tally_moved_customer AFTER UPDATE OF created_at ON customers
  FOR EACH ROW WHEN (NEW.created_at <> OLD.created_at) EXECUTE FUNCTION tally_moved_customer();
CREATE TRIGGER tally_sessions AFTER INSERT ON checkout_sessions
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_sessions();
CREATE TRIGGER tally_completed_session AFTER UPDATE OF status ON checkout_sessions
  FOR EACH ROW WHEN (NEW.status = 'complete' AND OLD.status <> 'complete') EXECUTE FUNCTION tally_completed_session();
CREATE TRIGGER tally_orders AFTER INSERT ON orders
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_orders();
ALTER TABLE customers ENABLE ALWAYS TRIGGER tally_customers, ENABLE ALWAYS TRIGGER tally_moved_customer;
ALTER TABLE checkout_sessions ENABLE ALWAYS TRIGGER tally_sessions, ENABLE ALWAYS TRIGGER tally_completed_session;
ALTER TABLE orders ENABLE ALWAYS TRIGGER tally_orders;
"""
DROP = """
SET LOCAL lock_timeout = '10s';
LOCK TABLE checkout_sessions, customers, orders IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER tally_orders ON orders;
DROP TRIGGER tally_completed_session ON checkout_sessions;
DROP TRIGGER tally_sessions ON checkout_sessions;
DROP TRIGGER tally_moved_customer ON customers;
DROP TRIGGER tally_customers ON customers;
DROP FUNCTION tally_orders();
DROP FUNCTION tally_completed_session();
DROP FUNCTION tally_sessions();
DROP FUNCTION tally_moved_customer();
DROP FUNCTION tally_customers();
DROP FUNCTION tally_quarter_of(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0007_waited"),
        ("customers", "0007_near_ids"),
        ("checkout", "0006_by_session"),
        ("organizations", "0004_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="TallyDay",
            fields=[
                (
                    "source",
                    models.TextField(
                        db_collation="C", help_text="What is counted: orders, checkouts or customers."
                    ),
                ),
                (
                    "currency",
                    models.TextField(db_collation="C", help_text="Of orders; empty for the others."),
                ),
                ("count", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=0, max_digits=40)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "source",
                        "currency",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
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
                "db_table": "tally_days",
            },
        ),
        migrations.CreateModel(
            name="TallyQuarter",
            fields=[
                (
                    "source",
                    models.TextField(
                        db_collation="C", help_text="What is counted: orders, checkouts or customers."
                    ),
                ),
                (
                    "currency",
                    models.TextField(db_collation="C", help_text="Of orders; empty for the others."),
                ),
                ("count", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=0, max_digits=40)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "quarter",
                        "source",
                        "currency",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quarter", models.DateTimeField()),
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
                "db_table": "tally_quarters",
            },
        ),
        migrations.CreateModel(
            name="TallyMark",
            fields=[
                (
                    "source",
                    models.TextField(
                        db_collation="C", help_text="What is counted: orders, checkouts or customers."
                    ),
                ),
                (
                    "currency",
                    models.TextField(db_collation="C", help_text="Of orders; empty for the others."),
                ),
                ("count", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=0, max_digits=40)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("quarter", models.DateTimeField()),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "tally_marks",
                "indexes": [models.Index(models.F("organization"), models.F("id"), name="idx_tally_marks")],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
