"""A database that takes calls and answers none: nobody waits for it for ever."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from records.changes.unit_of_work import transaction
from records.core.errors import DatabaseUnavailable, Outage
from records.database.connect import connected_task
from records.tables import Area
from tests.outage.installation import PATIENCE, Postgres


@asynccontextmanager
async def frozen(server: Postgres) -> AsyncIterator[None]:
    """All of PostgreSQL's processes stand still, as on a disk that hangs."""
    processes = [server.pid, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


async def _read() -> None:
    await Area.all().first()


async def _write() -> None:
    async with transaction():
        await Area.all().first()


@pytest.mark.parametrize("work", [_read, _write])
async def test_statement_is_stopped_when_database_hangs(server: Postgres, work: object) -> None:
    assert callable(work)
    async with connected_task(server.url("mau_service"), statement_seconds=0.5):
        await work()
        async with frozen(server), asyncio.timeout(PATIENCE):
            with pytest.raises(DatabaseUnavailable) as away:
                await work()
        assert away.value.outage is Outage.SLOW
        await work()
