"""Groups say where they meet."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0033_education_reasons")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Group",
            name="meeting_place",
            field=fields.CharField(null=True, max_length=200),
        ),
    ]
