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
    dependencies = [("records", "0003_search")]

    initial = False

    operations = [
        # Whoever is signed in signs in again: their sessions do not say when they proved who they are.
        ops.RunSQL("DELETE FROM sessions", ""),
        ops.CreateModel(
            name="AccessToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
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
                (
                    "key",
                    fields.ForeignKeyField(
                        "records.PartnerKey",
                        source_field="key_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_hash", fields.BinaryField()),
                ("scopes", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "access_tokens",
                "app": "records",
                "pk_attr": "id",
                "table_description": "A short-lived token that a partner got for its credentials. Only a hash of it is kept.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Challenge",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("token_hash", fields.BinaryField()),
                ("purpose", fields.CharField(max_length=24)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("value", fields.BinaryField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "challenges",
                "app": "records",
                "pk_attr": "id",
                "table_description": "One step of a sign-in or registration that waits for its answer; found by a hash of its token.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Factor",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="staff_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("data_key", fields.BinaryField(null=True)),
                ("secret", fields.BinaryField(null=True)),
                ("last_step", fields.BigIntField(null=True)),
                ("credential_id", fields.BinaryField(null=True)),
                ("public_key", fields.BinaryField(null=True)),
                ("sign_count", fields.BigIntField(default=0)),
            ],
            options={
                "table": "factors",
                "app": "records",
                "pk_attr": "id",
                "table_description": "A further factor: an authenticator app (its secret sealed) or a passkey (its public key).",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
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
                ("code_hash", fields.BinaryField()),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "recovery_codes",
                "app": "records",
                "pk_attr": "id",
                "table_description": "A code for the day on which every other factor is lost; works once.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Reveal",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("sealed", fields.CharField(max_length=40)),
                ("row_id", fields.UUIDField()),
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
                (
                    "asked_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="asked_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("motive", fields.TextField(unique=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="decided_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("approved", fields.BooleanField(null=True)),
                ("until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("looks", fields.IntField(default=0)),
            ],
            options={
                "table": "reveals",
                "app": "records",
                "indexes": [Index(fields=["row_id", "asked_by_id", "until"], name="reveals_live_idx")],
                "pk_attr": "id",
                "table_description": "Somebody asks to see sealed data of one record, and a custodian, who is another person, decides.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Throttle",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("tries", fields.IntField()),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "throttles",
                "app": "records",
                "pk_attr": "key",
                "table_description": "How often something was tried of late, by a hash of what is counted.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UsedAssertion",
            fields=[
                ("jti_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "used_assertions",
                "app": "records",
                "pk_attr": "jti_hash",
                "table_description": "A signed assertion that was used: it works once (RFC 7523, section 3).",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="AuditEntry",
            name="chain",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="Partner",
            name="jwks",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="Session",
            name="device",
            field=fields.CharField(default="", max_length=80),
        ),
        ops.AddField(
            model_name="Session",
            name="proved_at",
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Session",
            name="strength",
            field=fields.CharField(default="ONE", max_length=24),
        ),
        AddConstraints(
            {
                "Session": [
                    CheckConstraint(check="strength IN ('ONE', 'TWO')", name="sessions_strength_check"),
                ],
                "AccessToken": [
                    UniqueConstraint(fields=("token_hash",), name="access_tokens_token_hash_key"),
                    CheckConstraint(
                        check="jsonb_typeof(scopes) = 'array'", name="access_tokens_scopes_check"
                    ),
                ],
                "Challenge": [
                    UniqueConstraint(fields=("token_hash",), name="challenges_token_hash_key"),
                ],
                "Factor": [
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
                "RecoveryCode": [
                    UniqueConstraint(fields=("staff_id", "code_hash"), name="recovery_codes_key"),
                ],
                "Reveal": [
                    CheckConstraint(
                        check="sealed IN ('tip_reporters', 'member_contacts', 'education_subjects')",
                        name="reveals_sealed_check",
                    ),
                    CheckConstraint(check="decided_by_id <> asked_by_id", name="reveals_another_check"),
                    CheckConstraint(
                        check="(approved IS NULL) = (decided_at IS NULL)", name="reveals_decided_check"
                    ),
                    CheckConstraint(
                        check="(decided_at IS NULL) = (decided_by_id IS NULL)", name="reveals_decider_check"
                    ),
                    CheckConstraint(
                        check="(until IS NOT NULL) = coalesce(approved, FALSE)", name="reveals_until_check"
                    ),
                    CheckConstraint(check="motive <> ''", name="reveals_motive_check"),
                ],
                "Throttle": [
                    CheckConstraint(check="tries > 0", name="throttles_tries_check"),
                ],
            }
        ),
    ]
