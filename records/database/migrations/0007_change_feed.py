from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0006_retention")]

    initial = False

    operations = [
        ops.AddField(
            model_name="OutboxEvent",
            name="left_area",
            field=fields.ForeignKeyField(
                "records.Area",
                source_field="left_area_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
    ]
