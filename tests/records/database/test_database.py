"""What the database itself promises: constraints, indexes, migrations, roles and grants."""

import asyncio
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from records.core.settings import OperatorError
from records.database import grants
from records.database.connect import DatabaseRole, connection_arguments
from records.database.migrate import forbid_temporary_tables
from records.tables import Organisation
from records.tables.base import EnumField
from records.tables.organisations import OrganisationKind
from tests.api.support import PHU_HUU, add_group
from tests.api.work import add_shared, add_work

ROOT = Path(__file__).parents[3]
# Foreign keys that Tortoise cannot declare.
_OF_TWO_COLUMNS = {"tips_duplicate_of_original_fkey"}
SEALED = {"tip_reporters", "member_contacts", "education_subjects"}


async def _as(url: str, role: DatabaseRole) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(**connection_arguments(url, role))


def _models() -> list[type[Model]]:
    return list(Tortoise.apps["records"].values())


async def test_declared_constraints_and_indexes_exist(database: str) -> None:
    connection = await _as(database, DatabaseRole.APP)
    constraints = {
        (row["relname"], row["conname"])
        for row in await connection.fetch(
            "SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
        )
    }
    indexes = {
        (row["tablename"], row["indexname"]): row["indexdef"]
        for row in await connection.fetch("SELECT * FROM pg_indexes WHERE schemaname = 'public'")
    }
    await connection.close()
    declared = 0
    for model in _models():
        meta = model._meta
        for constraint in meta.constraints:
            declared += 1
            assert constraint.name
            if isinstance(constraint, UniqueConstraint) and constraint.condition:
                definition = indexes[meta.db_table, constraint.name]
                assert "UNIQUE" in definition
                assert "WHERE" in definition
            else:
                assert isinstance(constraint, UniqueConstraint | CheckConstraint)
                assert (meta.db_table, constraint.name) in constraints
        for index in meta.indexes:
            declared += 1
            assert isinstance(index, Index)
            assert (meta.db_table, index.name) in indexes
    assert declared > 120


async def test_foreign_keys_restrict_deletion(database: str) -> None:
    connection = await _as(database, DatabaseRole.APP)
    rows = await connection.fetch("SELECT conname, confdeltype FROM pg_constraint WHERE contype = 'f'")
    await connection.close()
    declared = sum(len(model._meta.fk_fields) for model in _models())
    assert len(rows) == declared + len(_OF_TWO_COLUMNS) > 70
    assert {row["confdeltype"] for row in rows} == {b"r"}


async def test_choices_are_checked_by_database(database: str) -> None:
    unchecked = []
    for model in _models():
        checks = " ".join(c.check for c in model._meta.constraints if isinstance(c, CheckConstraint))
        for name, field in model._meta.fields_map.items():
            if isinstance(field, EnumField) and f"{name} IN (" not in checks:
                unchecked.append(f"{model.__name__}.{name}")
    assert unchecked == []


async def test_sort_keys_are_compared_bytewise(database: str) -> None:
    connection = await _as(database, DatabaseRole.APP)
    rows = await connection.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'name_key' AND collation_name IS DISTINCT FROM 'C'"
    )
    await connection.close()
    assert rows == []


async def test_database_refuses_rows_against_rules(database: str) -> None:
    connection = await _as(database, DatabaseRole.APP)
    area = await connection.fetchval(
        "SELECT id FROM areas WHERE code = '29905' ORDER BY valid_from DESC LIMIT 1"
    )
    insert = (
        "INSERT INTO groups (id, version, created_at, updated_at, code, name, name_key, folded, kind,"
        " area_id, status, inactive_on, external_url, households)"
        " VALUES (gen_random_uuid(), 1, now(), now(), $1, 'Mẫu', 'm', 'mau', $2, $3, $4, $5::date, '', $6)"
    )
    await connection.execute(insert, "M-1", "ZALO", area, "ACTIVE", None, 1)
    for wrong in (
        ("M-1", "ZALO", area, "ACTIVE", None, 1),
        ("M-2", "TELEGRAM", area, "ACTIVE", None, 1),
        ("M-2", "ZALO", area, "DISSOLVED", None, 1),
        ("M-2", "ZALO", area, "MERGED", None, 1),
        ("M-2", "ZALO", area, "ACTIVE", None, -1),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(insert, *wrong)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM groups")
    await connection.close()


SERVICE = (DatabaseRole.APP.value, DatabaseRole.READER.value)
# What each of them may do with each table, with any column of it, and with what else there is.
_HELD = """
SELECT role, 'table' AS what, relname AS name, privilege FROM pg_class, unnest($1::text[]) role,
    unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND has_table_privilege(role, oid, privilege)
UNION ALL
SELECT role, 'column', relname || '.' || attname, privilege
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped,
    unnest($1::text[]) role, unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) privilege
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND has_column_privilege(role, pg_class.oid, attnum, privilege)
UNION ALL
SELECT role, 'function', replace(oid::regprocedure::text, ',', ', '), 'EXECUTE'
  FROM pg_proc, unnest($1::text[] || 'public'::text) role
  WHERE prosecdef AND pronamespace = 'public'::regnamespace AND has_function_privilege(role, oid, 'EXECUTE')
UNION ALL
SELECT role, 'sequence', relname, 'USAGE' FROM pg_class, unnest($1::text[]) role
  WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace AND has_sequence_privilege(role, oid, 'USAGE')
"""


async def wrongly_granted(connection: "asyncpg.Connection[asyncpg.Record]") -> set[tuple[str, ...]]:
    """What the roles of the service may do and should not, or should and may not, by the table of grants."""
    app, reader = SERVICE
    held = {tuple(row) for row in await connection.fetch(_HELD, [*SERVICE])}
    wanted = {(app, "function", name, "EXECUTE") for name in grants.FUNCTIONS}
    rows = await connection.fetch("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
    wanted |= {(app, "sequence", row["sequencename"], "USAGE") for row in rows}
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    ):
        columns[row["table_name"]].append(row["column_name"])
    for table, (privileges, seen) in grants.TABLES.items():
        may = {app: privileges, reader: {"SELECT"} if seen is grants.READS else set()}
        for role in SERVICE:
            wanted |= {(role, "table", table, one) for one in may[role]}
            wanted |= {
                (role, "column", f"{table}.{column}", one)
                for column in columns[table]
                for one in may[role] - {"DELETE", "TRUNCATE"}
            }
        if isinstance(seen, tuple):
            wanted |= {(reader, "column", f"{table}.{column}", "SELECT") for column in seen}
    return held ^ wanted


async def test_grants_match_table(database: str) -> None:
    connection = await _as(database, DatabaseRole.OWNER)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in tables} == set(grants.TABLES)
    assert await wrongly_granted(connection) == set()
    views = await connection.fetch(
        "SELECT relname, reloptions, has_table_privilege($1, oid, 'SELECT') AS seen,"
        " has_table_privilege($2, oid, 'SELECT') AS needed FROM pg_class"
        " WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace",
        DatabaseRole.READER.value,
        DatabaseRole.APP.value,
    )
    # Behind the barrier nothing that a query computes sees the rows that the view leaves out.
    assert {(row["relname"], *row["reloptions"], row["seen"], row["needed"]) for row in views} == {
        (view, "security_barrier=true", True, False) for view in grants.VIEWS
    }
    await connection.close()


async def test_migration_resets_grants_to_table(
    fresh_database: str,
) -> None:
    connection = await _as(fresh_database, DatabaseRole.OWNER)
    both = ", ".join(SERVICE)
    for statement in (
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC, {both}",
        f"GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC, {both}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {both}",
    ):
        await connection.execute(statement)
    assert len(await wrongly_granted(connection)) > 100
    for statement in grants.statements():
        await connection.execute(statement)
    assert await wrongly_granted(connection) == set()
    await connection.close()


async def test_service_roles_own_nothing_and_have_no_extra_rights(database: str) -> None:
    """Whoever owns a table may grant themselves what they like, and row-level security does not bind them."""
    connection = await _as(database, DatabaseRole.OWNER)
    service = [DatabaseRole.APP.value, DatabaseRole.READER.value]
    roles = await connection.fetch("SELECT * FROM pg_roles WHERE rolname = ANY($1)", service)
    assert len(roles) == 2
    powers = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    assert [[row["rolname"], name] for row in roles for name in powers if row[name]] == []
    owned = await connection.fetch(
        "SELECT classid::regclass, objid FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid"
        " WHERE deptype = 'o' AND rolname = ANY($1)",
        service,
    )
    assert owned == []
    for role in service:
        others = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname <> $1 AND pg_has_role($1, oid, 'MEMBER')", role
        )
        assert others == []
        assert not await connection.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", role)
    owners = await connection.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert [row["tableowner"] for row in owners] == [DatabaseRole.OWNER.value]
    await connection.close()


def test_sealed_tables_are_hidden_from_reader() -> None:
    hidden = {table for table, (_, seen) in grants.TABLES.items() if seen is grants.HIDDEN}
    assert hidden >= SEALED | {"staff", "sessions", "partner_keys", "audit_entries", "tip_events"}
    assert "DELETE" not in grants.TABLES["audit_entries"][0] | grants.TABLES["tip_events"][0]
    assert "UPDATE" not in grants.TABLES["audit_entries"][0] | grants.TABLES["tip_events"][0]


# Where people may be named, in tables of which the reader sees some columns.
TEXTS = {
    "members": {"name", "name_key", "folded", "birth_year"},
    "enquiries": {"question", "answer", "folded", "search", "answered_by_id"},
    "activities": {"minutes", "recorded_by_id"},
    "reviews": {"findings", "actions", "by_police", "by_front", "police_signer_id", "front_signer_id"},
}


@pytest.mark.parametrize("table", TEXTS)
async def test_reader_cannot_read_texts_that_may_name_people(database: str, table: str) -> None:
    connection = await _as(database, DatabaseRole.READER)
    assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    for column in TEXTS[table]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT {column} FROM {table}")
    await connection.close()


async def test_published_and_signed_rows_cannot_be_changed(database: str) -> None:
    group = await add_group("Tổ mẫu", code="A1")
    area_id = group.area_id
    office = await Organisation.create(
        name="Đơn vị mẫu", folded="", kind=OrganisationKind.POLICE, area_id=area_id
    )
    await add_work(group.id, PHU_HUU, await add_shared(office.id))
    connection = await _as(database, DatabaseRole.APP)
    for change in (
        "UPDATE outlines SET body = 'Khác'",
        "UPDATE outlines SET status = 'DRAFT', issued_on = NULL",
        "UPDATE reviews SET total = 10, review_class = 'WEAK'",
        "UPDATE reviews SET signed_on = NULL",
        "UPDATE reviews SET front_signed_on = NULL, by_front = ''",
        "UPDATE scorecards SET good_from = good_from + 1",
        "UPDATE criteria SET max_points = max_points - 1",
        "DELETE FROM criteria",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(change)
    for table in ("outlines", "reviews"):
        taken_out = f"UPDATE {table} SET deleted_at = now(), version = version + 1, updated_at = now()"
        assert await connection.execute(taken_out) == "UPDATE 1"
    await connection.close()


async def test_reader_cannot_read_sealed_tables_or_write(database: str) -> None:
    connection = await _as(database, DatabaseRole.READER)
    for table, (_, seen) in grants.TABLES.items():
        if seen is grants.HIDDEN:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT FROM {table}")
        for change in (f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("UPDATE tips SET title = ''")
    for function in ("sealed_of_request('tip_reporters', $1)", "sealed_erase('tip_reporters', $1)"):
        given = [UUID(int=1)] if "$1" in function else []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT {function}", *given)
    assert await connection.fetchval("SELECT count(*) FROM areas") > 14_000
    await connection.close()


async def test_service_roles_make_no_temporary_tables(fresh_database: str) -> None:
    connection = await _as(fresh_database, DatabaseRole.OWNER)
    await connection.execute("SET ROLE NONE")
    await forbid_temporary_tables(connection)
    for role in SERVICE:
        await connection.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TEMPORARY TABLE mine (a int)")
    await connection.close()


async def test_migrate_revokes_temporary_tables_when_allowed(fresh_database: str) -> None:
    """An account that owns the database may; another one is told what an administrator has to run."""
    name = f"mau_{uuid4().hex[:8]}"
    connection = await _as(fresh_database, DatabaseRole.OWNER)
    await connection.execute("SET ROLE NONE")
    await connection.execute(f"CREATE ROLE {name}")
    try:
        await connection.execute(f"SET ROLE {name}")
        with pytest.raises(OperatorError, match="REVOKE TEMPORARY ON DATABASE ketnoi_test_"):
            await forbid_temporary_tables(connection)
    finally:
        await connection.execute("SET ROLE NONE")
        await connection.execute(f"DROP ROLE {name}")
        await connection.close()


async def test_migrate_changes_nothing_when_repeated(fresh_database: str) -> None:
    """In a process of its own, because Tortoise holds one database at a time."""
    code = (
        "import asyncio, sys\n"
        "from commands._database import migrate\n"
        "from records.database.readiness import migrations_of\n"
        "asyncio.run(migrate(sys.argv[1]))\n"
        "print(asyncio.run(migrations_of(sys.argv[1])))\n"
    )
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, fresh_database, stdout=subprocess.PIPE, cwd=ROOT
    )
    out, _ = await done.communicate()
    assert (done.returncode, out.decode().strip()) == (0, "ok")


def test_migrations_match_tables_and_have_one_head() -> None:
    tortoise = Path(sys.executable).with_name("tortoise")
    files = set((ROOT / "records" / "database" / "migrations").glob("0*.py"))
    done = subprocess.run([tortoise, "makemigrations"], capture_output=True, text=True, check=False, cwd=ROOT)
    written = set((ROOT / "records" / "database" / "migrations").glob("0*.py")) - files
    for path in written:
        path.unlink()
    assert "No changes detected" in done.stdout + done.stderr
    assert not written
    numbers = sorted(path.name[:4] for path in files)
    assert numbers == [f"{number:04d}" for number in range(1, len(files) + 1)]
