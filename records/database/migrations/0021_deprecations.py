"""How often partners use what is deprecated."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0020_webhooks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PartnerDeprecation",
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
                ("coordinate", fields.CharField(max_length=200)),
                ("requests", fields.BigIntField()),
            ],
            options={
                "table": "partner_deprecations",
                "app": "records",
                "pk_attr": "id",
                "table_description": "How many requests of a partner used a deprecated part of the API on a day in "
                "Viet Nam.",
            },
            bases=["Record"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        AddConstraints(
            {
                "PartnerDeprecation": [
                    UniqueConstraint(
                        fields=("partner_id", "day", "coordinate"), name="partner_deprecations_key"
                    ),
                    CheckConstraint(check="requests > 0", name="partner_deprecations_requests_check"),
                ],
            }
        ),
    ]
