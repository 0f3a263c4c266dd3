"""Webhooks: where partners are told that something changed, the secrets that sign it, and each delivery."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0019_bell")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Webhook",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("updated_at", fields.DatetimeField(auto_now=True, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "records.Partner",
                        source_field="partner_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("address", fields.CharField(max_length=500)),
                ("description", fields.CharField(default="", max_length=200)),
                ("types", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(default="ACTIVE", max_length=24)),
                ("txid", fields.BigIntField()),
                ("seq", fields.BigIntField()),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lease", fields.UUIDField(null=True)),
                ("failures", fields.IntField(default=0)),
                ("failing_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhooks",
                "app": "records",
                "pk_attr": "id",
                "table_description": "An address at which a partner is told of changes.",
            },
            bases=["Kept"],
        ),
        ops.CreateModel(
            name="WebhookSecret",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "webhook",
                    fields.ForeignKeyField(
                        "records.Webhook",
                        source_field="webhook_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("data_key", fields.BinaryField()),
                ("secret", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhook_secrets",
                "app": "records",
                "pk_attr": "id",
                "table_description": "A secret with which deliveries are signed, sealed. While one takes another's "
                "place there are two.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "webhook",
                    fields.ForeignKeyField(
                        "records.Webhook",
                        source_field="webhook_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "event",
                    fields.ForeignKeyField(
                        "records.OutboxEvent",
                        source_field="event_id",
                        null=True,
                        db_constraint=True,
                        to_field="seq",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharField(default="WAITING", max_length=24)),
                ("attempts", fields.SmallIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("tried_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("status", fields.SmallIntField(null=True)),
                ("problem", fields.CharField(null=True, max_length=24)),
            ],
            options={
                "table": "webhook_deliveries",
                "app": "records",
                "indexes": [
                    Index(fields=["webhook_id", "state", "due_at"], name="webhook_deliveries_due_idx"),
                    Index(fields=["webhook_id", "created_at"], name="webhook_deliveries_created_idx"),
                ],
                "pk_attr": "id",
                "table_description": "One event told to one webhook, or on its way there; without an event it is "
                "a test.",
            },
            bases=["Record"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        AddConstraints(
            {
                "Webhook": [
                    CheckConstraint(
                        check="state IN ('ACTIVE', 'PAUSED', 'GONE', 'FAILING')", name="webhooks_state_check"
                    ),
                    CheckConstraint(check="jsonb_typeof(types) = 'array'", name="webhooks_types_check"),
                    CheckConstraint(
                        check="(failures = 0) = (failing_since IS NULL)", name="webhooks_failing_check"
                    ),
                ],
                "WebhookDelivery": [
                    CheckConstraint(
                        check="state IN ('WAITING', 'DELIVERED', 'FAILED', 'WITHHELD')",
                        name="webhook_deliveries_state_check",
                    ),
                    CheckConstraint(
                        check="problem IN ('ADDRESS', 'NAME', 'CONNECTION', 'CERTIFICATE', 'TIMEOUT', 'ANSWER')",
                        name="webhook_deliveries_problem_check",
                    ),
                    CheckConstraint(
                        check="state <> 'DELIVERED' OR problem IS NULL",
                        name="webhook_deliveries_delivered_check",
                    ),
                    UniqueConstraint(fields=("webhook_id", "event_id"), name="webhook_deliveries_event_key"),
                ],
            }
        ),
    ]
