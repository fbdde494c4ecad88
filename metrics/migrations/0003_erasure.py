"""What an event says never changes either, but for the erasure of its customer, who is deleted then."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION events_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
  {erasure}
  RETURN NEW;
END $$;
"""
ERASURE = """
  IF (NEW.external_id, NEW.metadata) IS DISTINCT FROM (OLD.external_id, OLD.metadata) AND NOT EXISTS (
    SELECT FROM customers WHERE organization_id = NEW.organization_id AND deleted_at IS NOT NULL
      AND id = coalesce(NEW.customer_id, (SELECT customer_id FROM unmatched_ids WHERE id = NEW.unmatched_id))
  ) THEN
    PERFORM metrics_refuse('events', 'events_immutable', 'An event never changes.');
  END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_rules")]

    operations = [migrations.RunSQL(GUARD.format(erasure=ERASURE), GUARD.format(erasure=""))]
