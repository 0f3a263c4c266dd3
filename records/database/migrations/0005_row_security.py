"""Sealed rows: the database itself shows none without a live approval, and decides who may erase and find."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

# table: the column that names the record that a sealed row belongs to.
_SEALED = {"tip_reporters": "tip_id", "member_contacts": "member_id", "education_subjects": "case_id"}
_WITH_PHONE = {"tip_reporters": "tip_id", "member_contacts": "member_id"}


def _secured(table: str, owner: str) -> list[str]:
    # The owner, who only migrates and rotates keys, stays free of it: so not FORCE.
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_add ON {table} FOR INSERT TO ketnoi_app WITH CHECK (TRUE)",
        (
            f"CREATE POLICY {table}_look ON {table} FOR SELECT TO ketnoi_app USING (EXISTS ("
            "SELECT FROM reveals r"
            f" WHERE r.sealed = '{table}' AND r.row_id = {table}.{owner} AND r.approved AND r.until > now()"
            " AND r.asked_by_id = nullif(current_setting('ketnoi.actor', TRUE), '')::uuid))"
        ),
    ]


def _by_table(bodies: dict[str, str]) -> str:
    return " ".join(f"WHEN '{table}' THEN {body};" for table, body in bodies.items())


# What the service may do with sealed rows that it cannot see: each runs as the owner and shows no sealed value.
_FUNCTIONS = [
    # The records whose sealed phone has this blind index.
    "CREATE FUNCTION sealed_by_phone(sealed text, given bytea) RETURNS SETOF uuid"
    " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
    " BEGIN CASE sealed "
    + _by_table(
        {
            table: f"RETURN QUERY SELECT {owner} FROM {table} WHERE phone_index = given"
            for table, owner in _WITH_PHONE.items()
        }
    )
    + " END CASE; END $$",
    # Erases what is sealed for a record, the data key with it; how many rows there were.
    "CREATE FUNCTION sealed_erase(sealed text, whose uuid) RETURNS bigint"
    " LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
    " DECLARE erased bigint; BEGIN CASE sealed "
    + _by_table({table: f"DELETE FROM {table} WHERE {owner} = whose" for table, owner in _SEALED.items()})
    + " END CASE; GET DIAGNOSTICS erased = ROW_COUNT; RETURN erased; END $$",
    # A request begins undecided, is decided once, and stays what it was; only its looks go on counting.
    (
        "CREATE FUNCTION reveals_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'INSERT' THEN"
        " IF NEW.decided_at IS NOT NULL OR NEW.looks <> 0 THEN"
        " RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'check_violation'; END IF;"
        " ELSIF (NEW.id, NEW.sealed, NEW.row_id, NEW.area_id, NEW.asked_by_id, NEW.asked_at, NEW.motive)"
        " IS DISTINCT FROM"
        " (OLD.id, OLD.sealed, OLD.row_id, OLD.area_id, OLD.asked_by_id, OLD.asked_at, OLD.motive)"
        " OR NEW.looks < OLD.looks"
        " OR (OLD.decided_at IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.approved, NEW.until)"
        " IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.approved, OLD.until)) THEN"
        " RAISE EXCEPTION 'a request is decided once' USING ERRCODE = 'check_violation';"
        " END IF; RETURN NEW; END $$"
    ),
    (
        "CREATE TRIGGER reveals_once BEFORE INSERT OR UPDATE ON reveals"
        " FOR EACH ROW EXECUTE FUNCTION reveals_once()"
    ),
    "CREATE INDEX tip_reporters_phone_idx ON tip_reporters (phone_index)",
    "CREATE INDEX member_contacts_phone_idx ON member_contacts (phone_index)",
]


class Migration(migrations.Migration):
    dependencies = [("records", "0004_access")]

    operations = [
        ops.AddConstraint(
            "Reveal",
            CheckConstraint(check="until <= decided_at + INTERVAL '24 hours'", name="reveals_at_most_check"),
        ),
        ops.RunSQL(
            [*(sql for table, owner in _SEALED.items() for sql in _secured(table, owner)), *_FUNCTIONS],
            [
                "DROP INDEX tip_reporters_phone_idx",
                "DROP INDEX member_contacts_phone_idx",
                "DROP TRIGGER reveals_once ON reveals",
                *(
                    f"DROP FUNCTION {name}"
                    for name in ("reveals_once()", "sealed_erase(text, uuid)", "sealed_by_phone(text, bytea)")
                ),
                *(f"DROP POLICY {table}_{name} ON {table}" for table in _SEALED for name in ("look", "add")),
                *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in _SEALED),
            ],
        ),
    ]
