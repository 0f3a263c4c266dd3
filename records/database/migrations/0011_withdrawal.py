"""Whoever asked to see sealed data may withdraw the request while it waits, once and for good."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


def _once(born: str, bent: str) -> str:
    """The trigger's function (see 0005): what a new request may not be, and what a change may not do."""
    return (
        "CREATE OR REPLACE FUNCTION reveals_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'INSERT' THEN"
        f" IF NEW.decided_at IS NOT NULL OR NEW.looks <> 0{born} THEN"
        " RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'check_violation'; END IF;"
        " ELSIF (NEW.id, NEW.sealed, NEW.row_id, NEW.area_id, NEW.asked_by_id, NEW.asked_at, NEW.motive)"
        " IS DISTINCT FROM"
        " (OLD.id, OLD.sealed, OLD.row_id, OLD.area_id, OLD.asked_by_id, OLD.asked_at, OLD.motive)"
        " OR NEW.looks < OLD.looks"
        " OR (OLD.decided_at IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.approved, NEW.until)"
        f" IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.approved, OLD.until)){bent} THEN"
        " RAISE EXCEPTION 'a request is decided once' USING ERRCODE = 'check_violation';"
        " END IF; RETURN NEW; END $$"
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0010_education")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Reveal",
            name="withdrawn_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name="Reveal",
            constraint=CheckConstraint(
                check="withdrawn_at IS NULL OR decided_at IS NULL", name="reveals_withdrawn_check"
            ),
        ),
        ops.RunSQL(
            _once(
                " OR NEW.withdrawn_at IS NOT NULL",
                " OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)",
            ),
            _once("", ""),
        ),
    ]
