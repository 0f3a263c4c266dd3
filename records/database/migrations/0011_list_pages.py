"""Lists of one ward read an index alone; members in their order; the audit by action, noun and day."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0010_refusals")]

    initial = False

    operations = [
        ops.RemoveIndex(
            model_name="Activity",
            name="activities_area_held_idx",
            fields=None,
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["action", "seq"], name="audit_entries_action_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["actor_name", "seq"], name="audit_entries_actor_name_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["noun", "seq"], name="audit_entries_noun_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["at", "seq"], name="audit_entries_at_idx"),
        ),
        ops.RemoveIndex(
            model_name="Tip",
            name="tips_area_received_idx",
            fields=None,
        ),
        ops.RunSQL(
            [
                # What the lists sort and filter by: a ward has tens of thousands of tips, and its page 25.
                (
                    "CREATE INDEX tips_area_received_idx ON tips (area_id, received_at, id)"
                    " INCLUDE (status, channel, category_id, updated_at) WHERE deleted_at IS NULL"
                ),
                (
                    "CREATE INDEX activities_area_held_idx ON activities (area_id, held_on, id)"
                    " INCLUDE (kind) WHERE deleted_at IS NULL"
                ),
                (
                    "CREATE INDEX enquiries_area_answered_idx ON enquiries (area_id, answered_at, id)"
                    " WHERE deleted_at IS NULL"
                ),
                # The words of the open tips, by which the inbox counts its statuses.
                (
                    "CREATE INDEX tips_open_search_idx ON tips USING gin (search)"
                    " WHERE closed_at IS NULL AND deleted_at IS NULL"
                ),
                # Which groups met, which are reviewed, and how far outlines have come.
                (
                    "CREATE INDEX activities_meeting_idx ON activities (held_on, group_id)"
                    " WHERE kind = 'QUARTERLY_MEETING' AND deleted_at IS NULL"
                ),
                "CREATE INDEX reviews_year_idx ON reviews (year, group_id) WHERE deleted_at IS NULL",
                (
                    "CREATE INDEX hand_downs_progress_idx ON hand_downs (outline_id, area_id)"
                    " INCLUDE (received_at, activity_id) WHERE deleted_at IS NULL"
                ),
                # The order of members where no accent was typed.
                "CREATE INDEX members_rank_idx ON members (('0' || name_key), id) WHERE deleted_at IS NULL",
                (
                    "CREATE INDEX audit_entries_reveal_idx ON audit_entries ((after ->> 'reveal'), seq)"
                    " WHERE after ->> 'reveal' IS NOT NULL"
                ),
            ]
        ),
    ]
