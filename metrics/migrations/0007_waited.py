"""Events are found by what they waited under, bound or not.

A foreign key looks for them when an UnmatchedID is removed, which is done for every customer who gets an ID under which
nothing waited. Without this it read all events of the organization. Events that never waited aren't in it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("metrics", "0006_duplicates")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                models.F("organization"),
                models.F("unmatched"),
                condition=models.Q(("unmatched__isnull", False)),
                name="idx_events_waited",
            ),
        ),
    ]
