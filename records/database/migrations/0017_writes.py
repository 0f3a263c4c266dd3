"""Keys that make the requests of partners safe to repeat; questions by the moment they were asked."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints

# The questions that wait, for those who answer them: all that the reader sees of a question's text.
_OPEN = (
    "CREATE VIEW open_enquiries WITH (security_barrier) AS"
    " SELECT id, version, area_id, channel, topic, question, asked_at"
    " FROM enquiries WHERE answered_at IS NULL AND deleted_at IS NULL"
)


class Migration(migrations.Migration):
    dependencies = [("records", "0016_nouns")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IdempotencyKey",
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
                ("key_sha256", fields.CharField(max_length=64)),
                ("request_sha256", fields.CharField(max_length=64)),
                ("row_id", fields.UUIDField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "idempotency_keys",
                "app": "records",
                "indexes": [Index(fields=["created_at"], name="idempotency_keys_created_idx")],
                "pk_attr": "id",
                "table_description": "A request that was carried out, by the key that the partner gave it: it is carried "
                "out once.",
            },
            bases=["Record"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        AddConstraints(
            {
                "IdempotencyKey": [
                    UniqueConstraint(fields=("partner_id", "key_sha256"), name="idempotency_keys_key"),
                    CheckConstraint(
                        check="key_sha256 ~ '^[0-9a-f]{64}$'", name="idempotency_keys_key_sha256_check"
                    ),
                    CheckConstraint(
                        check="request_sha256 ~ '^[0-9a-f]{64}$'",
                        name="idempotency_keys_request_sha256_check",
                    ),
                ],
            }
        ),
        ops.AddIndex("Enquiry", Index(fields=["asked_at", "id"], name="enquiries_asked_idx")),
        ops.RunSQL(_OPEN, "DROP VIEW open_enquiries"),
        ops.RemoveConstraint("TipEvent", "tip_events_kind_check"),
        ops.AddConstraint(
            "TipEvent",
            CheckConstraint(
                check="kind IN ('SUBMITTED', 'EDITED', 'ASSIGNED', 'NOTED', 'REPORTED', 'VERIFYING', 'ACTING', "
                "'CLOSED', 'REJECTED', 'REOPENED', 'MERGED', 'EXTENDED')",
                name="tip_events_kind_check",
            ),
        ),
    ]
