"""A database that could answer `verify` differently from everybody else is refused before it is believed."""

import pytest

from records.audit import Defect
from records.database.connect import connected_task
from tests.records.audit.support import check, connect, five

FUNCTION = "CREATE FUNCTION aaa() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
STATEMENTS = {
    "row security": ["ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY"],
    "a policy that knows a read-only transaction": [
        "ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY ins ON audit_entries FOR INSERT WITH CHECK (true)",
        (
            "CREATE POLICY hide ON audit_entries FOR SELECT TO public USING (CASE WHEN"
            " current_setting('transaction_read_only') = 'on' THEN seq <> 900000000 ELSE true END)"
        ),
        (
            "INSERT INTO audit_entries SELECT (jsonb_populate_record(e, jsonb_build_object('seq', 900000000,"
            " 'id', gen_random_uuid(), 'actor_name', 'Người mẫu khác'))).* FROM audit_entries e LIMIT 1"
        ),
    ],
    "a policy that sleeps": ["CREATE POLICY hide ON audit_links USING (true)"],
    "a rule": ["CREATE RULE aaa AS ON DELETE TO audit_entries DO INSTEAD NOTHING"],
    "a view": [
        "ALTER TABLE audit_entries RENAME TO aaa",
        "CREATE VIEW audit_entries AS SELECT * FROM aaa",
        "GRANT SELECT ON audit_entries TO PUBLIC",
    ],
    "a child": ["CREATE TABLE aaa () INHERITS (audit_entries)"],
    "another trigger": [
        FUNCTION,
        "CREATE TRIGGER aaa BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION aaa()",
    ],
    "a trigger that lets pass": [
        (
            "CREATE OR REPLACE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NULL; END $$"
        )
    ],
    "a trigger of a narrower kind": [
        "DROP TRIGGER audit_stands ON audit_links",
        (
            "CREATE TRIGGER audit_stands BEFORE DELETE ON audit_links"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()"
        ),
    ],
    "a trigger that is off": ["ALTER TABLE audit_entries DISABLE TRIGGER audit_stands"],
    "no trigger": ["DROP TRIGGER audit_stands ON audit_links"],
    "a generated column": [
        "ALTER TABLE audit_entries ADD aaa bigint GENERATED ALWAYS AS (seq) STORED",
    ],
    "another type": ["ALTER TABLE audit_entries ALTER motive TYPE varchar(4000)"],
    "another default": ["ALTER TABLE audit_entries ALTER motive SET DEFAULT 'x'"],
    "a table without a log": ["ALTER TABLE audit_links SET UNLOGGED"],
    "a name that leads elsewhere": [
        "CREATE SCHEMA aaa",
        "GRANT USAGE ON SCHEMA aaa TO PUBLIC",
        "CREATE VIEW aaa.audit_entries AS SELECT * FROM public.audit_entries",
        "GRANT SELECT ON aaa.audit_entries TO PUBLIC",
        (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = aaa, public',"
            " current_database()); END $$"
        ),
    ],
}

FOUND = {
    "row security": "audit_entries (row security)",
    "a policy that knows a read-only transaction": "audit_entries (policy)",
    "a policy that sleeps": "audit_links (policy)",
    "a rule": "audit_entries (rule)",
    "a view": "audit_entries (column)",
    "a child": "audit_entries (inheritance)",
    "another trigger": "audit_entries (trigger)",
    "a trigger that lets pass": "audit_entries (trigger)",
    "a trigger of a narrower kind": "audit_links (trigger)",
    "a trigger that is off": "audit_entries (trigger)",
    "no trigger": "audit_links (trigger)",
    "a generated column": "audit_entries (column)",
    "another type": "audit_entries (column)",
    "another default": "audit_entries (column)",
    "a table without a log": "audit_links (kind)",
    "a name that leads elsewhere": "audit_entries (name)",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_verify_refuses_when_table_is_altered(fresh_database: str, name: str) -> None:
    async with connected_task(fresh_database):
        await five()
        assert (await check()).flaw is None
    # Everything here is in the reach of the account that owns the tables and the database.
    connection = await connect(fresh_database, None)
    try:
        for statement in STATEMENTS[name]:
            await connection.execute(statement)
    finally:
        await connection.close()
    async with connected_task(fresh_database):
        verdict = await check()
    assert (verdict.flaw, verdict.where) == (Defect.ALTERED, FOUND[name])
