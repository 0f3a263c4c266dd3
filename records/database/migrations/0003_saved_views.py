"""Staff keep views of lists under a name."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import CreateConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0002_rules")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SavedView",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("path", fields.CharField(max_length=80)),
                ("name", fields.CharField(max_length=60)),
                ("query", fields.CharField(default="", max_length=1000)),
            ],
            options={
                "table": "saved_views",
                "app": "records",
                "constraints": [
                    UniqueConstraint(fields=("staff_id", "path", "name"), name="saved_views_key")
                ],
                "pk_attr": "id",
                "table_description": "The filters, order and columns of a list that a staff member keeps under a name.",
            },
            bases=["Record"],
        ),
        CreateConstraints("SavedView"),
    ]
