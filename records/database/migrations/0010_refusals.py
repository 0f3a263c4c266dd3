"""Refusals of requests say why."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

# A decision stays as it is, and so does its reason.
_FIXED = [
    f"""
    CREATE TRIGGER {table}_refusal_stays BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.decided_at IS NOT NULL AND OLD.refusal IS DISTINCT FROM NEW.refusal)
    EXECUTE FUNCTION stays_as_it_is()
    """
    for table in ("approvals", "reveals")
]


class Migration(migrations.Migration):
    dependencies = [("records", "0009_open_tips")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Approval",
            name="refusal",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddConstraint(
            model_name="Approval",
            constraint=CheckConstraint(
                check="refusal IS NULL OR (refusal <> '' AND coalesce(decision = 'REFUSED', FALSE))",
                name="approvals_refusal_check",
            ),
        ),
        ops.AddField(
            model_name="Reveal",
            name="refusal",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddConstraint(
            model_name="Reveal",
            constraint=CheckConstraint(
                check="refusal IS NULL OR (refusal <> '' AND NOT coalesce(approved, TRUE))",
                name="reveals_refusal_check",
            ),
        ),
        ops.RunSQL(_FIXED),
    ]
