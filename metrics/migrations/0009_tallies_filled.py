"""Adds up what there was before anything left a mark.

In one statement, which sees of each row either no mark or the mark with it: what is there less what is marked goes into
the tallies. Nobody waits for it but who adds marks. A run that was cut short has done nothing, and can be repeated.
"""

from django.db import migrations

FILL = """
SET LOCAL lock_timeout = '10s';
LOCK TABLE tally_quarters, tally_days IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM tally_days;
DELETE FROM tally_quarters;
INSERT INTO tally_quarters (organization_id, quarter, source, currency, count, amount)
SELECT organization_id, quarter, source, currency, sum(count), sum(amount) FROM (
  SELECT organization_id, tally_quarter_of(created_at) AS quarter, 'orders' AS source, currency, count(*) AS count,
    sum(amount_total) AS amount
  FROM orders GROUP BY 1, 2, 4
  UNION ALL
  SELECT organization_id, tally_quarter_of(created_at), 'checkouts', '', count(*),
    count(*) FILTER (WHERE status = 'complete')
  FROM checkout_sessions GROUP BY 1, 2
  UNION ALL
  SELECT organization_id, tally_quarter_of(created_at), 'customers', '', count(*), 0 FROM customers GROUP BY 1, 2
  UNION ALL
  SELECT organization_id, quarter, source, currency, -count, -amount FROM tally_marks
) AS counted GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0 OR sum(amount) <> 0;
INSERT INTO tally_days (organization_id, day, source, currency, count, amount)
SELECT organization_id, (quarter AT TIME ZONE 'UTC')::date, source, currency, sum(count), sum(amount)
FROM tally_quarters GROUP BY 1, 2, 3, 4;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0008_tallies")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
