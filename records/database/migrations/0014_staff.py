"""Passwords that are handed over and to be changed; searching and sorting staff by name."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from records.core.text import normalize_for_search, person_key


async def _fill(_apps: Any, editor: Any) -> None:
    for row in await editor.client.execute_query_dict("SELECT id, username, name FROM staff"):
        await editor.client.execute_query(
            "UPDATE staff SET name_key = $1, folded = $2 WHERE id = $3",
            [person_key(row["name"]), normalize_for_search(f"{row['username']} {row['name']}"), row["id"]],
        )


async def _leave(_apps: Any, _editor: Any) -> None:
    """The columns go."""


class Migration(migrations.Migration):
    dependencies = [("records", "0013_identities")]

    initial = False

    operations = [
        ops.AddField(model_name="Staff", name="folded", field=fields.TextField(default="", unique=False)),
        ops.AddField(model_name="Staff", name="name_key", field=fields.TextField(default="", unique=False)),
        ops.AddField(
            model_name="Staff",
            name="password_expires_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="Staff", name="renew_password", field=fields.BooleanField(default=False)),
        ops.RunPython(_fill, _leave),
        ops.RunSQL(
            [
                'ALTER TABLE staff ALTER COLUMN name_key TYPE text COLLATE "C"',
                (
                    "ALTER TABLE staff ADD COLUMN search tsvector"
                    " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
                ),
            ],
            ["ALTER TABLE staff DROP COLUMN search", "ALTER TABLE staff ALTER COLUMN name_key TYPE text"],
        ),
    ]
