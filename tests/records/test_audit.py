"""Everything that the owner of the tables, who may do anything to them, could do to the audit."""

from dataclasses import replace

import asyncpg
import pytest

from records import audit, groups
from records.audit import Flaw, Head, Verdict
from records.core.actor import Role, system
from records.core.chain import COLUMNS
from records.core.errors import Conflict, Denied
from records.database.connect import DatabaseRole, credentials
from records.groups import GroupDraft
from records.tables import AuditEntry
from records.tables.groups import GroupKind
from tests.conftest import area_ids
from tests.records.core.test_change import MakeActor

TASK = system("test")
EDITS = {
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'PARTNER'",
    "actor_id": "gen_random_uuid()",
    "actor_name": "actor_name || ' '",
    "request_id": "reverse(request_id)",
    "action": "'groups.create'",
    "noun": "'member'",
    "row_id": "gen_random_uuid()",
    "area_id": "NULL",
    "before": """before || '{"households": 7}'""",
    "after": """after || '{"households": 7}'""",
    "motive": "'một lý do khác'",
    "chain": "sha256(chain)",
}


async def five() -> None:
    """Five audit rows: a group's creation and its edits."""
    (area,) = await area_ids("29905")
    draft = GroupDraft("MAU-01", "Tổ tự quản mẫu", GroupKind.SELF_GOVERNING, area)
    row = await groups.create(draft, by=TASK)
    for version in range(1, 5):
        await groups.edit(row.id, replace(draft, households=version), seen=version, by=TASK)


async def tamper(url: str, *statements: str) -> None:
    given = credentials(url, DatabaseRole.OWNER)
    del given["minsize"], given["maxsize"]
    connection = await asyncpg.connect(**given)
    try:
        await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_stands")
        for statement in statements:
            assert await connection.execute(statement) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
    finally:
        await connection.execute("ALTER TABLE audit_entries ENABLE TRIGGER audit_stands")
        await connection.close()


def copied(seq: int, chain: str) -> str:
    """The statement that puts in the last row once more."""
    columns = ", ".join(name for name in COLUMNS if name != "seq")
    return (
        f"INSERT INTO audit_entries (seq, {columns}, chain)"
        f" SELECT {seq}, {columns}, {chain} FROM audit_entries WHERE seq = 5"
    )


def test_every_column_but_the_number_is_tampered_with_below() -> None:
    assert set(EDITS) == {*COLUMNS, "chain"} - {"seq"}


@pytest.mark.parametrize("column", EDITS)
@pytest.mark.parametrize("seq", [2, 5])
async def test_an_edit_of_any_column_is_found_and_the_row_named(database: str, column: str, seq: int) -> None:
    await five()
    assert await audit.verify(by=TASK) == Verdict(5, 0)
    await tamper(database, f"UPDATE audit_entries SET {column} = {EDITS[column]} WHERE seq = {seq}")
    assert await audit.verify(by=TASK) == Verdict(seq - 1, 0, seq, Flaw.CHANGED)


@pytest.mark.parametrize(
    ("statements", "seq", "flaw"),
    [
        (["DELETE FROM audit_entries WHERE seq = 3"], 3, Flaw.MISSING),
        (["DELETE FROM audit_entries WHERE seq < 3"], 1, Flaw.MISSING),
        (["UPDATE audit_entries SET seq = 9 WHERE seq = 4"], 4, Flaw.MISSING),
        (
            ["DELETE FROM audit_entries WHERE seq = 3"]
            + [f"UPDATE audit_entries SET seq = {seq - 1} WHERE seq = {seq}" for seq in (4, 5)],
            3,
            Flaw.CHANGED,
        ),
        (
            ["DELETE FROM audit_entries WHERE seq = 1"]
            + [f"UPDATE audit_entries SET seq = {seq - 1} WHERE seq = {seq}" for seq in (2, 3, 4, 5)],
            1,
            Flaw.CHANGED,
        ),
        (
            [
                f"UPDATE audit_entries SET seq = {new} WHERE seq = {old}"
                for old, new in ((2, 9), (3, 2), (9, 3))
            ],
            2,
            Flaw.CHANGED,
        ),
        (
            [copied(6, "chain")],
            6,
            Flaw.CHANGED,
        ),
        (
            [copied(6, "NULL")],
            6,
            Flaw.UNLINKED,
        ),
        (
            [copied(0, "NULL")],
            1,
            Flaw.CHANGED,
        ),
        (["UPDATE audit_entries SET chain = NULL WHERE seq = 3"], 3, Flaw.UNLINKED),
        (
            ["UPDATE audit_entries SET chain = NULL, motive = 'x' WHERE seq = 1"],
            2,
            Flaw.CHANGED,
        ),
    ],
    ids=[
        "one taken out",
        "the first ones taken out",
        "one moved to the end",
        "one taken out and the others moved up",
        "the first taken out and the others moved up",
        "two exchanged",
        "one put in again",
        "one put in without a link",
        "one put in before the first",
        "a link taken away",
        "the first made to look older than the chain, and changed",
    ],
)
async def test_rows_taken_out_put_in_or_moved_are_found(
    database: str, statements: list[str], seq: int, flaw: Flaw
) -> None:
    await five()
    await tamper(database, *statements)
    verdict = await audit.verify(by=TASK)
    assert (verdict.seq, verdict.flaw) == (seq, flaw)


async def test_cutting_off_the_end_shows_against_a_head_and_only_there(database: str) -> None:
    await five()
    head = await audit.head(by=TASK)
    assert (head.seq, head.count, len(head.chain)) == (5, 5, 64)
    await tamper(database, "DELETE FROM audit_entries WHERE seq > 3")
    assert await audit.verify(by=TASK) == Verdict(3, 0)
    assert await audit.verify(head, by=TASK) == Verdict(3, 0, 4, Flaw.CUT)
    # What is told afterwards fills the gap, with links of its own.
    other = GroupDraft("MAU-02", "Tổ mẫu", GroupKind.ZALO, (await area_ids("29905"))[0])
    row = await groups.create(other, by=TASK)
    for version in (1, 2):
        await groups.edit(row.id, replace(other, households=version), seen=version, by=TASK)
    assert await audit.verify(by=TASK) == Verdict(6, 0)
    assert await audit.verify(head, by=TASK) == Verdict(4, 0, 5, Flaw.OTHER)


async def test_an_older_head_fits_a_chain_that_went_on(database: str) -> None:
    await five()
    head = await audit.head(by=TASK)
    (area,) = await area_ids("29905")
    await groups.create(GroupDraft("MAU-02", "Tổ mẫu", GroupKind.ZALO, area), by=TASK)
    assert await audit.verify(head, by=TASK) == Verdict(6, 0)
    assert await audit.verify(replace(head, count=4), by=TASK) == Verdict(4, 0, 5, Flaw.OTHER)


async def test_an_emptied_audit_is_whole_but_for_the_head(database: str) -> None:
    await five()
    head = await audit.head(by=TASK)
    await tamper(database, "DELETE FROM audit_entries")
    assert await audit.verify(by=TASK) == Verdict(0, 0)
    assert await audit.verify(head, by=TASK) == Verdict(0, 0, 1, Flaw.CUT)
    with pytest.raises(Conflict):
        await audit.head(by=TASK)


async def test_the_chain_is_walked_over_many_batches(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.core.chain._BATCH", 2)
    await five()
    assert await audit.verify(by=TASK) == Verdict(5, 0)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
async def test_only_an_auditor_may_ask(staff_actor: MakeActor, role: Role) -> None:
    actor = await staff_actor(role)
    for asked in (audit.verify(by=actor), audit.head(by=actor)):
        with pytest.raises(Denied):
            await asked


async def test_an_auditor_may_ask(staff_actor: MakeActor) -> None:
    actor = await staff_actor(Role.AUDITOR)
    rows = await AuditEntry.all().count()
    assert rows > 0
    assert (await audit.verify(by=actor)).whole == rows
    assert isinstance(await audit.head(by=actor), Head)


@pytest.mark.parametrize("role", [*DatabaseRole, None])
async def test_nobody_can_change_or_take_out_a_row(database: str, role: DatabaseRole | None) -> None:
    """Neither the service, nor the owner of the tables, nor the account that made the roles."""
    await five()
    given = credentials(database, role or DatabaseRole.OWNER)
    for name in ("minsize", "maxsize", *(() if role else ("server_settings",))):
        del given[name]
    connection = await asyncpg.connect(**given)
    try:
        for statement in (
            "UPDATE audit_entries SET motive = 'x'",
            "UPDATE audit_entries SET motive = motive WHERE seq = 1",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
            "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (seq) DO UPDATE SET noun = ''",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
    assert await audit.verify(by=TASK) == Verdict(5, 0)
