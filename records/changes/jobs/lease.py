"""A claimed job in its worker's hands. Every statement asks for the lease: who lost it stores nothing.

Claims and heartbeats have a connection of their own, so that busy requests cost no worker its lease.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from records.core.errors import DatabaseUnavailable
from records.database.connect import LEASES
from records.database.fetch import fetch
from records.tables import Job
from records.tables.changes.jobs import JobState

LEASE_SECONDS: Final = 8
"""After so long without a heartbeat a worker counts as dead, and another takes its job over."""

_CLAIM: Final = f"""
WITH next AS (
  SELECT id FROM jobs WHERE state IN ('WAITING', 'RUNNING') AND due_at <= now() AND kind = ANY($1::text[])
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE jobs SET state = 'RUNNING', lease = $2, started_at = now(),
  attempts = attempts + CASE state WHEN 'WAITING' THEN 1 ELSE 0 END,
  takeovers = CASE state WHEN 'WAITING' THEN 0 ELSE takeovers + 1 END,
  due_at = now() + interval '{LEASE_SECONDS} seconds'
FROM next WHERE jobs.id = next.id RETURNING jobs.id"""
_RENEW: Final = f"""
UPDATE jobs SET due_at = now() + interval '{LEASE_SECONDS} seconds', progress = $3
WHERE id = $1 AND lease = $2"""
# A row that is locked is being stored under its lease: the heartbeats of other jobs do not wait for that.
_BEAT: Final = f"""
WITH held AS (SELECT id FROM jobs WHERE id = $1 AND lease = $2 FOR NO KEY UPDATE SKIP LOCKED),
  renewed AS (UPDATE jobs SET due_at = now() + interval '{LEASE_SECONDS} seconds'
    FROM held WHERE jobs.id = held.id)
SELECT FROM jobs WHERE id = $1 AND lease = $2"""
_EXTEND: Final = f"""
UPDATE jobs SET due_at = clock_timestamp() + interval '{LEASE_SECONDS} seconds'
WHERE id = $1 AND lease = $2"""
_HOLD: Final = "SELECT id FROM jobs WHERE id = $1 AND lease = $2 FOR NO KEY UPDATE"
_END: Final = """
UPDATE jobs SET state = $3::text, lease = NULL, attempts = $4, due_at = now() + make_interval(secs => $5),
  result = coalesce($6, result), error = $7, finished_at = CASE WHEN $3::text <> 'WAITING' THEN now() END
WHERE id = $1 AND lease = $2"""


class LeaseLost(Exception):
    """The job was cancelled, or another worker has it."""


class Lease:
    """A job that runs here."""

    def __init__(self, job: Job, token: UUID) -> None:
        self.job, self._token = job, token
        # Whether its run said how it ended.
        self.ended = False

    @property
    def token(self) -> str:
        """Tells this run of the job from every other, in the name of a file for instance."""
        return self._token.hex

    @asynccontextmanager
    async def storing(self) -> AsyncIterator[None]:
        """A transaction that commits only while the job is this worker's. Raises `LeaseLost`."""
        async with in_transaction("default"):
            if not await fetch(_HOLD, [self.job.id, self._token]):
                raise LeaseLost
            yield
            if not self.ended:
                # Heartbeats passed over the locked row.
                await self._store(_EXTEND)

    async def report(self, progress: int) -> None:
        """Renews the lease and notes how much is done. Raises `LeaseLost`."""
        await self._store(_RENEW, progress)

    async def finish(self, result: dict[str, Any] | None = None) -> None:
        """The job is done. Within `storing` it is so together with its effect. Raises `LeaseLost`."""
        await self._end(JobState.DONE, result=result)

    async def fail(self, code: str) -> None:
        """The job failed for good, with the code of an error. Raises `LeaseLost`."""
        await self._end(JobState.FAILED, error=code)

    async def postpone(
        self, seconds: float, *, attempts: int = 0, result: dict[str, Any] | None = None
    ) -> None:
        """The job runs again after `seconds`; `attempts` have failed so far. Raises `LeaseLost`."""
        await self._end(JobState.WAITING, seconds=seconds, attempts=attempts, result=result)

    async def _end(
        self,
        state: JobState,
        *,
        seconds: float = 0,
        attempts: int | None = None,
        result: dict[str, Any] | None = None,
        error: str = "",
    ) -> None:
        attempts = self.job.attempts if attempts is None else attempts
        stored = None if result is None else orjson.dumps(result).decode()
        await self._store(_END, state.value, attempts, seconds, stored, error)
        self.ended = True

    async def _store(self, statement: str, *values: object) -> None:
        connection = get_connection("default")
        changed, _rows = await connection.execute_query(statement, [self.job.id, self._token, *values])
        if not changed:
            raise LeaseLost

    async def beat(self) -> None:
        """Renews the lease where the database can be reached. Raises `LeaseLost`."""
        # The next one may succeed; without the lease nothing is stored.
        with suppress(DatabaseUnavailable):
            found, _rows = await get_connection(LEASES).execute_query(_BEAT, [self.job.id, self._token])
            if not found:
                raise LeaseLost


async def claim(kinds: Collection[str]) -> Lease | None:
    """The job of these kinds that has been due for longest, or whose worker died; None without one."""
    token = uuid4()
    connection = get_connection(LEASES)
    _count, rows = await connection.execute_query(_CLAIM, [list(kinds), token])
    return Lease(await Job.get(id=rows[0]["id"], using_db=connection), token) if rows else None
