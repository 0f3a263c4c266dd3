"""Education cases have reasons of their own; until now they held codes of tip categories.

It changes reasons without an audit entry. No installation exists yet: this comes before the first release.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

_REASONS = (
    "FORMER_PRISONER",
    "EARLY_RELEASE",
    "SUSPENDED_SENTENCE",
    "JUVENILE",
    "DRUG_USE",
    "AFTER_REHABILITATION",
    "GAMBLING",
    "DISORDER",
    "DOMESTIC_VIOLENCE",
    "OTHER",
)
_LISTED = ", ".join(f"'{reason}'" for reason in _REASONS)


class Migration(migrations.Migration):
    dependencies = [("records", "0032_jobs")]

    initial = False

    operations = [
        ops.RunSQL(
            [
                "UPDATE education_cases SET reason = 'DRUG_USE' WHERE reason = 'DRUGS'",
                f"UPDATE education_cases SET reason = 'OTHER' WHERE reason NOT IN ({_LISTED})",
            ],
            # Which category a case had is known no more.
            "SELECT 1",
        ),
        ops.AlterField("EducationCase", "reason", fields.CharField(max_length=24)),
        ops.AddConstraint(
            "EducationCase",
            CheckConstraint(check=f"reason IN ({_LISTED})", name="education_cases_reason_check"),
        ),
    ]
