"""One queue of background jobs; exports and webhooks leave their own leases to it, and the outbox has a floor.

It deletes all exports. No installation exists yet: this comes before the first release.
"""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints

_OF_THE_JOB = ("state", "rows", "error", "attempts", "heartbeat_at", "finished_at")


class Migration(migrations.Migration):
    dependencies = [("records", "0031_phone_lookups")]

    initial = False

    operations = [
        # Nothing ever wrote to these two.
        ops.DeleteModel(name="ImportBatch"),
        ops.DeleteModel(name="Job"),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=60)),
                ("key", fields.CharField(null=True, max_length=100)),
                ("arguments", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(default="WAITING", max_length=24)),
                ("progress", fields.BigIntField(default=0)),
                ("result", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("error", fields.CharField(default="", max_length=60)),
                ("attempts", fields.IntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lease", fields.UUIDField(null=True)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "jobs",
                "app": "records",
                "indexes": [Index(fields=["state", "due_at"], name="jobs_due_idx")],
                "pk_attr": "id",
                "table_description": "Work for a background worker: it waits, runs or has ended. Only `records.changes.jobs` "
                "changes it.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="OutboxFloor",
            fields=[
                (
                    "id",
                    fields.SmallIntField(generated=False, primary_key=True, unique=True, db_index=True),
                ),
                ("txid", fields.BigIntField()),
            ],
            options={
                "table": "outbox_floor",
                "app": "records",
                "pk_attr": "id",
                "table_description": "How far the outbox was cleaned, in one row: events of transactions up to `txid` "
                "are removed.",
            },
            bases=["Model"],
        ),
        # An export is kept for a day, and those of before have no job.
        ops.RunSQL("DELETE FROM exports", reverse_sql=ops.RunSQL.noop),
        *(
            ops.RemoveConstraint("Export", f"exports_{name}_check")
            for name in ("finished", "digest", "error")
        ),
        *(ops.RemoveConstraint("Export", f"exports_{name}_check") for name in ("request", "state")),
        ops.RemoveIndex("Export", name="exports_state_idx"),
        *(ops.RemoveField("Export", name) for name in _OF_THE_JOB),
        ops.AddField(
            "Export",
            "job",
            fields.ForeignKeyField(
                "records.Job",
                source_field="job_id",
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RemoveField("Webhook", "due_at"),
        ops.RemoveField("Webhook", "lease"),
        ops.AddIndex("WebhookDelivery", Index(fields=["event_id"], name="webhook_deliveries_event_idx")),
        AddConstraints(
            {
                "Job": [
                    UniqueConstraint(fields=("key",), name="jobs_key"),
                    CheckConstraint(
                        check="(state = 'RUNNING') = (lease IS NOT NULL)", name="jobs_lease_check"
                    ),
                    CheckConstraint(
                        check="(state IN ('DONE', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL)",
                        name="jobs_finished_check",
                    ),
                    CheckConstraint(check="(state = 'FAILED') = (error <> '')", name="jobs_error_check"),
                    CheckConstraint(
                        check="state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')",
                        name="jobs_state_check",
                    ),
                ],
                "OutboxFloor": [CheckConstraint(check="id = 1", name="outbox_floor_one_check")],
                "Export": [
                    CheckConstraint(check="digest IS NULL OR request IS NULL", name="exports_digest_check")
                ],
            }
        ),
    ]
