"""What the database itself guarantees about events, whoever writes.

As for customers: triggers in SQL that fire ALWAYS, and refusals that are integrity errors with the rule's name as their
constraint. Rows of two organizations can't refer to each other.
"""

from django.db import migrations

CREATE = """
SET LOCAL lock_timeout = '10s';

ALTER TABLE unmatched_ids ADD CONSTRAINT unmatched_ids_customer_fk
  FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id);
ALTER TABLE events
  ADD CONSTRAINT events_customer_fk
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id),
  ADD CONSTRAINT events_unmatched_fk
    FOREIGN KEY (organization_id, unmatched_id) REFERENCES unmatched_ids (organization_id, id);
ALTER TABLE rollup_customer_days ADD CONSTRAINT rollup_customer_days_customer_fk
  FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id);
ALTER TABLE rollup_customer_months ADD CONSTRAINT rollup_customer_months_customer_fk
  FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id);

-- Sums are updated where they stand, and reports read them from the index alone.
ALTER TABLE rollup_customer_days SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE events SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE FUNCTION metrics_refuse(tab text, rule text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'integrity_constraint_violation', MESSAGE = message, TABLE = tab, CONSTRAINT = rule;
END $$;

-- A foreign key would lock the row of each event's name; one look at all of them is enough, since no name is removed.
CREATE FUNCTION events_check_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT organization_id, name_id FROM added) AS used
    WHERE NOT EXISTS (
      SELECT FROM event_names WHERE event_names.organization_id = used.organization_id AND event_names.id = used.name_id
    )
  ) THEN
    PERFORM metrics_refuse('events', 'events_name_fk', 'An event has a name of its own organization.');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION events_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.customer_id IS NOT NULL AND NEW.customer_id IS DISTINCT FROM OLD.customer_id THEN
    PERFORM metrics_refuse('events', 'events_customer_immutable', 'A bound event keeps its customer.');
  END IF;
  IF (NEW.id, NEW.organization_id, NEW.name_id, NEW.unmatched_id, NEW.timestamp, NEW.received_at, NEW.named_customer)
     IS DISTINCT FROM
     (OLD.id, OLD.organization_id, OLD.name_id, OLD.unmatched_id, OLD.timestamp, OLD.received_at, OLD.named_customer)
  THEN
    PERFORM metrics_refuse('events', 'events_immutable', 'An event never changes.');
  END IF;
  RETURN NEW;
END $$;

-- Whose the waiting events are is decided once.
CREATE FUNCTION unmatched_ids_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NEW.organization_id <> OLD.organization_id
     OR OLD.customer_id IS NOT NULL AND NEW.customer_id IS DISTINCT FROM OLD.customer_id
     OR NEW.external_customer_id <> OLD.external_customer_id
        AND (NEW.customer_id IS NULL OR NEW.external_customer_id <> 'deleted-' || NEW.customer_id)
  THEN
    PERFORM metrics_refuse('unmatched_ids', 'unmatched_ids_immutable',
      'Events that waited under an ID belong to the customer who got it first.');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION metrics_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM metrics_refuse(TG_TABLE_NAME, TG_TABLE_NAME || '_no_hard_delete',
    format('Rows of %s are never removed.', TG_TABLE_NAME));
  RETURN NULL;
END $$;

CREATE TRIGGER events_check_names AFTER INSERT ON events
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION events_check_names();
CREATE TRIGGER events_guard_update BEFORE UPDATE ON events
  FOR EACH ROW EXECUTE FUNCTION events_guard_update();
CREATE TRIGGER events_guard_delete BEFORE DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION metrics_guard_delete();
CREATE TRIGGER events_guard_truncate BEFORE TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION metrics_guard_delete();
CREATE TRIGGER event_names_guard_delete BEFORE DELETE OR UPDATE ON event_names
  FOR EACH ROW EXECUTE FUNCTION metrics_guard_delete();
CREATE TRIGGER event_names_guard_truncate BEFORE TRUNCATE ON event_names
  FOR EACH STATEMENT EXECUTE FUNCTION metrics_guard_delete();
CREATE TRIGGER unmatched_ids_guard_update BEFORE UPDATE ON unmatched_ids
  FOR EACH ROW EXECUTE FUNCTION unmatched_ids_guard_update();
ALTER TABLE events
  ENABLE ALWAYS TRIGGER events_check_names,
  ENABLE ALWAYS TRIGGER events_guard_update,
  ENABLE ALWAYS TRIGGER events_guard_delete,
  ENABLE ALWAYS TRIGGER events_guard_truncate;
ALTER TABLE event_names
  ENABLE ALWAYS TRIGGER event_names_guard_delete,
  ENABLE ALWAYS TRIGGER event_names_guard_truncate;
ALTER TABLE unmatched_ids ENABLE ALWAYS TRIGGER unmatched_ids_guard_update;

-- Gives the events that wait under these IDs to the customers who get them. The row is there for a moment even where
-- nothing waits: it is what a transaction that makes events wait, and isn't committed yet, has to wait for, or lets
-- this one wait. In the order of the IDs, as everyone locks them.
CREATE FUNCTION unmatched_ids_claim(organizations uuid[], own_ids text[], customers uuid[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unmatched_ids AS waiting
    (id, organization_id, external_customer_id, count, first_seen, last_seen, names)
  SELECT customer, organization, own_id, 0, now(), now(), '{}'
  FROM unnest(organizations, own_ids, customers) AS got (organization, own_id, customer)
  ORDER BY organization, own_id COLLATE "C"
  ON CONFLICT (organization_id, external_customer_id) WHERE customer_id IS NULL
  DO UPDATE SET customer_id = excluded.id, claimed_at = clock_timestamp();
  DELETE FROM unmatched_ids WHERE id = ANY (customers) AND customer_id IS NULL;
END $$;

CREATE FUNCTION customers_claim_on_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM unmatched_ids_claim(array_agg(organization_id), array_agg(external_customer_id::text), array_agg(id))
  FROM added WHERE external_customer_id IS NOT NULL AND deleted_at IS NULL HAVING count(*) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION customers_claim_on_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM unmatched_ids_claim(
    ARRAY[NEW.organization_id], ARRAY[NEW.external_customer_id::text], ARRAY[NEW.id]);
  RETURN NULL;
END $$;

CREATE TRIGGER customers_claim_on_insert AFTER INSERT ON customers
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION customers_claim_on_insert();
CREATE TRIGGER customers_claim_on_update AFTER UPDATE OF external_customer_id ON customers
  FOR EACH ROW WHEN (OLD.external_customer_id IS NULL AND NEW.external_customer_id IS NOT NULL AND NEW.deleted_at IS NULL)
  EXECUTE FUNCTION customers_claim_on_update();
ALTER TABLE customers
  ENABLE ALWAYS TRIGGER customers_claim_on_insert,
  ENABLE ALWAYS TRIGGER customers_claim_on_update;
"""

DROP = """
DROP TRIGGER customers_claim_on_update ON customers;
DROP TRIGGER customers_claim_on_insert ON customers;
DROP FUNCTION customers_claim_on_update();
DROP FUNCTION customers_claim_on_insert();
DROP FUNCTION unmatched_ids_claim(uuid[], text[], uuid[]);
DROP TRIGGER unmatched_ids_guard_update ON unmatched_ids;
DROP TRIGGER event_names_guard_truncate ON event_names;
DROP TRIGGER event_names_guard_delete ON event_names;
DROP TRIGGER events_guard_truncate ON events;
DROP TRIGGER events_guard_delete ON events;
DROP TRIGGER events_guard_update ON events;
DROP TRIGGER events_check_names ON events;
DROP FUNCTION metrics_guard_delete();
DROP FUNCTION unmatched_ids_guard_update();
DROP FUNCTION events_guard_update();
DROP FUNCTION events_check_names();
DROP FUNCTION metrics_refuse(text, text, text);
ALTER TABLE events RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE rollup_customer_days RESET (fillfactor, autovacuum_vacuum_scale_factor);
ALTER TABLE rollup_customer_months DROP CONSTRAINT rollup_customer_months_customer_fk;
ALTER TABLE rollup_customer_days DROP CONSTRAINT rollup_customer_days_customer_fk;
ALTER TABLE events DROP CONSTRAINT events_unmatched_fk, DROP CONSTRAINT events_customer_fk;
ALTER TABLE unmatched_ids DROP CONSTRAINT unmatched_ids_customer_fk;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_events"), ("customers", "0002_rules")]

    operations = [migrations.RunSQL(CREATE, DROP)]
