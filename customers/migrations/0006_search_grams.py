"""Searches by pieces of four characters in place of trigrams. A million customers take a minute or two.

Nothing of it takes a lock that readers or writers wait for. A run that was cut short can be repeated: what an index
build left behind goes first.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import customers.querysets

# Every four characters in a row, and what is left of them at the end: a fragment of fewer characters is the beginning
# of one of these.
CREATE_SEARCH_GRAMS = """
CREATE OR REPLACE FUNCTION search_grams(searched text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE grams text[] := '{}';
BEGIN
  FOR start IN 1..length(searched) LOOP
    grams[start] := substr(searched, start, 4);
  END LOOP;
  RETURN array_to_tsvector(grams);
END $$;
"""
DROP_SEARCH_GRAMS = "DROP FUNCTION search_grams(text)"

# The planner makes no use of a partial index's statistics, and taking them computes every piece of a large sample.
NO_STATISTICS = "ALTER INDEX {} ALTER COLUMN 1 SET STATISTICS 0"


def _clear_away(name: str) -> migrations.RunSQL:
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    return migrations.RunSQL(drop, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    atomic = False  # for CONCURRENTLY

    dependencies = [("customers", "0005_deleted_orderings")]

    operations = [
        migrations.RunSQL(CREATE_SEARCH_GRAMS, DROP_SEARCH_GRAMS),
        _clear_away("idx_customers_grams"),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                customers.querysets.SearchGrams(models.F("search_text")),
                condition=models.Q(("deleted_at__isnull", True)),
                gin_pending_list_limit=256,
                name="idx_customers_grams",
            ),
        ),
        migrations.RunSQL(NO_STATISTICS.format("idx_customers_grams"), migrations.RunSQL.noop),
        _clear_away("idx_customers_deleted_grams"),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                customers.querysets.SearchGrams(models.F("search_text")),
                condition=models.Q(("deleted_at__isnull", False)),
                name="idx_customers_deleted_grams",
            ),
        ),
        migrations.RunSQL(NO_STATISTICS.format("idx_customers_deleted_grams"), migrations.RunSQL.noop),
        RemoveIndexConcurrently(model_name="customer", name="idx_customers_search"),
        RemoveIndexConcurrently(model_name="customer", name="idx_customers_deleted_search"),
    ]
