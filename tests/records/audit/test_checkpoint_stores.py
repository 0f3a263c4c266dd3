"""Checkpoints outside the database: kept whole, by many processes, and never in the way of a change."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from records.audit import (
    ChainWriter,
    Checkpoint,
    CheckpointStoreError,
    CheckpointWriter,
    open_store,
    read_checkpoints,
)
from tests.edge.test_request_ids import lines
from tests.records.audit.support import add_group, check, five, head_files, link_and_keep, link_until


class Receiver:
    """An address that notes what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status: int | None = 201
        self.address = ""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        self.bodies.append(await reader.readexactly(size))
        if self.status is not None:
            where = b"Location: http://127.0.0.1:1/\r\n" if self.status == 302 else b""
            writer.write(b"HTTP/1.1 %d X\r\n%bContent-Length: 0\r\n\r\n" % (self.status, where))
            await writer.drain()
        writer.close()


def modes(paths: list[Path]) -> set[int]:
    """Who may read them."""
    return {path.stat().st_mode & 0o777 for path in paths}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.meet, "127.0.0.1", 0)
    found.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/heads"
    yield found
    server.close()
    await server.wait_closed()


async def test_keeper_writes_nothing_when_nothing_is_new(database: str, tmp_path: Path) -> None:
    keeper = CheckpointWriter(open_store(tmp_path))
    assert await keeper.write() is None
    assert head_files(tmp_path) == []
    await five()
    await link_until(ChainWriter(), 5)
    first = await keeper.write()
    assert first is not None
    assert (first.position, await keeper.write(), await keeper.write_now()) == (5, None, None)
    await add_group("MAU-02")
    await link_until(ChainWriter(), 1)
    # Not due yet: only so often is one written.
    assert await keeper.write() is None
    keeper._due = 0
    second = await keeper.write()
    assert second is not None
    assert list(read_checkpoints(tmp_path)) == [first, second]


async def test_keepers_share_folder_when_there_are_many(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "heads"
    keepers = [CheckpointWriter(open_store(folder)) for _ in range(5)]
    await five()
    await link_until(ChainWriter(), 5)
    for keeper in keepers:
        await keeper.write_now()
    assert [checkpoint.position for checkpoint in read_checkpoints(folder)] == [5]
    await add_group("MAU-02")
    await link_until(ChainWriter(), 1)
    await asyncio.gather(*(keeper.write_now() for keeper in keepers))
    assert {checkpoint.position for checkpoint in read_checkpoints(folder)} == {5, 6}
    assert (await check(folder)).is_compared
    assert modes([folder]) == {0o700}
    assert modes(head_files(folder)) == {0o600}


async def test_heads_are_read_when_process_died_writing(database: str, tmp_path: Path) -> None:
    await five()
    await link_and_keep(tmp_path)
    (path,) = head_files(tmp_path)
    whole = path.read_bytes()
    for cut in (1, 20, len(whole) - 2):
        path.write_bytes(whole + whole[:cut])
        assert [checkpoint.position for checkpoint in read_checkpoints(tmp_path)] == [5]
    # A copy that lost its last line feed is still whole.
    path.write_bytes(whole[:-1])
    assert [checkpoint.position for checkpoint in read_checkpoints(path)] == [5]
    await add_group("MAU-02")
    await link_and_keep(tmp_path)
    assert [checkpoint.position for checkpoint in read_checkpoints(tmp_path)] in ([5, 6], [6, 5])


async def test_heads_end_where_they_ended_when_listed(database: str, tmp_path: Path) -> None:
    """What is appended while the audit is verified belongs to rows that the snapshot does not show."""
    keeper = CheckpointWriter(open_store(tmp_path))
    await five()
    await link_until(ChainWriter(), 5)
    await keeper.write_now()
    heads = read_checkpoints(tmp_path)
    await add_group("MAU-02")
    await link_until(ChainWriter(), 1)
    await keeper.write_now()
    assert [checkpoint.position for checkpoint in heads] == [5]


async def test_keeper_tries_again_when_folder_fails(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keeper = CheckpointWriter(open_store(tmp_path / "file" / "heads"))
    await five()
    await link_until(ChainWriter(), 5)
    assert await keeper.write() is None
    (line,) = [line for line in lines(caplog) if line["event"] == "audit.head-failed"]
    assert line["reason"] == "NotADirectoryError"
    assert await keeper.write() is None
    (tmp_path / "file").unlink()
    keeper._due = 0
    assert await keeper.write() is not None
    assert (await check(tmp_path / "file" / "heads")).is_compared


async def test_keeper_keeps_before_it_is_due_when_told_to(database: str, tmp_path: Path) -> None:
    keeper = CheckpointWriter(open_store(tmp_path))
    await five()
    await link_until(ChainWriter(), 5)
    await keeper.write()
    await add_group("MAU-02")
    await link_until(ChainWriter(), 1)
    last = await keeper.write(due_only=False)
    assert last is not None
    assert last.position == 6


async def test_keeper_gives_up_when_disk_does_not_answer(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "2026-01-02-00000000.jsonl"
    os.mkfifo(pipe)
    keeper = CheckpointWriter(open_store(tmp_path))
    await five()
    await link_until(ChainWriter(), 5)
    with monkeypatch.context() as patch:
        patch.setattr("records.audit.checkpoint_stores._WHOLE_SECONDS", 0.1)
        with pytest.raises(CheckpointStoreError, match="TimeoutError"):
            await keeper.write_now()
    # The first thread is held by the pipe; no other one is, whatever the patience.
    with pytest.raises(CheckpointStoreError, match="TimeoutError"):
        await keeper.write_now()
    # Somebody at the other end of the pipe lets it go on.
    os.close(os.open(pipe, os.O_WRONLY))
    pipe.unlink()
    assert await kept_at_last(keeper) == 5
    assert {checkpoint.position for checkpoint in read_checkpoints(tmp_path)} == {5}


async def kept_at_last(keeper: CheckpointWriter) -> int | None:
    """The position that is kept once the disk answers again."""
    for _ in range(200):
        try:
            checkpoint = await keeper.write_now()
        except CheckpointStoreError:
            await asyncio.sleep(0.05)
        else:
            return checkpoint.position if checkpoint else None
    return None


async def test_folder_begins_new_file_when_line_was_cut(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    await five()
    await link_until(ChainWriter(), 5)
    keeper = CheckpointWriter(store)

    def full(_file: int) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CheckpointStoreError):
            await keeper.write_now()
    (path,) = head_files(tmp_path)
    path.write_bytes(path.read_bytes()[:10])
    assert await keeper.write_now() is not None
    assert len(head_files(tmp_path)) == 2
    assert [checkpoint.position for checkpoint in read_checkpoints(tmp_path)] == [5]


async def test_address_gets_each_checkpoint(database: str, receiver: Receiver) -> None:
    keeper = CheckpointWriter(open_store(receiver.address))
    await five()
    await link_until(ChainWriter(), 5)
    kept = await keeper.write_now()
    assert kept is not None
    assert [Checkpoint.parse(body) for body in receiver.bodies] == [kept]
    assert b"MAU-01" not in receiver.bodies[0]
    assert await keeper.write_now() is None


@pytest.mark.parametrize("status", [302, 404, 500, None])
async def test_address_is_tried_again_when_it_refuses(
    database: str, receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int | None
) -> None:
    keeper = CheckpointWriter(open_store(receiver.address))
    await five()
    await link_until(ChainWriter(), 5)
    receiver.status = status
    assert await keeper.write() is None
    (line,) = [line for line in lines(caplog) if line["event"] == "audit.head-failed"]
    assert line["reason"] == (f"status {status}" if status else "RemoteProtocolError")
    assert await keeper.write() is None
    receiver.status, keeper._due = 204, 0
    assert await keeper.write() is not None
    assert len(receiver.bodies) == 2


async def test_changes_commit_when_address_never_answers(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.audit.checkpoint_stores._WHOLE_SECONDS", 600)
    met, leave = asyncio.Event(), asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.set()
        await leave.wait()
        writer.close()

    async with listener(hold) as address:
        await add_group("MAU-01")
        await link_until(ChainWriter(), 1)
        keeping = asyncio.create_task(CheckpointWriter(open_store(address)).write())
        await asyncio.wait_for(met.wait(), 20)
        # Only a guard.
        await asyncio.wait_for(add_group("MAU-02"), 20)
        await link_until(ChainWriter(), 1)
        assert not keeping.done()
        leave.set()
        assert await keeping is None


@asynccontextmanager
async def listener(meet: Any) -> AsyncIterator[str]:
    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await server.wait_closed()


async def test_folder_has_no_heads_when_missing(tmp_path: Path) -> None:
    assert list(read_checkpoints(tmp_path / "nowhere")) == []
