"""Jobs count how often their lease lapsed apart from their failed attempts."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0034_meeting_place")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Job",
            name="takeovers",
            field=fields.IntField(default=0, db_default=0),
        ),
    ]
