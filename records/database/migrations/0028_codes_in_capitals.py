"""Codes of groups and outlines are kept in capitals, so that no two differ in case alone."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records.database.operations import AddConstraints


class Migration(migrations.Migration):
    dependencies = [("records", "0027_duplicates")]

    initial = False

    operations = [
        *(
            ops.RunSQL(
                f"UPDATE {table} SET code = upper(code) WHERE code <> upper(code)", reverse_sql="SELECT 1"
            )
            for table in ("groups", "outlines")
        ),
        AddConstraints(
            {
                "Group": [CheckConstraint(check="code = upper(code)", name="groups_code_check")],
                "Outline": [CheckConstraint(check="code = upper(code)", name="outlines_code_check")],
            }
        ),
    ]
