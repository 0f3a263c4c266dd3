"""Whether the audit's tables are what the migrations made: others could answer each reader differently."""

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import asyncpg

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

# Whoever would change a table waits from here on; the snapshot is taken afterwards.
_LOCK: Final = "LOCK TABLE public.audit_entries, public.audit_links IN ACCESS SHARE MODE"
# Asked before our own search path: it is what the service's other statements find.
_NAMES: Final = """
SELECT pg_catalog.to_regclass('audit_entries')::pg_catalog.oid AS audit_entries,
  pg_catalog.to_regclass('audit_links')::pg_catalog.oid AS audit_links"""
# No function, operator or temporary table of somebody else is found before PostgreSQL's own.
_PATH: Final = "SET LOCAL search_path = pg_catalog, public, pg_temp"
_SHAPE: Final = """
WITH t AS (
  SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname IN ('audit_entries', 'audit_links'))
SELECT relname::text AS name, oid, 'kind' AS aspect, relkind::text || relpersistence::text AS detail FROM t
UNION ALL
SELECT relname, oid, 'row security', '' FROM t WHERE relrowsecurity OR relforcerowsecurity
UNION ALL
SELECT relname, t.oid, 'policy', polname::text FROM t JOIN pg_policy ON polrelid = t.oid
UNION ALL
SELECT relname, t.oid, 'rule', rulename::text FROM t JOIN pg_rewrite ON ev_class = t.oid
UNION ALL
SELECT relname, t.oid, 'inheritance', '' FROM t JOIN pg_inherits ON t.oid IN (inhrelid, inhparent)
UNION ALL
SELECT relname, t.oid, 'column', concat_ws(' ', attname, format_type(atttypid, atttypmod),
  nullif(attgenerated::text, ''), nullif(attidentity::text, ''), pg_get_expr(adbin, adrelid))
FROM t JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT relname, t.oid, 'trigger', concat_ws(' ', tgname, tgtype, tgenabled, pg_get_expr(tgqual, tgrelid),
  lanname, btrim(prosrc))
FROM t JOIN pg_trigger ON tgrelid = t.oid JOIN pg_proc p ON p.oid = tgfoid
JOIN pg_language l ON l.oid = prolang
-- Those of PostgreSQL's own foreign keys.
WHERE NOT (tgisinternal AND pronamespace = 'pg_catalog'::regnamespace)"""

_EXPECTED_TRIGGER: Final = (
    "audit_stands 58 O plpgsql BEGIN RAISE EXCEPTION 'rows of the audit are only added'"
    " USING ERRCODE = 'insufficient_privilege'; END"
)
_COLUMNS: Final = {
    "audit_entries": (
        *("id uuid", "row_id uuid", "area_id uuid", "actor_id uuid", "at timestamp with time zone"),
        *("actor_kind character varying(24)", "actor_name character varying(120)"),
        *("request_id character varying(64)", "action character varying(40)", "noun character varying(40)"),
        *("before jsonb", "after jsonb", "motive text", "mac bytea", "txid bigint"),
        "seq bigint nextval('audit_entries_seq_seq'::regclass)",
    ),
    "audit_links": ("position bigint", "entry bigint", "chain bytea"),
}
_EXPECTED_SCHEMA: Final = {
    (table, aspect, detail)
    for table, columns in _COLUMNS.items()
    for aspect, detail in [
        ("kind", "rp"),
        ("trigger", _EXPECTED_TRIGGER),
        *(("column", column) for column in columns),
    ]
}


async def check_audit_schema(connection: "Connection") -> str:
    """What of the audit's tables is not as the migrations made it; empty where all is.

    To be called first in a transaction: until its end nobody can change what decides what a reader sees.
    """
    await connection.execute(_LOCK)
    (names,) = await connection.fetch(_NAMES)
    await connection.execute(_PATH)
    rows = await connection.fetch(_SHAPE)
    for table in _COLUMNS:
        if names[table] not in {row["oid"] for row in rows if row["name"] == table}:
            return f"{table} (name)"
    differences = {(row["name"], row["aspect"], row["detail"]) for row in rows} ^ _EXPECTED_SCHEMA
    return min((f"{table} ({aspect})" for table, aspect, _detail in differences), default="")
