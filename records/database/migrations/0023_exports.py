"""Lists that partners take away whole, as a file."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records.core.identifiers.ids import uuid7


class Migration(migrations.Migration):
    dependencies = [("records", "0022_audit_stands")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Export",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "records.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("root", fields.CharField(max_length=60)),
                ("scopes", fields.JSONField(default=list)),
                ("areas", fields.JSONField(default=list)),
                ("language", fields.CharField(max_length=24)),
                ("data_key", fields.BinaryField(null=True)),
                ("request", fields.BinaryField(null=True)),
                ("state", fields.CharField(default="WAITING", max_length=24)),
                ("rows", fields.BigIntField(default=0)),
                ("digest", fields.CharField(null=True, max_length=64)),
                ("error", fields.CharField(default="", max_length=60)),
                ("attempts", fields.SmallIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("heartbeat_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "exports",
                "app": "records",
                "indexes": [
                    Index(fields=["partner_id", "created_at"], name="exports_partner_idx"),
                    Index(fields=["state", "created_at"], name="exports_state_idx"),
                ],
                "pk_attr": "id",
                "table_description": "A list that a partner asked for as a file. A worker that dies loses nothing: "
                "another takes it over.",
            },
            bases=["Record"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        *(
            ops.AddConstraint("Export", CheckConstraint(check=condition, name=f"exports_{name}_check"))
            for name, condition in (
                ("finished", "(state IN ('DONE', 'FAILED')) = (finished_at IS NOT NULL)"),
                ("digest", "(state = 'DONE') = (digest IS NOT NULL)"),
                ("error", "(state = 'FAILED') = (error <> '')"),
                ("request", "(request IS NULL) = (state IN ('DONE', 'FAILED'))"),
                ("data_key", "(data_key IS NULL) = (request IS NULL)"),
                ("state", "state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED')"),
                ("language", "language IN ('vi', 'en')"),
            )
        ),
    ]
