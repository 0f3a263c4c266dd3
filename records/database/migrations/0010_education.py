from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from records.core.identifiers.ids import uuid7

# Those of the records given for which anything is sealed; it runs as the owner and shows no sealed value.
_PRESENT = (
    "CREATE FUNCTION sealed_present(sealed text, given uuid[]) RETURNS SETOF uuid"
    " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
    " BEGIN CASE sealed"
    " WHEN 'tip_reporters' THEN RETURN QUERY SELECT tip_id FROM tip_reporters WHERE tip_id = ANY(given);"
    " WHEN 'member_contacts' THEN"
    " RETURN QUERY SELECT member_id FROM member_contacts WHERE member_id = ANY(given);"
    " WHEN 'education_subjects' THEN"
    " RETURN QUERY SELECT case_id FROM education_subjects WHERE case_id = ANY(given);"
    " END CASE; END $$"
)


class Migration(migrations.Migration):
    dependencies = [("records", "0009_partner_usage")]

    initial = False

    operations = [
        ops.CreateModel(
            name="EducationNote",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "records.EducationCase",
                        source_field="case_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("on_day", fields.DateField()),
                ("note", fields.TextField(unique=False)),
                (
                    "recorded_by",
                    fields.ForeignKeyField(
                        "records.Staff",
                        source_field="recorded_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "education_notes",
                "app": "records",
                "indexes": [Index(fields=["case_id", "on_day"], name="education_notes_case_idx")],
                "pk_attr": "id",
                "table_description": "How the guidance goes: only added to, and erased with whom it is about.",
            },
            bases=["Record"],
        ),
        ops.AddConstraint(
            "EducationNote", CheckConstraint(check="note <> ''", name="education_notes_note_check")
        ),
        ops.RunSQL(_PRESENT, "DROP FUNCTION sealed_present(text, uuid[])"),
    ]
