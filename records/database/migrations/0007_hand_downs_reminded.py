"""Hand-downs say when the recipient was reminded; a removed draft frees its edition."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0006_members_search")]

    initial = False

    operations = [
        ops.AddField(
            model_name="HandDown",
            name="reminded_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name="HandDown",
            constraint=CheckConstraint(check="reminded_at >= sent_at", name="hand_downs_reminded_check"),
        ),
        ops.RemoveConstraint(
            model_name="Outline",
            name="outlines_code_edition_key",
            fields=None,
        ),
        ops.AddConstraint(
            model_name="Outline",
            constraint=UniqueConstraint(
                fields=("code", "edition"), name="outlines_code_edition_key", condition="deleted_at IS NULL"
            ),
        ),
    ]
