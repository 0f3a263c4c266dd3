"""Where checkpoints are kept outside the database: in files of a folder, or at an https address.

Nothing here can hold up a change: checkpoints are written by the upkeep, and one that fails is tried again.
"""

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import httpx

from records.audit.checkpoints import Checkpoint, NotACheckpointError, last_position
from records.audit.last_link import InvalidLinkError
from records.core import events
from records.core.events import Event
from records.security.trust import trusted_certificates

EVERY_SECONDS: Final = 10
"""At most so often is a checkpoint written; `docs/explanation/security.md` names the seconds until then."""

_AGAIN_SECONDS: Final = 30
_WHOLE_SECONDS: Final = 15
_TAIL_BYTES: Final = 4096


class CheckpointStoreError(Exception):
    """A checkpoint could not be kept, or what was kept cannot be read; says why, in plain words of ours."""


class CheckpointStore(Protocol):
    """A store of checkpoints outside the database."""

    async def append(self, checkpoint: Checkpoint) -> None:
        """Stores a checkpoint. Raises `CheckpointStoreError`."""


class FolderStore:
    """Files of lines in a folder. Each process appends to files of its own, so many may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = secrets.token_hex(4)
        self._writing = threading.Lock()

    async def append(self, checkpoint: Checkpoint) -> None:
        """Appends a line and waits until it is on the disk. Raises `CheckpointStoreError`."""
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                await asyncio.to_thread(self._append, checkpoint)
        except OSError as error:
            # What was written of the line ends its file.
            self._name = secrets.token_hex(4)
            raise CheckpointStoreError(type(error).__name__) from None

    def _append(self, checkpoint: Checkpoint) -> None:
        # A disk that does not answer holds one thread of the process, however often it is tried.
        if not self._writing.acquire(blocking=False):
            raise TimeoutError
        try:
            self._append_alone(checkpoint)
        finally:
            self._writing.release()

    def _append_alone(self, checkpoint: Checkpoint) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if checkpoint.position <= self._newest_position():
            return
        path = self._folder / f"{checkpoint.at:%Y-%m-%d}-{self._name}.jsonl"
        new = not path.exists()
        line = checkpoint.line().encode()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb", 0) as file:
            if file.write(line) != len(line):
                raise OSError
            os.fsync(file.fileno())
        if new:
            _sync_folder(self._folder)

    def _newest_position(self) -> int:
        """The newest position in the files of the latest day."""
        names = sorted(path.name for path in self._folder.glob("*.jsonl"))
        paths = [self._folder / name for name in names if name[:10] == names[-1][:10]]
        return max((_last_position(path) for path in paths), default=0)


class AddressStore:
    """An https address that takes each checkpoint as the body of a POST."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def append(self, checkpoint: Checkpoint) -> None:
        """Sends a checkpoint. Raises `CheckpointStoreError` unless it was taken (2xx)."""
        headers = {"Content-Type": "application/json", "User-Agent": "Ketnoi-Audit"}
        try:
            async with (
                asyncio.timeout(_WHOLE_SECONDS),
                httpx.AsyncClient(
                    verify=trusted_certificates(), follow_redirects=False, trust_env=False
                ) as client,
                client.stream(
                    "POST", self._address, content=checkpoint.line().encode(), headers=headers
                ) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise CheckpointStoreError(type(error).__name__) from None
        if not 200 <= status < 300:
            raise CheckpointStoreError(f"status {status}")


def open_store(location: Path | str) -> CheckpointStore:
    """The store in a folder, or at an https address."""
    return FolderStore(location) if isinstance(location, Path) else AddressStore(location)


class CheckpointWriter:
    """Writes checkpoints at intervals while the chain grows."""

    def __init__(self, store: CheckpointStore) -> None:
        self._store = store
        self._kept = 0
        self._due = 0.0

    async def write(self, *, due_only: bool = True) -> Checkpoint | None:
        """Keeps a checkpoint where one is due; gives it back. One that fails is noted, and tried again."""
        if due_only and time.monotonic() < self._due:
            return None
        try:
            return await self.write_now()
        except CheckpointStoreError as error:
            self._due = time.monotonic() + _AGAIN_SECONDS
            events.log(Event.AUDIT_HEAD_FAILED, reason=str(error))
            return None

    async def write_now(self) -> Checkpoint | None:
        """Keeps a checkpoint of what is new, due or not; gives it back. Raises `CheckpointStoreError`."""
        try:
            checkpoint = await last_position()
        except InvalidLinkError:
            raise CheckpointStoreError("the last link is not right") from None
        if checkpoint is None or checkpoint.position <= self._kept:
            return None
        await self._store.append(checkpoint)
        self._kept, self._due = checkpoint.position, time.monotonic() + EVERY_SECONDS
        return checkpoint


@dataclass(frozen=True)
class StoredCheckpoints:
    """Checkpoint files as long as they were at a moment: what is appended later is not read."""

    files: Sequence[tuple[Path, int]]

    def __iter__(self) -> Iterator[Checkpoint]:
        """Every checkpoint. Raises `NotACheckpointError` with the file and line of what is none of ours."""
        for path, size in self.files:
            yield from _read(path, size)


def read_checkpoints(location: Path) -> StoredCheckpoints:
    """The checkpoints in a file or a folder; none where there is no such. Raises `CheckpointStoreError`."""
    try:
        paths = (
            sorted(location.glob("*.jsonl")) if location.is_dir() else [location] if location.exists() else []
        )
        return StoredCheckpoints([(path, path.stat().st_size) for path in paths])
    except OSError as error:
        raise CheckpointStoreError(type(error).__name__) from None


def _read(path: Path, size: int) -> Iterator[Checkpoint]:
    number, left = 0, size
    try:
        with path.open("rb") as file:
            while line := file.readline(left):
                number, left = number + 1, left - len(line)
                try:
                    checkpoint = Checkpoint.parse(line)
                except NotACheckpointError:
                    # A process that was killed while it wrote leaves half a line, at the end of its file.
                    if line.endswith(b"\n"):
                        raise
                    return
                yield checkpoint
    except OSError as error:
        raise CheckpointStoreError(type(error).__name__) from None
    except NotACheckpointError:
        raise NotACheckpointError(f"{path.name}, line {number}") from None


def _last_position(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = file.read().split(b"\n")[:-1]
    try:
        return Checkpoint.parse(lines[-1]).position if lines else 0
    except NotACheckpointError:
        return 0


def _sync_folder(folder: Path) -> None:
    """Makes the names in a folder outlive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
