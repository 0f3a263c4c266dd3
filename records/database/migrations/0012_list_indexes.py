"""What counts and lists of a whole province read; the audit by time."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("records", "0011_list_pages")]

    initial = False

    operations = [
        ops.RemoveIndex(
            model_name="AuditEntry",
            name="audit_entries_action_idx",
            fields=None,
        ),
        ops.RemoveIndex(
            model_name="AuditEntry",
            name="audit_entries_actor_name_idx",
            fields=None,
        ),
        ops.RemoveIndex(
            model_name="AuditEntry",
            name="audit_entries_noun_idx",
            fields=None,
        ),
        ops.RemoveIndex(
            model_name="AuditEntry",
            name="audit_entries_at_idx",
            fields=None,
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["actor_name", "at", "id"], name="audit_entries_actor_name_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["action", "at", "id"], name="audit_entries_action_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["noun", "at", "id"], name="audit_entries_noun_idx"),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["at", "id"], name="audit_entries_at_idx"),
        ),
        ops.RunSQL(
            [
                "DROP INDEX audit_entries_reveal_idx",
                (
                    "CREATE INDEX audit_entries_reveal_idx ON audit_entries ((after ->> 'reveal'), at, id)"
                    " WHERE after ->> 'reveal' IS NOT NULL"
                ),
                # Groups are wide rows: whoever counts those of a province reads their index alone.
                (
                    "CREATE INDEX groups_area_idx ON groups (area_id)"
                    " INCLUDE (id, name_key, status, kind, founded_on) WHERE deleted_at IS NULL"
                ),
                (
                    "CREATE INDEX assignments_current_idx ON assignments (area_id, group_id)"
                    " INCLUDE (staff_id, kind) WHERE ends_on IS NULL AND deleted_at IS NULL"
                ),
                "DROP INDEX reviews_year_idx",
                (
                    "CREATE INDEX reviews_year_idx ON reviews (year, group_id)"
                    " INCLUDE (id, area_id, review_class, signed_on) WHERE deleted_at IS NULL"
                ),
            ]
        ),
    ]
