"""What the database itself guarantees about customers, whoever writes: the application, raw SQL, the shell.

The triggers are written in SQL, because the ones that django-pgtrigger installs can be switched off by a session's
setting, and fire ALWAYS, because `session_replication_role` is such a setting too. Each refusal is an integrity error that carries the name of the rule as its constraint.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION customers_refuse(rule text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'integrity_constraint_violation', MESSAGE = message, TABLE = 'customers', CONSTRAINT = rule;
END $$;

CREATE FUNCTION customers_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.organization_id IS DISTINCT FROM OLD.organization_id THEN
    PERFORM customers_refuse('customers_organization_immutable',
      'A customer keeps its id and its organization.');
  END IF;
  IF OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS DISTINCT FROM OLD.deleted_at THEN
    PERFORM customers_refuse('customers_deletion_final', 'A deleted customer stays deleted.');
  END IF;
  -- Erasure is the one case in which a set ID goes: on a deleted row, and for its own stand-in only.
  IF OLD.external_customer_id IS NOT NULL
     AND NEW.external_customer_id IS DISTINCT FROM OLD.external_customer_id
     AND NOT (OLD.deleted_at IS NOT NULL AND NEW.external_customer_id IS NOT DISTINCT FROM 'deleted-' || OLD.id)
  THEN
    PERFORM customers_refuse('customers_external_customer_id_immutable',
      'An external customer ID can''t be changed or removed once it is set.');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION customers_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM customers_refuse('customers_no_hard_delete',
    'A customer''s row is never removed; set deleted_at instead.');
  RETURN NULL;
END $$;

CREATE TRIGGER customers_guard_update BEFORE UPDATE ON customers
  FOR EACH ROW EXECUTE FUNCTION customers_guard_update();
CREATE TRIGGER customers_guard_delete BEFORE DELETE ON customers
  FOR EACH ROW EXECUTE FUNCTION customers_guard_delete();
CREATE TRIGGER customers_guard_truncate BEFORE TRUNCATE ON customers
  FOR EACH STATEMENT EXECUTE FUNCTION customers_guard_delete();
ALTER TABLE customers
  ENABLE ALWAYS TRIGGER customers_guard_update,
  ENABLE ALWAYS TRIGGER customers_guard_delete,
  ENABLE ALWAYS TRIGGER customers_guard_truncate;

-- A change belongs to a customer of the same organization.
ALTER TABLE customer_changes ADD CONSTRAINT customer_changes_customer_fk
  FOREIGN KEY (organization_id, pgh_obj_id) REFERENCES customers (organization_id, id);
"""

DROP = """
ALTER TABLE customer_changes DROP CONSTRAINT customer_changes_customer_fk;
DROP TRIGGER customers_guard_truncate ON customers;
DROP TRIGGER customers_guard_delete ON customers;
DROP TRIGGER customers_guard_update ON customers;
DROP FUNCTION customers_guard_delete();
DROP FUNCTION customers_guard_update();
DROP FUNCTION customers_refuse(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_customers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
