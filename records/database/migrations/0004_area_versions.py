"""Areas are edited like other records: with a version, and the time of the last change."""

from tortoise import fields, migrations
from tortoise.fields.db_defaults import Now
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0003_saved_views")]

    initial = False

    # The table has rows: each column begins with a default of the database, which goes away again.
    operations = [
        ops.AddField(
            model_name="Area",
            name="created_at",
            field=fields.DatetimeField(auto_now_add=True, db_default=Now()),
        ),
        ops.AlterField(
            model_name="Area",
            name="created_at",
            field=fields.DatetimeField(auto_now=False, auto_now_add=True),
        ),
        ops.AddField(
            model_name="Area",
            name="deleted_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Area",
            name="updated_at",
            field=fields.DatetimeField(auto_now=True, db_default=Now()),
        ),
        ops.AlterField(
            model_name="Area",
            name="updated_at",
            field=fields.DatetimeField(auto_now=True, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Area",
            name="version",
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AlterField(
            model_name="Area",
            name="version",
            field=fields.IntField(default=1),
        ),
    ]
