"""How a job runs: its lease, its retries, its cancellation, and what can be read of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from records.changes import jobs
from records.changes.jobs import Kind, Lease, LeaseLost, Worker, scheduled, worker
from records.changes.unit_of_work import transaction
from records.core.dates import now
from records.core.errors import Conflict, DatabaseUnavailable, Outage
from records.tables import Counter, Job
from records.tables.changes.jobs import JobState
from tests.background import end_waits, run_due, until

Run = Callable[[Lease], Awaitable[None]]
# How many connections Tortoise holds at most.
_POOL = 10


async def nothing(_lease: Lease) -> None:
    """A job that is done at once."""


async def failing(_lease: Lease) -> None:
    raise RuntimeError("Nguyễn Văn Mẫu")


async def claimed(run: Run = nothing, *, tries: int | None = None) -> tuple[Worker, Lease]:
    """A job that was claimed, and its worker."""
    await jobs.enqueue("x", {})
    held = Worker({"x": Kind(run, tries=tries)})
    lease = await held.claim()
    assert lease is not None
    return held, lease


async def stored(number: int) -> None:
    """An effect."""
    await Counter.create(series="x", number=number)


async def seconds_to_wait(job_id: UUID) -> float:
    return ((await Job.get(id=job_id)).due_at - now()).total_seconds()


async def test_job_is_readable_when_it_is_done(database: str) -> None:
    async def run(lease: Lease) -> None:
        assert lease.job.arguments == {"rows": 7}
        await lease.report(7)
        await lease.finish({"file": "x"})

    job_id = await jobs.enqueue("x", {"rows": 7})
    before = await Job.get(id=job_id)
    assert await run_due({"x": Kind(run)}) == 1
    after = await Job.get(id=job_id)
    assert (before.state, before.started_at, before.finished_at) == (JobState.WAITING, None, None)
    assert (after.state, after.progress, after.result, after.attempts) == (JobState.DONE, 7, {"file": "x"}, 1)
    assert after.started_at is not None
    assert after.finished_at is not None


async def test_job_never_runs_when_its_transaction_rolls_back(database: str) -> None:
    async def verb() -> None:
        async with transaction():
            await jobs.enqueue("x", {})
            raise Conflict("no")

    with pytest.raises(Conflict):
        await verb()
    assert await run_due({"x": Kind(nothing)}) == 0
    assert not await Job.exists()


async def test_job_waits_longer_after_each_failure(database: str) -> None:
    job_id, waits = await jobs.enqueue("x", {}), []
    for _ in range(6):
        assert await run_due({"x": Kind(failing)}) == 1
        waits.append(await seconds_to_wait(job_id))
        await end_waits()
    for wait, planned in zip(waits, (5, 20, 80, 300, 300, 300), strict=True):
        assert planned * 0.9 - 5 < wait <= planned * 1.1
    assert (await Job.get(id=job_id)).attempts == 6


async def test_job_fails_with_its_effect_when_its_tries_are_over(database: str) -> None:
    async def given_up(lease: Lease) -> None:
        await stored(lease.job.attempts)

    job_id = await jobs.enqueue("x", {})
    for _ in range(4):
        await run_due({"x": Kind(failing, tries=3, given_up=given_up)})
        await end_waits()
    job = await Job.get(id=job_id)
    assert (job.state, job.error, job.attempts) == (JobState.FAILED, "INTERNAL_SERVER_ERROR", 3)
    assert (await Counter.get()).number == 3


async def test_job_fails_when_its_workers_died_each_time(database: str) -> None:
    ran: list[int] = []

    async def run(lease: Lease) -> None:
        ran.append(lease.job.attempts)

    kinds = {"x": Kind(run, tries=2)}
    job_id = await jobs.enqueue("x", {})
    for _ in range(1 + worker.MOST_TAKEOVERS):
        assert await Worker(kinds).claim() is not None
        await end_waits()
    await run_due(kinds)
    assert (await Job.get(id=job_id)).state is JobState.FAILED
    assert ran == []


async def test_error_text_is_nowhere_when_job_fails(database: str, caplog: pytest.LogCaptureFixture) -> None:
    job_id = await jobs.enqueue("x", {})
    await run_due({"x": Kind(failing, tries=1)})
    assert "RuntimeError" in str([record.__dict__ for record in caplog.records])
    assert "Mẫu" not in str([record.__dict__ for record in caplog.records])
    assert "Mẫu" not in str(await Job.filter(id=job_id).values())


async def test_waiting_job_never_runs_when_it_is_cancelled(database: str) -> None:
    job_id = await jobs.enqueue("x", {})
    assert await jobs.cancel(job_id)
    assert await run_due({"x": Kind(nothing)}) == 0
    assert (await Job.get(id=job_id)).state is JobState.CANCELLED
    assert not await jobs.cancel(job_id)


async def test_running_job_stops_midway_when_it_is_cancelled(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.01)
    stopped = asyncio.Event()

    async def run(lease: Lease) -> None:
        await lease.report(3)
        await jobs.cancel(lease.job.id)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    held, lease = await claimed(run)
    await held.work(lease)
    assert stopped.is_set()
    job = await Job.get(id=lease.job.id)
    assert (job.state, job.progress) == (JobState.CANCELLED, 3)


async def test_nothing_is_stored_when_job_was_cancelled(database: str) -> None:
    async def run(lease: Lease) -> None:
        await jobs.cancel(lease.job.id)
        async with lease.storing():
            await stored(1)

    held, lease = await claimed(run)
    await held.work(lease)
    assert not await Counter.exists()
    assert (await Job.get(id=lease.job.id)).state is JobState.CANCELLED


async def test_nothing_is_stored_when_another_took_over(database: str) -> None:
    _slow, lease = await claimed()
    await end_waits()
    other = await Worker({"x": Kind(nothing)}).claim()
    assert other is not None
    for attempt in (lease.report(1), lease.finish(), lease.fail("X"), lease.postpone(1)):
        with pytest.raises(LeaseLost):
            await attempt
    with pytest.raises(LeaseLost):
        async with lease.storing():
            await stored(1)
    async with other.storing():
        await stored(2)
        await other.finish()
    assert (await Counter.get()).number == 2


async def test_effect_is_undone_when_it_fails_midway(database: str) -> None:
    async def run(lease: Lease) -> None:
        async with lease.storing():
            await stored(1)
            await lease.finish()
            raise RuntimeError

    held, lease = await claimed(run)
    await held.work(lease)
    assert not await Counter.exists()
    assert (await Job.get(id=lease.job.id)).state is JobState.WAITING


async def test_lease_is_renewed_while_job_runs(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.01)
    renewed = asyncio.Event()

    async def run(lease: Lease) -> None:
        old = now() + timedelta(seconds=1)
        await Job.filter(id=lease.job.id).update(due_at=old)
        await until(Job.filter(id=lease.job.id, due_at__gt=old).exists)
        renewed.set()

    held, lease = await claimed(run)
    await held.work(lease)
    assert renewed.is_set()


async def test_takeover_of_living_worker_is_no_failure(database: str) -> None:
    last, lease = await claimed(failing, tries=2)
    for _ in range(worker.MOST_TAKEOVERS):
        await end_waits()
        taken = await last.claim()
        assert taken is not None
        lease = taken
    await last.work(lease)
    job = await Job.get(id=lease.job.id)
    assert (job.state, job.attempts, job.takeovers) == (JobState.WAITING, 1, worker.MOST_TAKEOVERS)


async def test_lease_is_kept_when_requests_hold_every_connection(database: str) -> None:
    _worker, lease = await claimed()
    await end_waits()
    full, done = asyncio.Barrier(_POOL + 1), asyncio.Event()

    async def request() -> None:
        async with in_transaction("default"):
            await full.wait()
            await done.wait()

    requests = [asyncio.create_task(request()) for _ in range(_POOL)]
    await full.wait()
    await lease.beat()
    assert await Worker({"x": Kind(nothing)}).claim() is None
    done.set()
    await asyncio.gather(*requests)
    assert await seconds_to_wait(lease.job.id) > 0


async def test_heartbeat_does_not_wait_when_another_stores_job(database: str) -> None:
    _worker, lease = await claimed()
    async with lease.storing():
        await end_waits()
        await lease.beat()
    assert await seconds_to_wait(lease.job.id) > 0
    async with lease.storing():
        await lease.beat()
        await lease.finish()
    with pytest.raises(LeaseLost):
        await lease.beat()


async def test_worker_runs_no_more_at_once_than_the_kind_allows(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.01)
    running: list[UUID] = []
    most, all_ran = 0, asyncio.Event()

    async def run(lease: Lease) -> None:
        nonlocal most
        running.append(lease.job.id)
        most = max(most, len(running))
        await asyncio.sleep(0.05)
        running.remove(lease.job.id)
        if await Job.filter(state=JobState.WAITING).count() == 0:
            all_ran.set()

    for _ in range(5):
        await jobs.enqueue("x", {})
    working = asyncio.create_task(Worker({"x": Kind(run, at_once=2)}).run())
    await all_ran.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert most == 2


async def test_key_has_one_unfinished_job_when_enqueued_often(database: str) -> None:
    for _ in range(3):
        await jobs.enqueue_once("x", {}, key="x")
    assert await run_due({"x": Kind(nothing)}) == 1
    await jobs.enqueue_once("x", {"again": True}, key="x")
    job = await Job.get()
    assert (job.state, job.arguments, job.attempts) == (JobState.WAITING, {"again": True}, 0)


@pytest.mark.parametrize("error", [RuntimeError("Nguyễn Văn Mẫu"), DatabaseUnavailable(Outage.SLOW)])
async def test_other_kinds_run_when_one_cannot_find_its_jobs(database: str, error: Exception) -> None:
    async def find() -> None:
        raise error

    await jobs.enqueue("x", {})
    assert await run_due({"broken": Kind(nothing, find=find), "x": Kind(nothing)}) == 1


async def test_schedule_comes_round_with_its_result(database: str) -> None:
    async def work() -> int:
        return 12

    kinds = {"x": scheduled(work, every=60)}
    assert await run_due(kinds) == 0
    await end_waits()
    await run_due(kinds)
    job = await Job.get()
    assert (job.state, job.result) == (JobState.WAITING, {"rows": 12})
    assert 50 < await seconds_to_wait(job.id) <= 60
