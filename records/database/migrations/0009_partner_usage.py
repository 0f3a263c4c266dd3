from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0008_attachment_keys")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PartnerUsage",
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
                ("day", fields.DateField()),
                ("requests", fields.BigIntField()),
            ],
            options={
                "table": "partner_usage",
                "app": "records",
                "pk_attr": "id",
                "table_description": "How many requests a partner sent on a day in Viet Nam.",
            },
            bases=["Record"],
        ),
        AddConstraints(
            {
                "PartnerUsage": [
                    UniqueConstraint(fields=("partner_id", "day"), name="partner_usage_key"),
                    CheckConstraint(check="requests > 0", name="partner_usage_requests_check"),
                ],
            }
        ),
    ]
