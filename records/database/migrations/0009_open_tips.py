"""Indexes of the open tips, which are few among all: by deadline, by who works on them, by area and by status."""

from tortoise import migrations
from tortoise.migrations import operations as ops

_OPEN = "WHERE closed_at IS NULL AND deleted_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("records", "0008_review_signatures")]

    operations = [
        ops.RunSQL(
            [
                f"CREATE INDEX tips_open_due_idx ON tips (due_at, id) {_OPEN}",
                f"CREATE INDEX tips_open_assignee_idx ON tips (assignee_id, area_id) {_OPEN}",
                f"CREATE INDEX tips_open_area_idx ON tips (area_id, received_at, id) {_OPEN}",
                f"CREATE INDEX tips_open_status_idx ON tips (status, area_id) {_OPEN}",
                "CREATE INDEX tips_named_idx ON tips (id) WHERE NOT anonymous",
                "CREATE INDEX enquiries_answered_idx ON enquiries (answered_at, id)",
            ]
        )
    ]
