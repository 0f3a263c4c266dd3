"""An index of the day on which members left, by which retention finds those that are due."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0012_list_indexes")]

    operations = [
        ops.RunSQL(
            "CREATE INDEX members_ended_idx ON members"
            " ((coalesce(left_on, (deleted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)))"
        )
    ]
