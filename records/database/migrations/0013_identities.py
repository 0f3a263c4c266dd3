from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0012_data_requests")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Identity",
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
                ("issuer", fields.CharField(max_length=255)),
                ("subject", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "identities",
                "app": "records",
                "pk_attr": "id",
                "table_description": "Who a staff member is at an OpenID Connect provider: the subject is theirs there for ever.",
            },
            bases=["Record"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        AddConstraints(
            {
                "Identity": [
                    UniqueConstraint(fields=("issuer", "subject"), name="identities_subject_key"),
                    UniqueConstraint(fields=("staff_id", "issuer"), name="identities_staff_key"),
                ],
            }
        ),
    ]
