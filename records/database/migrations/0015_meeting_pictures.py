"""Activities have pictures, with a rule of retention of their own."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0014_criteria_parts")]

    initial = False

    operations = [
        ops.AlterModelOptions(
            name="Attachment",
            options={
                "table": "attachments",
                "app": "records",
                "constraints": [
                    CheckConstraint(
                        check="(tip_id IS NULL) <> (activity_id IS NULL)", name="attachments_owner_check"
                    ),
                    CheckConstraint(check="size > 0", name="attachments_size_check"),
                    CheckConstraint(check="sha256 ~ '^[0-9a-f]{64}$'", name="attachments_sha256_check"),
                    CheckConstraint(
                        check="(data_key IS NULL) = (deleted_at IS NOT NULL)",
                        name="attachments_data_key_check",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A picture that belongs to a tip or to an activity; its content is stored apart, under its hash.",
            },
        ),
        ops.AlterField(
            model_name="Attachment",
            name="tip",
            field=fields.ForeignKeyField(
                "records.Tip",
                source_field="tip_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Attachment",
            name="activity",
            field=fields.ForeignKeyField(
                "records.Activity",
                source_field="activity_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddConstraint(
            model_name="Attachment",
            constraint=CheckConstraint(
                check="(tip_id IS NULL) <> (activity_id IS NULL)", name="attachments_owner_check"
            ),
        ),
        ops.RemoveConstraint(
            model_name="LegalHold",
            name="legal_holds_noun_check",
            fields=None,
        ),
        ops.AddConstraint(
            model_name="LegalHold",
            constraint=CheckConstraint(
                check="noun IN ('tip', 'member', 'education_case', 'activity')", name="legal_holds_noun_check"
            ),
        ),
        ops.RemoveConstraint(
            model_name="RetentionRule",
            name="retention_rules_action_check",
            fields=None,
        ),
        ops.AddConstraint(
            model_name="RetentionRule",
            constraint=CheckConstraint(
                check="action IN ('ERASE_PERSON', 'ERASE_PICTURES', 'REMOVE')",
                name="retention_rules_action_check",
            ),
        ),
        ops.RunSQL(
            "INSERT INTO retention_rules (noun, keep_months, action) VALUES ('activity', 60, 'ERASE_PICTURES')"
        ),
    ]
