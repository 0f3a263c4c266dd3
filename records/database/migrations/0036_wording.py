"""Tell what factors and events of tips are, as their tables do."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0035_takeovers")]

    initial = False

    operations = [
        ops.AlterModelOptions(
            name="Factor",
            options={
                "table": "factors",
                "app": "records",
                "constraints": [
                    UniqueConstraint(fields=("credential_id",), name="factors_credential_key"),
                    CheckConstraint(
                        check="(kind = 'TOTP') = (secret IS NOT NULL AND data_key IS NOT NULL)",
                        name="factors_totp_check",
                    ),
                    CheckConstraint(
                        check="(kind = 'PASSKEY') = (credential_id IS NOT NULL AND public_key IS NOT NULL)",
                        name="factors_passkey_check",
                    ),
                    CheckConstraint(check="kind IN ('TOTP', 'PASSKEY')", name="factors_kind_check"),
                ],
                "pk_attr": "id",
                "table_description": "A second factor: an authenticator app (its secret sealed) or a passkey (its public key).",
            },
        ),
        ops.AlterModelOptions(
            name="TipEvent",
            options={
                "table": "tip_events",
                "app": "records",
                "constraints": [
                    CheckConstraint(
                        check="kind IN ('SUBMITTED', 'EDITED', 'ASSIGNED', 'NOTED', 'REPORTED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'REOPENED', 'MERGED', 'EXTENDED')",
                        name="tip_events_kind_check",
                    ),
                    CheckConstraint(
                        check="actor_kind IN ('STAFF', 'PARTNER', 'SYSTEM')",
                        name="tip_events_actor_kind_check",
                    ),
                    CheckConstraint(
                        check="from_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                        name="tip_events_from_status_check",
                    ),
                    CheckConstraint(
                        check="to_status IN ('RECEIVED', 'VERIFYING', 'ACTING', 'CLOSED', 'REJECTED', 'DUPLICATE')",
                        name="tip_events_to_status_check",
                    ),
                ],
                "indexes": [Index(fields=["tip_id", "at", "id"], name="tip_events_tip_idx")],
                "pk_attr": "id",
                "table_description": "One event in the timeline of a tip; rows are only ever added.",
            },
        ),
    ]
