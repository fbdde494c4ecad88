"""What a list of expired sessions walks along, also where they are few among very many. Readers and writers wait for
nothing, and a run that was cut short can be repeated."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # for CONCURRENTLY

    dependencies = [("checkout", "0004_new_sessions")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS idx_sessions_unpaid", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="checkoutsession",
            index=models.Index(
                models.F("organization"),
                models.F("created_at"),
                models.F("id"),
                condition=models.Q(("stored_status__in", ("open", "expired"))),
                name="idx_sessions_unpaid",
            ),
        ),
    ]
