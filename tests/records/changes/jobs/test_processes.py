"""Workers in processes of their own: what one leaves another ends, and nothing is done twice."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from records.changes import jobs
from records.changes.jobs import LEASE_SECONDS, worker
from records.core.dates import now
from records.tables import Counter, Job
from records.tables.changes.jobs import JobState
from tests.background import end_waits, until
from tests.records.changes.jobs.process import noted

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def working(url: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own."""
    command = [sys.executable, "-m", "tests.records.changes.jobs.process", url, str(folder)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_started(folder: Path, count: int) -> None:
    """Waits until so many jobs were started."""

    async def started() -> bool:
        return len(noted(folder / "started")) >= count

    await until(started)


async def all_done() -> bool:
    """Whether no job of the kind with an effect is unfinished."""
    return not await Job.filter(kind="effect").exclude(state=JobState.DONE).exists()


async def test_another_worker_goes_on_when_one_is_killed(database: str, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    job_id = await jobs.enqueue("effect", {"number": 1})
    async with working(database, tmp_path) as killed:
        await until_started(tmp_path, 1)
        killed.kill()
        await killed.wait()
    job = await Job.get(id=job_id)
    assert job.state is JobState.RUNNING
    assert job.due_at - now() <= timedelta(seconds=LEASE_SECONDS)
    assert LEASE_SECONDS + worker._LOOK_SECONDS < 10

    hold.unlink()
    await end_waits()
    async with working(database, tmp_path):
        await until(all_done)

    assert noted(tmp_path / "started") == ["1", "1"]
    assert (await Counter.get(series="job 1")).number == 1
    job = await Job.get(id=job_id)
    assert (job.attempts, job.takeovers) == (1, 1)


async def test_no_job_is_done_twice_when_processes_share_it(database: str, tmp_path: Path) -> None:
    for number in range(60):
        await jobs.enqueue("effect", {"number": number})
    async with working(database, tmp_path), working(database, tmp_path), working(database, tmp_path):
        await until(all_done)
    assert sorted(noted(tmp_path / "started"), key=int) == [str(number) for number in range(60)]
    assert [row.number for row in await Counter.all()] == [1] * 60


async def test_schedule_exists_once_when_processes_share_it(database: str, tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    for number in range(12):
        await jobs.enqueue("effect", {"number": number})
    async with working(database, tmp_path), working(database, tmp_path), working(database, tmp_path):
        # Four at a time in each: every process looked for work.
        await until_started(tmp_path, 12)
        assert await Job.filter(kind="tick").update(due_at=now()) == 1
        await until(Job.filter(kind="tick", state=JobState.WAITING, result__isnull=False).exists)
        assert await Job.filter(kind="tick").count() == 1
    assert noted(tmp_path / "ticks") == ["tick"]


async def test_job_goes_back_at_once_when_process_is_terminated(database: str, tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    await jobs.enqueue("effect", {"number": 1})
    async with working(database, tmp_path) as stopped:
        await until_started(tmp_path, 1)
        stopped.send_signal(signal.SIGTERM)
        assert await stopped.wait() == 0
    job = await Job.get(kind="effect")
    assert (job.state, job.lease, job.attempts) == (JobState.WAITING, None, 0)
    assert job.due_at <= now() + timedelta(seconds=1)
    assert not await Counter.exists()
