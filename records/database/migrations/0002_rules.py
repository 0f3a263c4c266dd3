"""Rules that the database keeps itself: constraints, order of bytes, search, sealed rows, and what never changes."""

from typing import Final

from tortoise import migrations
from tortoise.migrations import operations as ops

from records.database.operations import CreateConstraints

# Sort keys, folded texts and codes are compared byte by byte, whatever the database's own collation.
_BYTE_ORDER: Final = [
    ("areas", "code", "varchar(16)"),
    ("areas", "folded", "text"),
    ("areas", "name_key", "text"),
    ("groups", "code", "varchar(32)"),
    ("groups", "folded", "text"),
    ("groups", "name_key", "text"),
    ("indicators", "code", "varchar(60)"),
    ("members", "name_key", "text"),
    ("organisations", "name_key", "text"),
    ("outlines", "code", "varchar(32)"),
    ("programmes", "code", "varchar(32)"),
    ("staff", "name_key", "text"),
    ("tip_categories", "code", "varchar(32)"),
    ("tips", "code", "varchar(20)"),
    ("tips", "reference", "varchar(14)"),
]
_SEARCHED: Final = [
    "areas",
    "enquiries",
    "groups",
    "organisations",
    "outlines",
    "programmes",
    "staff",
    "tips",
]
# Staff are few: an index would cost more than it saves.
_SEARCH_INDEXED: Final = [table for table in _SEARCHED if table != "staff"]
# What is unknown comes last: the API orders by the day or the moment, or else by one after all others.
_UNKNOWN_LAST: Final = [
    ("figures", "figures_period_idx", "period_to"),
    ("groups", "groups_founded_idx", "founded_on"),
    ("programmes", "programmes_ended_idx", "ended_on"),
    ("tips", "tips_due_idx", "due_at"),
]
_TEXTS_AND_ORDER: Final = [
    *(
        f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {type_} COLLATE "C"'
        for table, column, type_ in _BYTE_ORDER
    ),
    # Stored beside the text: the planner may look at it row by row, and computing it there takes 20 times as long.
    *(
        f"ALTER TABLE {table} ADD COLUMN search tsvector"
        " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
        for table in _SEARCHED
    ),
    *(f"CREATE INDEX {table}_search_idx ON {table} USING gin (search)" for table in _SEARCH_INDEXED),
    *(
        f"CREATE INDEX {name} ON {table} (coalesce({column}, 'infinity'), id)"
        for table, name, column in _UNKNOWN_LAST
    ),
]

# No duplicate points at a duplicate: the database refuses what two merges at once might leave behind.
_DUPLICATES: Final = [
    "ALTER TABLE tips ADD original boolean GENERATED ALWAYS AS (duplicate_of_id IS NULL) STORED",
    "ALTER TABLE tips ADD of_original boolean GENERATED ALWAYS AS (true) STORED",
    "ALTER TABLE tips ADD CONSTRAINT tips_original_key UNIQUE (id, original)",
    """
    ALTER TABLE tips ADD CONSTRAINT tips_duplicate_of_original_fkey
        FOREIGN KEY (duplicate_of_id, of_original) REFERENCES tips (id, original) ON DELETE RESTRICT
    """,
]

# All that the reader sees of the text of a question: what is published, without whoever asked, and what waits.
_QUESTIONS: Final = [
    """
    CREATE VIEW faq WITH (security_barrier) AS
    SELECT id, version, updated_at, area_id, topic, question, answer, answered_at, search
    FROM enquiries WHERE published AND deleted_at IS NULL
    """,
    """
    CREATE VIEW open_enquiries WITH (security_barrier) AS
    SELECT id, version, area_id, channel, topic, question, asked_at
    FROM enquiries WHERE answered_at IS NULL AND deleted_at IS NULL
    """,
]

# What was published, and what was signed, can be taken out as a whole and never be changed.
_FIXED: Final = {
    "outlines": (
        "OLD.status = 'PUBLISHED'",
        "code, edition, title, topics, body, organisation_id, status, issued_on, valid_until",
    ),
    "reviews": (
        "OLD.signed_on IS NOT NULL",
        (
            "group_id, area_id, year, scorecard_id, total, review_class, findings, actions, by_police,"
            " by_front, signed_on"
        ),
    ),
}


def _kept(table: str) -> str:
    """The trigger that refuses to change the fixed columns of `table`."""
    condition, listed = _FIXED[table]
    old, new = (", ".join(f"{row}.{column}" for column in listed.split(", ")) for row in ("OLD", "NEW"))
    return f"""
        CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN ({condition} AND ({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION stays_as_it_is()
    """


_KEPT: Final = [
    """
    CREATE FUNCTION stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this row stays as it is' USING ERRCODE = 'check_violation'; END $$
    """,
    *(_kept(table) for table in _FIXED),
]

# Rows of the audit are added and never changed: the database refuses it to whoever asks, its owner too. The
# service lacks the right in any case. The owner of a table may take this trigger away; the chain then tells
# (docs/explanation/audit.md).
_AUDIT: Final = [
    # `ketnoi audit verify` compares its text (records/audit/schema_guard.py).
    (
        "CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'rows of the audit are only added'"
        " USING ERRCODE = 'insufficient_privilege'; END $$"
    ),
    *(
        f"""
        CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()
        """
        for table in ("audit_entries", "audit_links")
    ),
]

# A transaction that wrote into the outbox tells its number to those who listen, once, when it commits.
_OUTBOX: Final = [
    """
    CREATE FUNCTION outbox_ring() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('ketnoi_outbox', pg_current_xact_id()::text); RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER outbox_events_ring AFTER INSERT ON outbox_events
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_ring()
    """,
]

# What is left of budgets, written often and worth nothing after a crash; and what readiness writes to, to see
# whether the database takes a row. That row never stays.
_UPKEEP: Final = [
    "ALTER TABLE partner_budgets SET UNLOGGED, SET (fillfactor = 50)",
    "CREATE TABLE readiness_probe (at timestamptz NOT NULL)",
    """
    INSERT INTO retention_rules (noun, keep_months, action) VALUES
        ('tip', 60, 'ERASE_PERSON'), ('member', 24, 'ERASE_PERSON'),
        ('education_case', 60, 'ERASE_PERSON'), ('session', 6, 'REMOVE')
    """,
]

# Who decides; beside `DECIDER_ROLES` in records/core/rights.py.
_DECIDERS: Final = {
    "PHONE_LOOKUP": "'CUSTODIAN', 'AUDITOR'",
    "PARTNER_ACCESS": "'COMMANDER'",
    "TIP_ACCOUNT": "'COMMANDER'",
    "DECIDER_ACCOUNT": "'CUSTODIAN', 'AUDITOR'",
}
_APPROVALS: Final = [
    # Whether somebody can sign in, has one of these roles, and works where this area lies.
    """
    CREATE FUNCTION decides_in(who uuid, roles text[], area uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (
            SELECT FROM public.staff s
            JOIN public.staff_areas a ON a.staff_id = s.id
            JOIN public.area_reach r ON r.ancestor_id = a.area_id
            WHERE s.id = who AND s.active AND s.deleted_at IS NULL AND s.role = ANY (roles) AND r.area_id = area
        )
    $$
    """,
    "CREATE FUNCTION approval_roles(kind text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT CASE kind"
    + "".join(f" WHEN '{kind}' THEN ARRAY[{roles}]" for kind, roles in _DECIDERS.items())
    + " ELSE ARRAY[]::text[] END $$",
    # Whether `who` may decide on an approval: everywhere that it reaches.
    """
    CREATE FUNCTION approval_decides(approval uuid, kind text, who uuid) RETURNS boolean
    LANGUAGE sql STABLE AS $$
        SELECT coalesce(bool_and(public.decides_in(who, public.approval_roles(kind), a.area_id)), FALSE)
        FROM public.approval_areas a WHERE a.approval_id = approval
    $$
    """,
    # A request stays what it was, is decided once by somebody who may, and an approval is used once in time.
    """
    CREATE FUNCTION approvals_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.decided_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL OR NEW.used_at IS NOT NULL THEN
                RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.id, NEW.act, NEW.kind, NEW.subject_id, NEW.request, NEW.digest, NEW.asked_by_id, NEW.asked_at,
            NEW.motive) IS DISTINCT FROM (OLD.id, OLD.act, OLD.kind, OLD.subject_id, OLD.request, OLD.digest,
            OLD.asked_by_id, OLD.asked_at, OLD.motive)
            OR (OLD.decided_at IS NOT NULL AND (NEW.decided_by_id, NEW.decision, NEW.decided_at, NEW.expires_at)
                IS DISTINCT FROM (OLD.decided_by_id, OLD.decision, OLD.decided_at, OLD.expires_at))
            OR (OLD.decided_at IS NULL AND NEW.decided_at IS NULL AND NEW.expires_at <> OLD.expires_at)
            OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
            OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
        THEN
            RAISE EXCEPTION 'a request is decided and used once' USING ERRCODE = 'check_violation';
        END IF;
        IF (OLD.decided_at IS NULL AND NEW.decided_at IS NOT NULL)
            OR (OLD.used_at IS NULL AND NEW.used_at IS NOT NULL)
        THEN
            IF OLD.expires_at <= now() OR NOT public.approval_decides(NEW.id, NEW.kind, NEW.decided_by_id) THEN
                RAISE EXCEPTION 'this person may not decide on it' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER approvals_once BEFORE INSERT OR UPDATE ON approvals
    FOR EACH ROW EXECUTE FUNCTION approvals_once()
    """,
]

# A request to see sealed data begins undecided, is decided or withdrawn once, by a custodian of the area, and
# stays what it was; only its looks go on counting.
_REVEALS: Final = [
    """
    CREATE FUNCTION reveals_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.decided_at IS NOT NULL OR NEW.looks <> 0 OR NEW.withdrawn_at IS NOT NULL THEN
                RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'check_violation';
            END IF;
        ELSIF (NEW.id, NEW.sealed, NEW.row_id, NEW.area_id, NEW.asked_by_id, NEW.asked_at, NEW.motive)
            IS DISTINCT FROM
            (OLD.id, OLD.sealed, OLD.row_id, OLD.area_id, OLD.asked_by_id, OLD.asked_at, OLD.motive)
            OR NEW.looks < OLD.looks
            OR (OLD.decided_at IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.approved, NEW.until)
                IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.approved, OLD.until))
            OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
        THEN
            RAISE EXCEPTION 'a request is decided once' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER reveals_once BEFORE INSERT OR UPDATE ON reveals
    FOR EACH ROW EXECUTE FUNCTION reveals_once()
    """,
    """
    CREATE FUNCTION reveals_decider() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT public.decides_in(NEW.decided_by_id, ARRAY['CUSTODIAN'], NEW.area_id) THEN
            RAISE EXCEPTION 'a custodian of the area decides' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER reveals_decider BEFORE UPDATE ON reveals FOR EACH ROW
    WHEN (OLD.decided_at IS NULL AND NEW.decided_at IS NOT NULL) EXECUTE FUNCTION reveals_decider()
    """,
]

# What the service may do with sealed rows that it cannot see runs as the owner and shows no sealed value.
_AS_OWNER: Final = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"
# Each sealed table, and the column that names the record that a row belongs to.
_SEALED: Final = {
    "tip_reporters": "tip_id",
    "member_contacts": "member_id",
    "education_subjects": "case_id",
}
# How one comes from a row `s` with a phone to the record `o` that has its area.
_WITH_PHONE: Final = {
    "tip_reporters": "JOIN tips o ON o.id = s.tip_id",
    "member_contacts": "JOIN members m ON m.id = s.member_id JOIN groups o ON o.id = m.group_id",
}


def _row_security(table: str, owner: str) -> list[str]:
    """Rows of `table` are seen under a live approval alone.

    The owner of the tables, who only migrates and rotates keys, stays free of it: so not FORCE.
    """
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_add ON {table} FOR INSERT TO ketnoi_app WITH CHECK (TRUE)",
        f"""
        CREATE POLICY {table}_look ON {table} FOR SELECT TO ketnoi_app USING (EXISTS (
            SELECT FROM reveals r
            WHERE r.sealed = '{table}' AND r.row_id = {table}.{owner} AND r.approved AND r.until > now()
            AND r.asked_by_id = nullif(current_setting('ketnoi.actor', TRUE), '')::uuid
        ))
        """,
    ]


def _by_table(bodies: dict[str, str]) -> str:
    """A choice of plpgsql: the body for the table that is named in `sealed`."""
    return (
        "CASE sealed "
        + " ".join(f"WHEN '{table}' THEN {body};" for table, body in bodies.items())
        + " END CASE"
    )


_ERASE: Final = _by_table(
    {table: f"DELETE FROM {table} WHERE {owner} = whose" for table, owner in _SEALED.items()}
)
_PRESENT: Final = _by_table(
    {
        table: f"RETURN QUERY SELECT {owner} FROM {table} WHERE {owner} = ANY(given)"
        for table, owner in _SEALED.items()
    }
)
_BY_PHONE: Final = _by_table(
    {
        table: f"RETURN QUERY SELECT s.{_SEALED[table]} FROM {table} s {joined}"
        " JOIN area_reach r ON r.area_id = o.area_id"
        " WHERE s.phone_index = given.phone_index AND r.ancestor_id = given.area_id"
        for table, joined in _WITH_PHONE.items()
    }
)
_SEALED_ROWS: Final = [
    *(statement for table, owner in _SEALED.items() for statement in _row_security(table, owner)),
    *(f"CREATE INDEX {table}_phone_idx ON {table} (phone_index)" for table in _WITH_PHONE),
    # Erases what is sealed for a record, the data key with it; how many rows there were.
    f"""
    CREATE FUNCTION sealed_erase(sealed text, whose uuid) RETURNS bigint LANGUAGE plpgsql {_AS_OWNER}
    DECLARE erased bigint;
    BEGIN {_ERASE}; GET DIAGNOSTICS erased = ROW_COUNT; RETURN erased; END $$
    """,
    # Those of the records given for which anything is sealed.
    f"""
    CREATE FUNCTION sealed_present(sealed text, given uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE {_AS_OWNER}
    BEGIN {_PRESENT}; END $$
    """,
    # The records in the area of a request whose sealed phone is the one that it asks about: no index is handed
    # in, so none can be tried out. Whoever approved it must still be somebody who may.
    f"""
    CREATE FUNCTION sealed_of_request(sealed text, request uuid) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE {_AS_OWNER}
    DECLARE given data_requests;
    BEGIN
        SELECT d.* INTO given FROM data_requests d
        WHERE d.id = request AND d.phone_index IS NOT NULL AND EXISTS (
            SELECT FROM approvals a WHERE a.act = 'PHONE_LOOKUP' AND a.subject_id = d.id
            AND a.asked_by_id = nullif(current_setting('ketnoi.actor', TRUE), '')::uuid
            AND a.decision = 'APPROVED' AND a.expires_at > now()
            AND approval_decides(a.id, a.kind, a.decided_by_id)
        );
        IF given.id IS NULL THEN RETURN; END IF;
        {_BY_PHONE};
    END $$
    """,
    # What was approved cannot be turned into a look for another phone or in another area.
    """
    CREATE FUNCTION data_requests_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.area_id <> OLD.area_id
            OR coalesce(NEW.phone_index <> OLD.phone_index, NEW.phone_index IS NOT NULL)
        THEN
            RAISE EXCEPTION 'a request stays about one phone in one area' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER data_requests_stay BEFORE UPDATE ON data_requests
    FOR EACH ROW EXECUTE FUNCTION data_requests_stay()
    """,
]


class Migration(migrations.Migration):
    dependencies = [("records", "0001_tables")]

    operations = [
        CreateConstraints(),
        ops.RunSQL(
            [
                *_TEXTS_AND_ORDER,
                *_DUPLICATES,
                *_QUESTIONS,
                *_KEPT,
                *_AUDIT,
                *_OUTBOX,
                *_UPKEEP,
                *_APPROVALS,
                *_REVEALS,
                *_SEALED_ROWS,
            ]
        ),
    ]
