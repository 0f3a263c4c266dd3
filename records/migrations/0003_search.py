"""What Tortoise cannot say: byte order for sort keys, and indexes for text search."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Sort keys and folded texts are compared byte by byte, whatever the database's own collation.
_BYTE_ORDER = [
    ("areas", "name_key", "text"),
    ("areas", "folded", "text"),
    ("groups", "name_key", "text"),
    ("groups", "folded", "text"),
    ("members", "name_key", "text"),
    ("areas", "code", "varchar(16)"),
    ("groups", "code", "varchar(32)"),
    ("tips", "code", "varchar(20)"),
    ("programmes", "code", "varchar(32)"),
    ("indicators", "code", "varchar(60)"),
    ("tip_categories", "code", "varchar(32)"),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0002_constraints")]

    operations = [
        ops.RunSQL(
            [
                f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} COLLATE "C"'
                for table, column, kind in _BYTE_ORDER
            ],
            [f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}" for table, column, kind in _BYTE_ORDER],
        ),
        ops.RunSQL(
            [
                "CREATE INDEX groups_search_idx ON groups USING gin (to_tsvector('simple', folded))",
                "CREATE INDEX tips_search_idx ON tips USING gin (to_tsvector('simple', folded))",
                "CREATE INDEX areas_search_idx ON areas USING gin (to_tsvector('simple', folded))",
            ],
            ["DROP INDEX groups_search_idx", "DROP INDEX tips_search_idx", "DROP INDEX areas_search_idx"],
        ),
    ]
