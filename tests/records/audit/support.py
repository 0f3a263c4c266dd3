"""What the tests of the audit share: entries, checkpoints, and what an owner of the tables can do to both."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg

from records import audit
from records.audit import ChainWriter, Checkpoint, VerificationReport
from records.core.actor import system_actor
from records.database.connect import DatabaseRole, connection_arguments
from records.nouns import groups
from records.nouns.groups import GroupDraft
from records.tables import AuditEntry, AuditLink
from records.tables.groups import GroupKind
from tests.conftest import area_ids

TASK = system_actor("test")


async def draft(code: str, households: int = 1) -> GroupDraft:
    (area,) = await area_ids("29905")
    return GroupDraft(code, "Tổ tự quản mẫu", GroupKind.SELF_GOVERNING, area, households=households)


async def add_group(code: str) -> None:
    """One audit entry."""
    await groups.create(await draft(code), by=TASK)


async def five(code: str = "MAU-01") -> None:
    """Five audit entries: a group's creation and its edits."""
    given = await draft(code)
    row = await groups.create(given, by=TASK)
    for version in range(1, 5):
        await groups.edit(row.id, replace(given, households=10 + version), expected_version=version, by=TASK)


async def link_until(linker: ChainWriter, count: int) -> None:
    """Links exactly so many entries; PostgreSQL's own work may hold some back for a moment."""
    async with asyncio.timeout(20):
        while count > 0:
            count -= await linker.append_pending()
    assert count == 0


async def link_and_keep(folder: Path) -> None:
    """Links what there is and keeps a checkpoint of it."""
    count = await AuditEntry.exclude(seq__in=[entry for _, entry in await links()]).count()
    await link_until(ChainWriter(), count)
    await audit.CheckpointWriter(audit.open_store(folder)).write_now()


async def check(heads: Path | Sequence[Checkpoint] = ()) -> VerificationReport:
    return await audit.verify(audit.read_checkpoints(heads) if isinstance(heads, Path) else heads, by=TASK)


async def links() -> list[tuple[int, int]]:
    """Position and entry of each link."""
    return [(row.position, row.entry) for row in await AuditLink.all().order_by("position")]


def head_files(folder: Path) -> list[Path]:
    """The files of checkpoints in a folder."""
    return sorted(folder.iterdir())


async def connect(
    url: str, role: DatabaseRole | None = DatabaseRole.OWNER
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection of a role; of the account that made the roles where none is named."""
    return await asyncpg.connect(**connection_arguments(url, role))


async def tamper(url: str, *statements: str) -> None:
    """Does as the owner of the tables what the triggers would refuse."""
    connection = await connect(url)
    try:
        for table in ("audit_entries", "audit_links"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_stands")
        for statement in statements:
            assert await connection.execute(statement) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
    finally:
        for table in ("audit_entries", "audit_links"):
            await connection.execute(f"ALTER TABLE IF EXISTS {table} ENABLE TRIGGER audit_stands")
        await connection.close()
