"""Audit entries that are signed when they are written, and a chain over them that one process appends to."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("records", "0024_budgets")]

    initial = False

    operations = [
        # Nobody can sign afterwards what was written without a MAC: a signature made today would vouch for
        # whatever the rows say by now.
        ops.RunSQL(
            "DO $$ BEGIN IF EXISTS (SELECT FROM audit_entries) THEN"
            " RAISE EXCEPTION 'audit_entries holds rows from before 0.1.0, which bear no MAC and cannot be signed"
            " afterwards: export them, and begin with an empty database'; END IF; END $$",
            reverse_sql=ops.RunSQL.noop,
        ),
        ops.CreateModel(
            name="AuditLink",
            fields=[
                (
                    "position",
                    fields.BigIntField(generated=False, primary_key=True, unique=True, db_index=True),
                ),
                ("entry", fields.BigIntField(unique=True)),
                ("chain", fields.BinaryField()),
            ],
            options={
                "table": "audit_links",
                "app": "records",
                "pk_attr": "position",
                "table_description": "An audit entry's place in the chain: positions have no gap, and rows are only ever added.",
            },
            bases=["Model"],
        ),
        # Tortoise does not create a new table's constraints with the table.
        ops.AddConstraint(
            "AuditLink", CheckConstraint(check="position > 0", name="audit_links_position_check")
        ),
        ops.RunSQL(
            "CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_links"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()",
            reverse_sql="DROP TRIGGER audit_stands ON audit_links",
        ),
        ops.AddField(model_name="AuditEntry", name="id", field=fields.UUIDField(unique=True)),
        ops.AddField(model_name="AuditEntry", name="mac", field=fields.BinaryField()),
        ops.AddField(model_name="AuditEntry", name="txid", field=fields.BigIntField()),
        ops.RemoveField(model_name="AuditEntry", name="chain"),
        ops.AddIndex(
            model_name="AuditEntry", index=Index(fields=["txid", "seq"], name="audit_entries_txid_idx")
        ),
    ]
