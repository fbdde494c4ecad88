"""A new session is nobody's who is deleted, also when the deletion commits between the look-up and the insert: what is
personal in it would outlast an erasure that never saw it."""

from django.db import migrations

CREATE = """
CREATE FUNCTION checkout_sessions_guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE deleted timestamptz;
BEGIN
  -- The foreign key's own lock, taken a little earlier: it waits for whoever is just deleting the customer.
  SELECT deleted_at INTO deleted FROM customers
    WHERE organization_id = NEW.organization_id AND id = NEW.customer_id FOR KEY SHARE;
  IF deleted IS NOT NULL THEN
    PERFORM checkout_refuse('checkout_sessions', 'checkout_sessions_customer_deleted',
      'A deleted customer gets no new checkout session.');
  END IF;
  RETURN NEW;
END $$;

-- Of those that are over, such as the demo's, somebody may have been deleted since.
CREATE TRIGGER checkout_sessions_guard_insert BEFORE INSERT ON checkout_sessions
  FOR EACH ROW WHEN (NEW.status = 'open' AND NEW.customer_id IS NOT NULL)
  EXECUTE FUNCTION checkout_sessions_guard_insert();
ALTER TABLE checkout_sessions ENABLE ALWAYS TRIGGER checkout_sessions_guard_insert;
"""

DROP = """
DROP TRIGGER checkout_sessions_guard_insert ON checkout_sessions;
DROP FUNCTION checkout_sessions_guard_insert();
"""


class Migration(migrations.Migration):
    dependencies = [("checkout", "0003_payment_settings")]

    operations = [migrations.RunSQL(CREATE, DROP)]
