"""The database itself guards sealed rows and the decisions on them."""

import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from records.core.actor import Role
from records.database import grants
from records.database.connect import DatabaseRole
from records.privacy import reveals
from records.tables import AuditEntry
from tests.records.privacy.reveal_support import StaffActor, asked, ended, told
from tests.records.security.sealed_rows import as_owner, as_role


async def seen_by_the_database(url: str, actor: UUID | str | None) -> int:
    """How many sealed rows the service's own database role sees when it says that it acts for `actor`."""
    connection = await as_role(url, DatabaseRole.APP)
    try:
        async with connection.transaction():
            if actor is not None:
                await connection.execute("SELECT set_config('ketnoi.actor', $1, TRUE)", str(actor))
            return len(await connection.fetch("SELECT * FROM tip_reporters"))
    finally:
        await connection.close()


async def test_database_shows_sealed_row_only_under_live_approval(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip, another = await told(officer), await told(officer)
    reveal = await asked(tip, officer)
    refused = await asked(another, officer)

    async def seen(actor: UUID | str | None = officer.id) -> int:
        return await seen_by_the_database(database, actor)

    assert await seen() == 0
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.decide(refused.id, approve=False, refusal="Không cần thiết", by=custodian)
    # One row of the two, for the asker, and only inside a transaction that names them.
    assert await seen() == 1
    assert await seen(None) == await seen("") == 0
    assert await seen(custodian.id) == await seen(uuid4()) == 0
    await ended(database, reveal)
    assert await seen() == 0


@pytest.mark.parametrize("table", ["tip_reporters", "member_contacts", "education_subjects"])
async def test_sealed_tables_have_row_security(database: str, table: str) -> None:
    (row,) = await as_owner(database, "SELECT relrowsecurity FROM pg_class WHERE relname = $1", table)
    assert row["relrowsecurity"]
    policies = await as_owner(
        database, "SELECT cmd, roles::text[] FROM pg_policies WHERE tablename = $1 ORDER BY cmd", table
    )
    assert [tuple(policy) for policy in policies] == [
        ("INSERT", ["ketnoi_app"]),
        ("SELECT", ["ketnoi_app"]),
    ]
    connection = await as_role(database, DatabaseRole.APP)
    for change in (f"UPDATE {table} SET data_key = NULL", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
    await connection.close()


async def test_service_role_cannot_change_reveal_decision(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, minutes=5, by=custodian)
    connection = await as_role(database, DatabaseRole.APP)
    for values in (
        "until = now() + interval '20 hours'",
        "asked_by_id = decided_by_id, decided_by_id = asked_by_id",
        "row_id = gen_random_uuid()",
        "motive = 'khác'",
        "looks = -1",
        "approved = FALSE, until = NULL",
        "withdrawn_at = now()",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE reveals SET {values} WHERE id = $1", reveal.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO reveals (id, sealed, row_id, area_id, asked_by_id, asked_at, motive,"
            " decided_by_id, decided_at, approved, until, looks)"
            " SELECT gen_random_uuid(), sealed, row_id, area_id, asked_by_id,"
            " now(), motive, decided_by_id, now(), TRUE, now() + interval '1 hour', 0 FROM reveals"
        )
    withdrawn = await asked(await told(officer), officer)
    await reveals.withdraw(withdrawn.id, by=officer)
    for values in ("withdrawn_at = NULL", "withdrawn_at = now() + interval '1 hour'"):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE reveals SET {values} WHERE id = $1", withdrawn.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "UPDATE reveals SET decided_by_id = $2, decided_at = now(), approved = TRUE,"
            " until = now() + interval '1 hour' WHERE id = $1",
            withdrawn.id,
            custodian.id,
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM reveals")
    await connection.close()


async def test_tip_history_holds_no_sealed_value(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.open_reveal(reveal.id, by=officer)
    rows = await AuditEntry.all().values("before", "after", "motive")
    held = json.dumps(rows, ensure_ascii=False)
    assert "Người báo tin mẫu" not in held
    assert "912345678" not in held


async def test_owner_functions_are_called_by_service_only(database: str) -> None:
    rows = await as_owner(database, "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE prosecdef")
    assert {row["name"].replace(",", ", ") for row in rows} == set(grants.FUNCTIONS)
    for function in grants.FUNCTIONS:
        (may,) = await as_owner(
            database,
            "SELECT has_function_privilege('ketnoi_app', $1, 'EXECUTE') AS app,"
            " has_function_privilege('ketnoi_reader', $1, 'EXECUTE') AS reader,"
            " has_function_privilege('public', $1, 'EXECUTE') AS anybody",
            function,
        )
        assert tuple(may) == (True, False, False), function
