"""A budget for each partner, and what is left of it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0023_exports")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PartnerBudget",
            fields=[
                ("partner_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("remaining", fields.FloatField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "partner_budgets",
                "app": "records",
                "pk_attr": "partner_id",
                "table_description": "What was left of a partner's budget at a moment; full where there is no row. "
                "Lost in a crash.",
            },
            bases=["Model"],
        ),
        # Written with every request: without a log nothing waits for the disk, and a replica has no need of it.
        ops.RunSQL(
            "ALTER TABLE partner_budgets SET UNLOGGED, SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE partner_budgets SET LOGGED",
        ),
        ops.AddField(model_name="Partner", name="budget_restore", field=fields.IntField(default=500)),
        ops.AddField(model_name="Partner", name="budget_limit", field=fields.IntField(default=50000)),
        AddConstraints(
            {
                "Partner": [
                    CheckConstraint(check="budget_limit > 0", name="partners_budget_limit_check"),
                    CheckConstraint(check="budget_restore > 0", name="partners_budget_restore_check"),
                ],
            }
        ),
    ]
