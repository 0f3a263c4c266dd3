"""What readiness writes to, to see whether the database takes a row; the row never stays."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0028_codes_in_capitals")]

    initial = False

    operations = [
        # A statement of its own, because no code reads it: see records/database/readiness.py.
        ops.RunSQL("CREATE TABLE readiness_probe (at timestamptz NOT NULL)", "DROP TABLE readiness_probe"),
    ]
