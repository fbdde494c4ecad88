"""What the database itself guarantees about products, sessions and orders, whoever writes.

As for customers: triggers in SQL that fire ALWAYS, and refusals that are integrity errors with the rule's name as their
constraint. Rows of two organizations can't refer to each other, since every reference includes the organization.
"""

from django.db import migrations

CREATE = """
ALTER TABLE checkout_sessions ADD CONSTRAINT checkout_sessions_customer_fk
  FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id);
ALTER TABLE checkout_items
  ADD CONSTRAINT checkout_items_session_fk
    FOREIGN KEY (organization_id, session_id) REFERENCES checkout_sessions (organization_id, id),
  ADD CONSTRAINT checkout_items_product_fk
    FOREIGN KEY (organization_id, product_id) REFERENCES products (organization_id, id);
ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_session_fk
  FOREIGN KEY (organization_id, session_id) REFERENCES checkout_sessions (organization_id, id);
ALTER TABLE orders
  ADD CONSTRAINT orders_checkout_session_fk
    FOREIGN KEY (organization_id, checkout_session_id) REFERENCES checkout_sessions (organization_id, id),
  ADD CONSTRAINT orders_customer_fk
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id);

CREATE FUNCTION checkout_refuse(tab text, rule text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'integrity_constraint_violation', MESSAGE = message, TABLE = tab, CONSTRAINT = rule;
END $$;

CREATE FUNCTION checkout_sessions_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.organization_id, NEW.currency, NEW.amount_total, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.currency, OLD.amount_total, OLD.created_at) THEN
    PERFORM checkout_refuse('checkout_sessions', 'checkout_sessions_immutable',
      'A checkout session keeps its organization, its currency and its amount.');
  END IF;
  IF OLD.customer_id IS NOT NULL AND NEW.customer_id IS DISTINCT FROM OLD.customer_id THEN
    PERFORM checkout_refuse('checkout_sessions', 'checkout_sessions_customer_immutable',
      'A checkout session keeps its customer.');
  END IF;
  -- Erasure is the one case in which an ID goes: for its stand-in.
  IF NEW.external_customer_id IS DISTINCT FROM OLD.external_customer_id
     AND NOT (OLD.external_customer_id IS NOT NULL
              AND coalesce(NEW.external_customer_id LIKE 'deleted-%', false)) THEN
    PERFORM checkout_refuse('checkout_sessions', 'checkout_sessions_external_customer_id_immutable',
      'A checkout session keeps its external customer ID.');
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
     (('open', 'processing'), ('processing', 'open'), ('processing', 'complete'), ('open', 'expired')) THEN
    PERFORM checkout_refuse('checkout_sessions', 'checkout_sessions_moves',
      format('A checkout session that is %s can''t become %s.', OLD.status, NEW.status));
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION checkout_items_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM checkout_refuse('checkout_items', 'checkout_items_immutable',
    'What a checkout session sells never changes.');
  RETURN NULL;
END $$;

CREATE FUNCTION orders_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.organization_id, NEW.number, NEW.checkout_session_id, NEW.customer_id, NEW.currency,
      NEW.amount_total, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.organization_id, OLD.number, OLD.checkout_session_id, OLD.customer_id, OLD.currency,
      OLD.amount_total, OLD.created_at)
     OR NEW.external_customer_id IS DISTINCT FROM OLD.external_customer_id
        AND NEW.external_customer_id IS DISTINCT FROM 'deleted-' || OLD.customer_id
  THEN
    PERFORM checkout_refuse('orders', 'orders_immutable', 'An order never changes.');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION checkout_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM checkout_refuse(TG_TABLE_NAME, TG_TABLE_NAME || '_no_hard_delete',
    format('Rows of %s are never removed.', TG_TABLE_NAME));
  RETURN NULL;
END $$;

CREATE TRIGGER checkout_sessions_guard_update BEFORE UPDATE ON checkout_sessions
  FOR EACH ROW EXECUTE FUNCTION checkout_sessions_guard_update();
CREATE TRIGGER checkout_items_guard_update BEFORE UPDATE ON checkout_items
  FOR EACH ROW EXECUTE FUNCTION checkout_items_guard();
CREATE TRIGGER orders_guard_update BEFORE UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION orders_guard_update();
ALTER TABLE checkout_sessions ENABLE ALWAYS TRIGGER checkout_sessions_guard_update;
ALTER TABLE checkout_items ENABLE ALWAYS TRIGGER checkout_items_guard_update;
ALTER TABLE orders ENABLE ALWAYS TRIGGER orders_guard_update;

DO $do$
DECLARE tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['checkout_sessions', 'checkout_items', 'orders', 'order_numbers'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_guard_delete BEFORE DELETE ON %1$s
      FOR EACH ROW EXECUTE FUNCTION checkout_guard_delete()', tab);
    EXECUTE format('CREATE TRIGGER %1$s_guard_truncate BEFORE TRUNCATE ON %1$s
      FOR EACH STATEMENT EXECUTE FUNCTION checkout_guard_delete()', tab);
    EXECUTE format('ALTER TABLE %1$s ENABLE ALWAYS TRIGGER %1$s_guard_delete,
      ENABLE ALWAYS TRIGGER %1$s_guard_truncate', tab);
  END LOOP;
END $do$;
"""

DROP = """
DO $do$
DECLARE tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['checkout_sessions', 'checkout_items', 'orders', 'order_numbers'] LOOP
    EXECUTE format('DROP TRIGGER %1$s_guard_delete ON %1$s', tab);
    EXECUTE format('DROP TRIGGER %1$s_guard_truncate ON %1$s', tab);
  END LOOP;
END $do$;
DROP TRIGGER orders_guard_update ON orders;
DROP TRIGGER checkout_items_guard_update ON checkout_items;
DROP TRIGGER checkout_sessions_guard_update ON checkout_sessions;
DROP FUNCTION checkout_guard_delete();
DROP FUNCTION orders_guard_update();
DROP FUNCTION checkout_items_guard();
DROP FUNCTION checkout_sessions_guard_update();
DROP FUNCTION checkout_refuse(text, text, text);
ALTER TABLE orders DROP CONSTRAINT orders_customer_fk, DROP CONSTRAINT orders_checkout_session_fk;
ALTER TABLE payment_attempts DROP CONSTRAINT payment_attempts_session_fk;
ALTER TABLE checkout_items DROP CONSTRAINT checkout_items_product_fk, DROP CONSTRAINT checkout_items_session_fk;
ALTER TABLE checkout_sessions DROP CONSTRAINT checkout_sessions_customer_fk;
"""


class Migration(migrations.Migration):
    dependencies = [("checkout", "0001_checkout"), ("customers", "0002_rules")]

    operations = [migrations.RunSQL(CREATE, DROP)]
