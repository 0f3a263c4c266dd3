"""References of tips that do not count; what was asked for under a partner's reference.

There are no tips yet: each has an audit entry, and 0025 refuses a database that holds one.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.identifiers.references import new_reference


class Migration(migrations.Migration):
    dependencies = [("records", "0025_audit_links")]

    initial = False

    operations = [
        ops.AddField(model_name="Tip", name="reference", field=fields.CharField(max_length=14, null=True)),
        ops.AlterField(
            model_name="Tip", name="reference", field=fields.CharField(max_length=14, default=new_reference)
        ),
        ops.RunSQL(
            'ALTER TABLE tips ALTER COLUMN reference TYPE varchar(14) COLLATE "C"',
            "ALTER TABLE tips ALTER COLUMN reference TYPE varchar(14)",
        ),
        ops.AddField(
            model_name="Tip", name="external_sha256", field=fields.CharField(max_length=64, null=True)
        ),
        ops.AddConstraint("Tip", UniqueConstraint(fields=("reference",), name="tips_reference_key")),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="(external_ref IS NULL) = (external_sha256 IS NULL)",
                name="tips_external_sha256_check",
            ),
        ),
    ]
