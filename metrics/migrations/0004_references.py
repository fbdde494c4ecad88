"""Customers of events are looked for once a statement.

A foreign key looks for each event's customer by itself and locks the customer's row, which writes the customers' pages anew
with every call: two thirds of the time that storing events took. A look at all of them at once is as good, since the
database lets no customer be removed, moved to another organization or given another id.
"""

from django.db import migrations

REPLACE = """
SET LOCAL lock_timeout = '10s';

ALTER TABLE events DROP CONSTRAINT events_customer_fk;
ALTER TABLE rollup_customer_days DROP CONSTRAINT rollup_customer_days_customer_fk;
ALTER TABLE rollup_customer_months DROP CONSTRAINT rollup_customer_months_customer_fk;

-- By the index, however few customers there seem to be.
CREATE FUNCTION metrics_check_customers() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT organization_id, customer_id FROM added WHERE customer_id IS NOT NULL) AS used
    WHERE NOT EXISTS (
      SELECT FROM customers WHERE customers.organization_id = used.organization_id AND customers.id = used.customer_id
    )
  ) THEN
    PERFORM metrics_refuse(TG_TABLE_NAME, TG_TABLE_NAME || '_customer_fk',
      'What a customer used is of the customer''s own organization.');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION metrics_check_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM customers WHERE organization_id = NEW.organization_id AND id = NEW.customer_id) THEN
    PERFORM metrics_refuse(TG_TABLE_NAME, TG_TABLE_NAME || '_customer_fk',
      'What a customer used is of the customer''s own organization.');
  END IF;
  RETURN NULL;
END $$;

DO $do$
DECLARE tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['events', 'rollup_customer_days', 'rollup_customer_months'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_check_customers AFTER INSERT ON %1$s REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION metrics_check_customers()', tab);
    EXECUTE format('CREATE TRIGGER %1$s_check_customer AFTER UPDATE OF organization_id, customer_id ON %1$s FOR EACH ROW
      WHEN (NEW.customer_id IS NOT NULL
        AND (NEW.organization_id, NEW.customer_id) IS DISTINCT FROM (OLD.organization_id, OLD.customer_id))
      EXECUTE FUNCTION metrics_check_customer()', tab);
    EXECUTE format('ALTER TABLE %1$s ENABLE ALWAYS TRIGGER %1$s_check_customers,
      ENABLE ALWAYS TRIGGER %1$s_check_customer', tab);
  END LOOP;
END $do$;
"""
PUT_BACK = """
DO $do$
DECLARE tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['events', 'rollup_customer_days', 'rollup_customer_months'] LOOP
    EXECUTE format('DROP TRIGGER %1$s_check_customers ON %1$s', tab);
    EXECUTE format('DROP TRIGGER %1$s_check_customer ON %1$s', tab);
    EXECUTE format('ALTER TABLE %1$s ADD CONSTRAINT %1$s_customer_fk
      FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)', tab);
  END LOOP;
END $do$;
DROP FUNCTION metrics_check_customer();
DROP FUNCTION metrics_check_customers();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_erasure")]

    operations = [migrations.RunSQL(REPLACE, PUT_BACK)]
