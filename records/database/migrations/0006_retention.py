from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.ids import uuid7
from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0005_row_security")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LegalHold",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("noun", fields.CharField(max_length=24)),
                ("row_id", fields.UUIDField()),
                ("reason", fields.TextField(unique=False)),
                (
                    "placed_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="placed_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lifted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "legal_holds",
                "app": "records",
                "pk_attr": "id",
                "table_description": "A record that no rule may touch until the hold is lifted.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="RetentionRule",
            fields=[
                ("noun", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=24)),
                ("keep_months", fields.SmallIntField()),
                ("action", fields.CharField(max_length=24)),
            ],
            options={
                "table": "retention_rules",
                "app": "records",
                "pk_attr": "noun",
                "table_description": "How many months a noun is kept after it ended, and what then.",
            },
            bases=["Model"],
        ),
        AddConstraints(
            {
                "LegalHold": [
                    UniqueConstraint(
                        fields=("noun", "row_id"), name="legal_holds_live_key", condition="lifted_at IS NULL"
                    ),
                    CheckConstraint(
                        check="noun IN ('tip', 'member', 'education_case')", name="legal_holds_noun_check"
                    ),
                    CheckConstraint(check="reason <> ''", name="legal_holds_reason_check"),
                    CheckConstraint(check="lifted_at >= placed_at", name="legal_holds_life_check"),
                ],
                "RetentionRule": [
                    CheckConstraint(
                        check="keep_months BETWEEN 1 AND 1200", name="retention_rules_months_check"
                    ),
                    CheckConstraint(
                        check="action IN ('ERASE_PERSON', 'REMOVE')", name="retention_rules_action_check"
                    ),
                ],
            }
        ),
        ops.RunSQL(
            "INSERT INTO retention_rules (noun, keep_months, action) VALUES"
            " ('tip', 60, 'ERASE_PERSON'), ('member', 24, 'ERASE_PERSON'),"
            " ('education_case', 60, 'ERASE_PERSON'), ('session', 6, 'REMOVE')",
            "DELETE FROM retention_rules",
        ),
    ]
