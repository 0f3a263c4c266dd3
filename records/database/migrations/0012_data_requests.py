from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0011_withdrawal")]

    initial = False

    operations = [
        ops.CreateModel(
            name="DataRequest",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("updated_at", fields.DatetimeField(auto_now=True, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("code", fields.CharField(max_length=20)),
                (
                    "area",
                    fields.ForeignKeyField(
                        "records.Area",
                        source_field="area_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("phone_index", fields.BinaryField(null=True)),
                ("identified", fields.TextField(unique=False)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "received_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="received_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("due_on", fields.DateField()),
                ("erased", fields.IntField(default=0)),
                ("answer", fields.TextField(default="", unique=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "answered_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="answered_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "data_requests",
                "app": "records",
                "indexes": [Index(fields=["area_id", "received_at"], name="data_requests_area_received_idx")],
                "pk_attr": "id",
                "table_description": "Somebody asks what is kept about them. Their phone is here as a blind index alone, until the answer.",
            },
            bases=["Kept"],
        ),
        AddConstraints(
            {
                "DataRequest": [
                    UniqueConstraint(fields=("code",), name="data_requests_code_key"),
                    CheckConstraint(check="identified <> ''", name="data_requests_identified_check"),
                    CheckConstraint(
                        check="(answered_at IS NULL) = (answer = '')", name="data_requests_answer_check"
                    ),
                    CheckConstraint(
                        check="(answered_at IS NULL) = (phone_index IS NOT NULL)",
                        name="data_requests_forgotten_check",
                    ),
                    CheckConstraint(check="erased >= 0", name="data_requests_erased_check"),
                ],
            }
        ),
    ]
