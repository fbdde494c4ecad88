"""What belongs to a session is looked up by the session alone, so its indexes begin with it. Readers and writers wait for
nothing but the exchange of a name, and a run that was cut short can be repeated."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


def _reordered(
    model: str, table: str, name: str, before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[migrations.RunSQL, ...]:
    """A unique constraint under its name with its columns in another order."""
    columns = {
        fields: ", ".join(field if field == "position" else f"{field}_id" for field in fields)
        for fields in (before, after)
    }
    new = f"{name}_new"
    exchange = f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} UNIQUE"
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {new}"
    return (
        migrations.RunSQL(drop, migrations.RunSQL.noop),
        migrations.RunSQL(f"CREATE UNIQUE INDEX CONCURRENTLY {new} ON {table} ({columns[after]})", drop),
        migrations.RunSQL(
            f"{exchange} USING INDEX {new}",
            f"{exchange} ({columns[before]})",
            state_operations=[
                migrations.RemoveConstraint(model_name=model, name=name),
                migrations.AddConstraint(
                    model_name=model, constraint=models.UniqueConstraint(fields=after, name=name)
                ),
            ],
        ),
    )


class Migration(migrations.Migration):
    atomic = False  # for CONCURRENTLY

    dependencies = [("checkout", "0005_expired_sessions")]

    operations = [
        *_reordered(
            "checkoutitem",
            "checkout_items",
            "checkout_items_position_unique",
            ("organization", "session", "position"),
            ("session", "organization", "position"),
        ),
        *_reordered(
            "order",
            "orders",
            "orders_checkout_session_unique",
            ("organization", "checkout_session"),
            ("checkout_session", "organization"),
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS idx_payment_attempts_of", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="paymentattempt",
            index=models.Index(
                models.F("session"),
                models.F("organization"),
                models.F("created_at"),
                models.F("id"),
                name="idx_payment_attempts_of",
            ),
        ),
        RemoveIndexConcurrently(model_name="paymentattempt", name="idx_payment_attempts_session"),
    ]
