"""Background jobs, run by a test when it wants them to."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tortoise.connection import get_connection

from records.changes.jobs import Kind, Worker


async def run_due(kinds: Mapping[str, Kind]) -> int:
    """Runs every job that is due, one after the other; how many there were."""
    worker, count = Worker(kinds), 0
    while (lease := await worker.claim()) is not None:
        await worker.work(lease)
        count += 1
    return count


async def end_waits() -> None:
    """Makes every job due that waits or whose worker is dead, and ends the rest after those that are done."""
    connection = get_connection("default")
    await connection.execute_query("UPDATE jobs SET due_at = now() WHERE state IN ('WAITING', 'RUNNING')")
    await connection.execute_query("UPDATE jobs SET finished_at = finished_at - interval '1 minute'")


async def until(done: Callable[[], Awaitable[object]]) -> None:
    """Waits for what another task or process does."""
    while True:
        if await done():
            return
        await asyncio.sleep(0.01)
