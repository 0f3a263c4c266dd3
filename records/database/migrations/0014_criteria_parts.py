"""Criteria belong to parts of a scorecard."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0013_members_ended")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Criterion",
            name="part",
            field=fields.CharField(default="", db_default="", max_length=120),
        ),
    ]
