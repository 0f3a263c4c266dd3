"""Linking: writers wait for nobody, and whatever the linkers do, the chain has no gap and no fork."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from records import audit
from records.audit import ChainWriter, VerificationReport
from records.changes.unit_of_work import transaction
from records.core.errors import ValidationFailed
from records.database.connect import DatabaseRole
from records.metrics.catalogue import category_id
from records.nouns import groups, tips
from records.nouns.tips import TipDraft
from records.tables import AuditEntry
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.records.audit.support import (
    TASK,
    add_group,
    check,
    connect,
    draft,
    five,
    link_and_keep,
    link_until,
    links,
    tamper,
)

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def open_writer(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A transaction that has a number, and is held open."""
    connection = await connect(url, DatabaseRole.APP)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_current_xact_id()")
            yield connection
    finally:
        await connection.close()


async def test_change_commits_when_another_writer_is_open(database: str) -> None:
    written = asyncio.Event()

    async def other() -> None:
        await written.wait()
        await add_group("MAU-02")

    # Made here: a task that begins inside the transaction would be part of it.
    task = asyncio.create_task(other())
    async with in_transaction("default"):
        await add_group("MAU-01")
        written.set()
        # Only a guard: without a lock it ends at once.
        await asyncio.wait_for(task, 20)
    assert await AuditEntry.all().count() == 2


async def test_change_commits_when_linker_is_open(database: str) -> None:
    connection = await connect(database, DatabaseRole.APP)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", 0x6175646974)
        await asyncio.wait_for(add_group("MAU-01"), 20)
        assert await ChainWriter().append_pending() == 0
    await connection.close()
    await link_until(ChainWriter(), 1)


async def test_link_stays_below_oldest_running_writer(database: str) -> None:
    linker = ChainWriter()
    await add_group("MAU-01")
    async with open_writer(database):
        await add_group("MAU-02")
        await link_until(linker, 1)
        assert await linker.append_pending() == 0
    await link_until(linker, 1)
    assert [position for position, _ in await links()] == [1, 2]


async def test_link_adds_late_committer_when_it_is_done(database: str, tmp_path: Path) -> None:
    linker, written, finish = ChainWriter(), asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with transaction():
            await add_group("MAU-LATE")
            written.set()
            await finish.wait()

    await add_group("MAU-01")
    task = asyncio.create_task(late())
    await written.wait()
    await add_group("MAU-02")
    await link_until(linker, 1)
    before = await links()
    finish.set()
    await task
    await link_until(linker, 2)
    await link_and_keep(tmp_path)
    assert (await links())[:1] == before
    # In the order of the transactions: the late one began first.
    written_by = [await AuditEntry.get(seq=entry) for _, entry in await links()]
    assert [row.after and row.after["code"] for row in written_by] == ["MAU-01", "MAU-LATE", "MAU-02"]
    assert (await check(tmp_path)).is_compared


async def test_link_leaves_no_gap_when_many_link_at_once(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("records.audit.linking._BATCH", 3)
    codes = [f"MAU-{number:02}" for number in range(30)]
    linkers = [ChainWriter() for _ in range(4)]

    async def keep_linking(linker: ChainWriter) -> int:
        return sum([await linker.append_pending() for _ in range(10)])

    ended = await asyncio.gather(*map(add_group, codes), *map(keep_linking, linkers))
    await link_until(ChainWriter(), 30 - sum(count for count in ended if count))
    found = await links()
    assert [position for position, _ in found] == list(range(1, 31))
    assert len({entry for _, entry in found}) == 30
    await link_and_keep(tmp_path)
    assert await check(tmp_path) == VerificationReport(linked=30, checkpoints_compared=1, entries_covered=30)


async def test_link_continues_when_process_was_killed(database: str, key_file: Path, tmp_path: Path) -> None:
    """Killed between the link and the checkpoint: the next process keeps it, and nothing is lost."""
    await five()
    code = (
        "import asyncio, sys, time\n"
        "from pathlib import Path\n"
        "from records import audit\n"
        "from records.core.settings import Settings, installation\n"
        "from records.database.connect import connect_database\n"
        "async def main():\n"
        "    installation.use(Settings(Path(''), '', 0, key_path=Path(sys.argv[2])))\n"
        "    async with connect_database(sys.argv[1]):\n"
        "        print(await audit.ChainWriter().append_pending(), flush=True)\n"
        "        time.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, database, str(key_file), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"5\n"
    process.kill()
    await process.wait()
    keeper = audit.CheckpointWriter(audit.open_store(tmp_path))
    assert await ChainWriter().append_pending() == 0
    kept = await keeper.write()
    assert kept is not None
    assert await check(tmp_path) == VerificationReport(linked=5, checkpoints_compared=1, entries_covered=5)
    assert await keeper.write_now() is None


async def test_link_pages_through_batches_and_refused_rows(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.audit.linking._BATCH", 2)
    await five()
    await tamper(database, "UPDATE audit_entries SET motive = 'x' WHERE after->>'households' IN ('11', '12')")
    linker = ChainWriter()
    await link_until(linker, 3)
    await add_group("MAU-02")
    await link_until(linker, 1)
    assert [position for position, _ in await links()] == [1, 2, 3, 4]


async def test_link_takes_rows_of_another_server_when_restored(database: str, tmp_path: Path) -> None:
    """After a restore the numbers of transactions begin anew, so what is there seems to be yet to come."""
    linker = ChainWriter()
    await add_group("MAU-01")
    await link_until(linker, 1)
    linker._below = 2**40
    row = await groups.create(await draft("MAU-02"), by=TASK)
    await link_until(linker, 1)
    assert await AuditEntry.filter(row_id=row.id).exists()
    await link_and_keep(tmp_path)
    assert (await check(tmp_path)).linked == 2


async def test_entry_is_undone_with_surrounding_change(database: str) -> None:
    async def both(*codes: str) -> None:
        async with transaction():
            for code in codes:
                await add_group(code)

    async with transaction():
        await add_group("MAU-01")
        with pytest.raises(ValidationFailed):
            await both("MAU-02", "MAU-01")
        await add_group("MAU-03")
    entries = await AuditEntry.all().order_by("seq")
    assert [entry.after and entry.after["code"] for entry in entries] == ["MAU-01", "MAU-03"]
    await link_until(ChainWriter(), 2)


async def test_chain_stays_whole_when_many_write(database: str, tmp_path: Path) -> None:
    (area,) = await area_ids("29905")
    tip = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, area)

    async def one(number: int) -> None:
        """Takes the counter's lock before or after it has written an entry, in turn."""
        async with transaction():
            if number % 2:
                await tips.submit(tip, by=TASK)
            row = await groups.create(await draft(f"MAU-{number:02}"), by=TASK)
            await groups.edit(row.id, await draft(f"MAU-{number:02}", 9), expected_version=1, by=TASK)
            if not number % 2:
                await tips.submit(tip, by=TASK)
            if number % 5 == 0:
                raise ZeroDivisionError

    ended = await asyncio.gather(*(one(number) for number in range(40)), return_exceptions=True)
    assert {type(end) for end in ended if end} == {ZeroDivisionError}
    await link_and_keep(tmp_path)
    assert await check(tmp_path) == VerificationReport(
        linked=32 * 3, checkpoints_compared=1, entries_covered=32 * 3
    )
