import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from commands.audit import _report
from records.audit import VerificationReport, read_checkpoints
from tests.api.transport.test_processes import serving
from tests.commands.conftest import Ketnoi
from tests.records.audit.support import connect, head_files, tamper

PARTNER = ("partner", "add", "Đối tác mẫu", "--scope", "groups:read", "--area", "82")


@asynccontextmanager
async def owner(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def heads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of checkpoints that the commands use."""
    folder = tmp_path / "heads"
    monkeypatch.setenv("KETNOI_AUDIT_HEADS", str(folder))
    return folder


async def test_verify_exits_with_3_when_checkpoints_are_missing(ketnoi: Ketnoi, heads: Path) -> None:
    code, out = await ketnoi("audit", "verify")
    assert code == 3
    assert out == (
        "Entries linked: 0. Each is what was signed.\n"
        f"NOT COMPARED: there are no checkpoints in {heads}. What was cut off would not show.\n"
    )
    assert await ketnoi("audit", "head") == (1, "Error: No audit entry has been chained yet.\n")
    assert await ketnoi("audit", "link") == (0, "Entries linked: 0. Checkpoint kept: none, nothing is new.\n")


async def test_verify_compares_when_checkpoints_exist(ketnoi: Ketnoi, heads: Path) -> None:
    assert (await ketnoi(*PARTNER))[0] == 0
    code, out = await ketnoi("audit", "verify")
    assert (code, "Entries not linked yet: " in out) == (3, True)
    code, out = await ketnoi("audit", "link")
    rows = int(out.split()[2].rstrip("."))
    assert (code, out) == (0, f"Entries linked: {rows}. Checkpoint kept: position {rows}.\n")
    code, out = await ketnoi("audit", "verify")
    assert code == 0
    assert out.splitlines() == [
        f"Entries linked: {rows}. Each is what was signed.",
        f"Checkpoints that agree: 1, up to position {rows}.",
    ]
    (path,) = head_files(heads)
    assert json.loads(path.read_text())["position"] == rows


async def test_verify_accepts_printed_head(ketnoi: Ketnoi, heads: Path, tmp_path: Path) -> None:
    assert (await ketnoi(*PARTNER))[0] == 0
    assert (await ketnoi("audit", "link"))[0] == 0
    code, out = await ketnoi("audit", "head")
    assert (code, set(json.loads(out))) == (0, {"position", "chain", "at", "mac"})
    head = tmp_path / "head.json"
    head.write_text(out)
    assert (await ketnoi("audit", "verify", "--heads", str(head)))[0] == 0
    head.write_text("{}\n")
    code, out = await ketnoi("audit", "verify", "--heads", str(head))
    assert (code, "head.json, line 1 is no checkpoint" in out) == (1, True)


async def test_verify_fails_when_audit_trail_was_emptied(
    ketnoi: Ketnoi, fresh_database: str, heads: Path
) -> None:
    assert (await ketnoi(*PARTNER))[0] == 0
    assert (await ketnoi("audit", "link"))[0] == 0
    await tamper(fresh_database, "DELETE FROM audit_entries", "DELETE FROM audit_links")
    cut = "Error: The chain ends before position 1, and a checkpoint outside the database knows more\n"
    assert await ketnoi("audit", "verify") == (1, cut)


async def test_verify_names_altered_entry_without_its_content(
    ketnoi: Ketnoi, fresh_database: str, heads: Path
) -> None:
    assert (await ketnoi(*PARTNER))[0] == 0
    await tamper(fresh_database, "UPDATE audit_entries SET actor_name = 'Chim Hoàng Yến' WHERE seq = 1")
    code, out = await ketnoi("audit", "verify")
    assert (code, out.startswith("Error: Entry 1 of the audit does not bear the MAC")) == (1, True)
    assert "Chim" not in out


async def test_link_fails_when_checkpoint_cannot_be_stored(
    ketnoi: Ketnoi, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ketnoi(*PARTNER))[0] == 0
    monkeypatch.setenv("KETNOI_AUDIT_HEADS", "http://127.0.0.1:9/khong-co")
    code, out = await ketnoi("audit", "link")
    assert (code, "No checkpoint could be kept: ConnectError" in out) == (1, True)
    code, out = await ketnoi("audit", "verify")
    assert (code, "cannot be read from here" in out, "khong-co" in out) == (3, True, False)


def test_report_names_start_of_uncovered_entries(tmp_path: Path) -> None:
    since = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    verdict = VerificationReport(linked=5, checkpoints_compared=1, entries_covered=4, uncovered_since=since)
    assert "NOT COMPARED: what was written since 2026-01-02 03:04 UTC" in _report(verdict, tmp_path)[-1]


async def test_migrate_refuses_when_database_is_from_before_release(
    ketnoi: Ketnoi, fresh_database: str
) -> None:
    async with owner(fresh_database) as connection:
        await connection.execute("UPDATE tortoise_migrations SET name = '0001_initial' WHERE name < '0002'")
    code, out = await ketnoi("migrate")
    assert (code, "begin with an empty one" in out, "Traceback" in out) == (1, True, False)


async def test_service_links_entries_and_stores_checkpoints(
    ketnoi: Ketnoi, fresh_database: str, heads: Path, service_accounts: Callable[[str], dict[str, str]]
) -> None:
    """Two processes at once, and what was written last is covered when they are gone."""
    accounts = service_accounts(fresh_database)
    async with serving(accounts) as one, serving(accounts) as other:
        assert (await ketnoi(*PARTNER))[0] == 0
        for _ in range(60):
            if (await ketnoi("audit", "verify"))[0] == 0:
                break
            await asyncio.sleep(0.5)
        assert (await ketnoi("partner", "add", "Đối tác mẫu hai", *PARTNER[3:]))[0] == 0
        await one.stop()
        await other.stop()
    code, out = await ketnoi("audit", "verify")
    assert (code, "not linked yet" in out) == (0, False)
    covered = max(checkpoint.position for checkpoint in read_checkpoints(heads))
    assert f"Entries linked: {covered}." in out
