"""An index behind every order of the API, and search on programmes."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

# What is unknown comes last: the API orders by the day or the moment, and else by one after all others.
_LAST = [
    ("programmes", "programmes_ended_idx", "ended_on"),
    ("groups", "groups_founded_idx", "founded_on"),
    ("tips", "tips_due_idx", "due_at"),
    ("figures", "figures_period_idx", "period_to"),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0017_writes")]

    initial = False

    operations = [
        ops.AddIndex("Area", Index(fields=["name_key", "id"], name="areas_name_idx")),
        ops.AddIndex("Area", Index(fields=["code", "id"], name="areas_code_idx")),
        ops.AddIndex(
            "AreaSuccession", Index(fields=["effective_on", "id"], name="area_successions_effective_idx")
        ),
        ops.AddIndex("Programme", Index(fields=["started_on", "id"], name="programmes_started_idx")),
        ops.AddIndex("Programme", Index(fields=["updated_at", "id"], name="programmes_updated_idx")),
        ops.AddIndex("Figure", Index(fields=["updated_at", "id"], name="figures_updated_idx")),
        ops.RunSQL(
            [
                f"CREATE INDEX {name} ON {table} (coalesce({column}, 'infinity'), id)"
                for table, name, column in _LAST
            ],
            [f"DROP INDEX {name}" for _, name, _ in _LAST],
        ),
        ops.RunSQL(
            [
                (
                    "ALTER TABLE programmes ADD COLUMN search tsvector"
                    " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
                ),
                "CREATE INDEX programmes_search_idx ON programmes USING gin (search)",
            ],
            ["ALTER TABLE programmes DROP COLUMN search"],
        ),
    ]
