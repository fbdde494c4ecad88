"""Statistics of events are taken anew after so many of them, however many there are.

By a share of all, hours of events could come to an organization of whom the planner knows nothing: it then reads all that
wait, or all of a name, where an index has the few that are looked for.
"""

from django.db import migrations

SET = "ALTER TABLE events SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)"
PUT_BACK = """
ALTER TABLE events RESET (autovacuum_analyze_threshold);
ALTER TABLE events SET (autovacuum_analyze_scale_factor = 0.02);
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0010_claim_in_one")]

    operations = [migrations.RunSQL(SET, PUT_BACK)]
