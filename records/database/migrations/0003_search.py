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
_SEARCHED = ["groups", "tips", "areas"]


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
        # Kept beside the text: the planner may look at it row by row, and computing it there takes 20 times as long.
        ops.RunSQL(
            [
                *(
                    f"ALTER TABLE {table} ADD COLUMN search tsvector"
                    " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
                    for table in _SEARCHED
                ),
                *(f"CREATE INDEX {table}_search_idx ON {table} USING gin (search)" for table in _SEARCHED),
            ],
            [f"ALTER TABLE {table} DROP COLUMN search" for table in _SEARCHED],
        ),
    ]
