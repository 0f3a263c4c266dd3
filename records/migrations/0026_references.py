"""References of tips that do not count; what was asked for under a partner's reference."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from records.core.references import new_reference

# For the tips that are there: 55 random bits whose check is a digit, as `new_reference` makes them.
_REFER = """
WITH drawn AS (
  SELECT id, ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint AS bits FROM tips
), fit AS (
  SELECT id, CASE WHEN bits % 37 > 31 THEN bits - bits % 37 + 31 ELSE bits END AS bits FROM drawn
), spelt AS (
  SELECT id, string_agg(
    substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((bits >> shift) & 31)::int + 1, 1), '' ORDER BY shift DESC
  ) || substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (bits % 37)::int + 1, 1) AS text
  FROM fit CROSS JOIN generate_series(0, 50, 5) AS shift GROUP BY id, bits
)
UPDATE tips SET reference = regexp_replace(text, '(....)(....)(....)', '\\1-\\2-\\3')
FROM spelt WHERE spelt.id = tips.id
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0025_audit_links")]

    initial = False

    operations = [
        ops.AddField(model_name="Tip", name="reference", field=fields.CharField(max_length=14, null=True)),
        ops.RunSQL(_REFER, ""),
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
        # What was asked for then is not known any more: it is refused, whatever it was.
        ops.RunSQL("UPDATE tips SET external_sha256 = repeat('0', 64) WHERE external_ref IS NOT NULL", ""),
        ops.AddConstraint("Tip", UniqueConstraint(fields=("reference",), name="tips_reference_key")),
        ops.AddConstraint(
            "Tip",
            CheckConstraint(
                check="(external_ref IS NULL) = (external_sha256 IS NULL)",
                name="tips_external_sha256_check",
            ),
        ),
    ]
