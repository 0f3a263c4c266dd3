"""Rows of the audit are added and never changed: the database refuses it to whoever asks, its owner too.

The service lacks the right in any case. The owner of a table has every right to it, and may take this trigger
away; the chain then tells (docs/explanation/audit.md).
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0021_deprecations")]

    initial = False

    operations = [
        ops.RunSQL(
            [
                (
                    "CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                    " RAISE EXCEPTION 'rows of the audit are only added'"
                    " USING ERRCODE = 'insufficient_privilege'; END $$"
                ),
                (
                    "CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
                    " FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()"
                ),
            ],
            ["DROP TRIGGER audit_stands ON audit_entries", "DROP FUNCTION audit_stands()"],
        ),
    ]
