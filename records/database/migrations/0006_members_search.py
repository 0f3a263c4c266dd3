"""Members are found by their names."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0005_targets")]

    operations = [
        ops.RunSQL(
            [
                (
                    "ALTER TABLE members ADD COLUMN search tsvector"
                    " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
                ),
                "CREATE INDEX members_search_idx ON members USING gin (search)",
            ]
        ),
    ]
