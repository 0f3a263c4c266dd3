"""Documents registered for partners, and partners that run no others."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0014_staff")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PartnerDocument",
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
                ("identifier", fields.CharField(max_length=128)),
                ("sha256", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=200)),
                ("text", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "partner_documents",
                "app": "records",
                "indexes": [Index(fields=["partner_id", "sha256"], name="partner_documents_sha256_idx")],
                "pk_attr": "id",
                "table_description": "A GraphQL document that was registered for a partner, by the identifier that "
                "it asks with.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="Partner",
            name="documents_only",
            field=fields.BooleanField(default=False),
        ),
        # Tortoise does not create a new table's constraints with the table.
        AddConstraints(
            {
                "PartnerDocument": [
                    UniqueConstraint(fields=("partner_id", "identifier"), name="partner_documents_key"),
                    CheckConstraint(check="sha256 ~ '^[0-9a-f]{64}$'", name="partner_documents_sha256_check"),
                ],
            }
        ),
    ]
