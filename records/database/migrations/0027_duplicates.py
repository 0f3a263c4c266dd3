"""No duplicate points at a duplicate: the database refuses what two merges at once might leave behind."""

from tortoise import migrations
from tortoise.migrations import operations as ops

_OF_ORIGINAL = "FOREIGN KEY (duplicate_of_id, of_original) REFERENCES tips (id, original) ON DELETE RESTRICT"


class Migration(migrations.Migration):
    dependencies = [("records", "0026_references")]

    initial = False

    operations = [
        # A foreign key also holds under concurrency: a tip that becomes a duplicate no longer has the key
        # (id, true) that its own duplicates point at.
        ops.RunSQL(
            [
                "ALTER TABLE tips ADD original boolean GENERATED ALWAYS AS (duplicate_of_id IS NULL) STORED",
                "ALTER TABLE tips ADD of_original boolean GENERATED ALWAYS AS (true) STORED",
                "ALTER TABLE tips ADD CONSTRAINT tips_original_key UNIQUE (id, original)",
                f"ALTER TABLE tips ADD CONSTRAINT tips_duplicate_of_original_fkey {_OF_ORIGINAL}",
            ],
            [
                "ALTER TABLE tips DROP CONSTRAINT tips_duplicate_of_original_fkey",
                "ALTER TABLE tips DROP CONSTRAINT tips_original_key",
                "ALTER TABLE tips DROP COLUMN original, DROP COLUMN of_original",
            ],
        ),
    ]
