"""The database refuses by itself what nobody may approve."""

import asyncpg
import pytest

from records.access.approvals import requests
from records.core.actor import Role
from records.core.rights import DECIDER_ROLES
from records.database.connect import DatabaseRole
from records.tables import ApprovalArea, Staff
from tests.records.access.approvals.support import StaffActor, asked_for_a_key
from tests.records.security.sealed_rows import as_owner, as_role

DECIDED = (
    "UPDATE approvals SET decided_by_id = $2, decision = 'APPROVED', decided_at = now(),"
    " expires_at = now() + interval '1 hour' WHERE id = $1"
)


async def test_database_refuses_decision_when_decider_is_not_allowed(
    database: str, staff_actor: StaffActor
) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    gone = await staff_actor(Role.COMMANDER)
    await Staff.filter(id=gone.id).update(active=False)
    connection = await as_role(database, DatabaseRole.APP)
    for nobody in (
        admin,
        gone,
        await staff_actor(Role.ADMINISTRATOR),
        await staff_actor(Role.CUSTODIAN),
        await staff_actor(Role.AUDITOR),
        await staff_actor(Role.COMMANDER, "28249"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(DECIDED, approval.id, nobody.id)
    head = await staff_actor(Role.COMMANDER)
    assert await connection.execute(DECIDED, approval.id, head.id) == "UPDATE 1"
    await connection.close()


async def test_database_refuses_changes_to_approval_requests(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    connection = await as_role(database, DatabaseRole.APP)

    async def refused(*changes: str) -> None:
        for values in changes:
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE approvals SET {values} WHERE id = $1", approval.id)

    always = (
        'request = \'{"expires_at": "9999-01-01"}\'',
        "subject_id = gen_random_uuid()",
        "digest = repeat('a', 64)",
        "asked_by_id = (SELECT id FROM staff WHERE id <> asked_by_id LIMIT 1)",
        "motive = 'khác'",
        "act = 'PARTNER_OPEN'",
        "kind = 'TIP_ACCOUNT'",
    )
    await refused(*always, "used_at = now()", "expires_at = now() + interval '6 days 23 hours'")
    await requests.approve(approval.id, by=head)
    late = "expires_at = expires_at + interval '1 minute'"
    await refused(*always, late, "decision = 'REFUSED'", "withdrawn_at = now()", "decided_by_id = NULL")
    await requests.execute(approval.id, by=admin)
    await refused(*always, "used_at = NULL", "used_at = now() + interval '1 hour'")
    for sql in ("DELETE FROM approvals", "DELETE FROM approval_areas", "UPDATE approval_areas SET id = id"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO approvals (id, act, kind, subject_id, request, digest, asked_by_id, asked_at,"
            " motive, decided_by_id, decision, decided_at, expires_at) SELECT gen_random_uuid(), act, kind,"
            " subject_id, request, digest, asked_by_id, asked_at, motive, decided_by_id, decision,"
            " decided_at, expires_at FROM approvals"
        )
    await connection.close()


async def test_database_refuses_approval_when_request_reaches_no_area(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    await as_owner(database, "DELETE FROM approval_areas WHERE approval_id = $1", approval.id)
    connection = await as_role(database, DatabaseRole.APP)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(DECIDED, approval.id, head.id)
    await connection.close()
    assert await ApprovalArea.all().count() == 0


async def test_database_and_code_agree_on_deciders(database: str) -> None:
    for kind, roles in DECIDER_ROLES.items():
        (row,) = await as_owner(database, "SELECT approval_roles($1) AS roles", kind.value)
        assert set(row["roles"]) == {role.value for role in roles}
    (row,) = await as_owner(database, "SELECT approval_roles('KHAC') AS roles")
    assert row["roles"] == []
