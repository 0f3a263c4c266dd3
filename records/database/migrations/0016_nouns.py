"""What partners read of outlines, activities, reviews and questions: areas, orders, search, and what stays as it is."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records.core.text import sort_key
from records.database.operations import AddConstraints

_SEARCHED = ["organisations", "outlines", "enquiries"]
_INDEXES = [
    ("Activity", ["held_on", "id"], "activities_held_idx"),
    ("Activity", ["updated_at", "id"], "activities_updated_idx"),
    ("HandDown", ["area_id", "sent_at"], "hand_downs_area_sent_idx"),
    ("HandDown", ["sent_at", "id"], "hand_downs_sent_idx"),
    ("HandDown", ["updated_at", "id"], "hand_downs_updated_idx"),
    ("Organisation", ["name_key", "id"], "organisations_name_idx"),
    ("Organisation", ["updated_at", "id"], "organisations_updated_idx"),
    ("Outline", ["code", "id"], "outlines_code_idx"),
    ("Outline", ["issued_on", "id"], "outlines_issued_idx"),
    ("Outline", ["updated_at", "id"], "outlines_updated_idx"),
    ("Review", ["area_id", "signed_on"], "reviews_area_signed_idx"),
    ("Review", ["signed_on", "id"], "reviews_signed_idx"),
    ("Review", ["updated_at", "id"], "reviews_updated_idx"),
]
# The questions that everybody may read, without whoever asked: all that the reader sees of a question's text.
_FAQ = (
    "CREATE VIEW faq WITH (security_barrier) AS"
    " SELECT id, version, updated_at, area_id, topic, question, answer, answered_at, search"
    " FROM enquiries WHERE published AND deleted_at IS NULL"
)
# What was published, and what was signed, can be taken out as a whole and never be changed.
_STAYS = (
    "CREATE FUNCTION stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'this row stays as it is' USING ERRCODE = 'check_violation'; END $$"
)
_FIXED = {
    "outlines": (
        "OLD.status = 'PUBLISHED'",
        (
            "code",
            "edition",
            "title",
            "topics",
            "body",
            "organisation_id",
            "status",
            "issued_on",
            "valid_until",
        ),
    ),
    "reviews": (
        "OLD.signed_on IS NOT NULL",
        (
            *("group_id", "area_id", "year", "scorecard_id", "total", "review_class", "findings", "actions"),
            *("by_police", "by_front", "signed_on"),
        ),
    ),
}


def _trigger(table: str) -> str:
    when, columns = _FIXED[table]
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return (
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN ({when} AND ({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION stays_as_it_is()"
    )


async def _name_keys(_apps: object, editor: Any) -> None:
    _, rows = await editor.client.execute_query("SELECT id, name FROM organisations")
    for row in rows:
        update = "UPDATE organisations SET name_key = $2 WHERE id = $1"
        await editor.client.execute_query(update, [row["id"], sort_key(row["name"])])


def _area(*, null: bool) -> Any:
    options: dict[str, Any] = {"source_field": "area_id", "null": null, "db_constraint": True}
    return fields.ForeignKeyField(
        "records.Area", to_field="id", related_name=False, on_delete=OnDelete.RESTRICT, **options
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0015_documents")]

    initial = False

    operations = [
        ops.AddField("Organisation", "name_key", fields.TextField(null=True, unique=False)),
        ops.RunPython(_name_keys, ops.RunPython.noop),
        ops.AlterField("Organisation", "name_key", fields.TextField(default="", unique=False)),
        ops.AddField("Review", "area", _area(null=True)),
        ops.AddField("HandDown", "area", _area(null=True)),
        ops.RunSQL(
            [
                'ALTER TABLE organisations ALTER COLUMN name_key TYPE text COLLATE "C"',
                'ALTER TABLE outlines ALTER COLUMN code TYPE varchar(32) COLLATE "C"',
                "UPDATE reviews SET area_id = g.area_id FROM groups g WHERE g.id = group_id",
                (
                    "UPDATE hand_downs SET area_id = coalesce("
                    "(SELECT g.area_id FROM groups g WHERE g.id = hand_downs.group_id),"
                    " (SELECT o.area_id FROM organisations o WHERE o.id = hand_downs.organisation_id))"
                ),
            ],
            ops.RunSQL.noop,
        ),
        ops.AlterField("Review", "area", _area(null=False)),
        ops.AlterField("HandDown", "area", _area(null=False)),
        *(ops.AddIndex(model, Index(fields=columns, name=name)) for model, columns, name in _INDEXES),
        AddConstraints(
            {
                "HandDown": [
                    CheckConstraint(
                        check="activity_id IS NULL OR received_at IS NOT NULL",
                        name="hand_downs_discussed_check",
                    ),
                ],
                "Review": [
                    CheckConstraint(
                        check="signed_on IS NULL OR (by_police <> '' AND by_front <> '')",
                        name="reviews_signed_check",
                    ),
                ],
            }
        ),
        ops.RunSQL(
            [
                *(
                    f"ALTER TABLE {table} ADD COLUMN search tsvector"
                    " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
                    for table in _SEARCHED
                ),
                *(f"CREATE INDEX {table}_search_idx ON {table} USING gin (search)" for table in _SEARCHED),
                _FAQ,
                _STAYS,
                *(_trigger(table) for table in _FIXED),
            ],
            [
                *(f"DROP TRIGGER {table}_stay ON {table}" for table in _FIXED),
                "DROP FUNCTION stays_as_it_is()",
                "DROP VIEW faq",
                *(f"ALTER TABLE {table} DROP COLUMN search" for table in _SEARCHED),
            ],
        ),
    ]
