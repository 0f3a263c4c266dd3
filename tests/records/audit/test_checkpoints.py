"""A checkpoint is signed only where the last link is right: the keeper signs nothing that others put in."""

from pathlib import Path

import pytest

from records import audit
from records.audit import ChainWriter, CheckpointStoreError, read_checkpoints
from records.core.errors import Conflict
from tests.edge.test_request_ids import lines
from tests.records.audit.support import TASK, add_group, check, five, link_and_keep, link_until, links, tamper

FAR = 9_000_000_000_000_000_000
FORGED = {
    "far away, of no entry": f"INSERT INTO audit_links VALUES ({FAR}, 888888888, sha256('x'))",
    "next, of no entry": "INSERT INTO audit_links VALUES (6, 888888888, sha256('x'))",
    "next, of an entry": (
        "INSERT INTO audit_links SELECT 6, seq, sha256('x') FROM audit_entries ORDER BY seq DESC LIMIT 1"
    ),
    "with another chain": "UPDATE audit_links SET chain = sha256(chain) WHERE position = 5",
    "without the one before": "DELETE FROM audit_links WHERE position = 4",
}


@pytest.mark.parametrize("name", FORGED)
async def test_keeper_signs_nothing_when_last_link_is_forged(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    await five()
    await link_until(ChainWriter(), 5)
    await add_group("MAU-02")
    await tamper(database, FORGED[name])
    keeper = audit.CheckpointWriter(audit.open_store(tmp_path))
    with pytest.raises(CheckpointStoreError):
        await keeper.write_now()
    assert list(read_checkpoints(tmp_path)) == []
    assert "audit.forged" in {line["event"] for line in lines(caplog)}
    with pytest.raises(Conflict, match="CONFLICT"):
        await audit.create_checkpoint(by=TASK)


@pytest.mark.parametrize("name", FORGED)
async def test_linker_adds_nothing_when_last_link_is_forged(
    database: str, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """What the linker appended to a forged link would be right in itself, and a checkpoint would cover it."""
    await five()
    await link_until(ChainWriter(), 5)
    await add_group("MAU-02")
    await add_group("MAU-03")
    await tamper(database, FORGED[name])
    there = await links()
    assert await ChainWriter().append_pending() == 0
    assert await links() == there
    assert "audit.forged" in {line["event"] for line in lines(caplog)}


async def test_checkpoints_continue_when_forged_link_is_gone(database: str, tmp_path: Path) -> None:
    await five()
    await link_and_keep(tmp_path)
    keeper, linker = audit.CheckpointWriter(audit.open_store(tmp_path)), ChainWriter()
    await add_group("MAU-02")
    await tamper(database, FORGED["far away, of no entry"])
    assert await linker.append_pending() == 0
    assert await keeper.write() is None
    await tamper(database, f"DELETE FROM audit_links WHERE position = {FAR}")
    await link_until(linker, 1)
    kept = await keeper.write_now()
    assert kept is not None
    assert kept.position == 6
    assert (await check(tmp_path)).is_compared
