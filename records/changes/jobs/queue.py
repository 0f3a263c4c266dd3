"""What a verb does with jobs: each statement is part of the transaction that it runs in."""

from typing import Any, Final
from uuid import UUID

import orjson
from tortoise.connection import get_connection

from records.core.identifiers.ids import uuid7

# The database's clock alone counts: those of several machines differ.
_ENQUEUE: Final = """
INSERT INTO jobs AS held (id, kind, arguments, key, state, progress, error, attempts, created_at, due_at)
VALUES ($1, $2, $3, $4, 'WAITING', 0, '', 0, now(), now() + make_interval(secs => $5))"""
_UNLESS_UNFINISHED: Final = """
ON CONFLICT (key) DO UPDATE SET arguments = excluded.arguments, state = 'WAITING', progress = 0,
  result = NULL, error = '', attempts = 0, due_at = excluded.due_at, finished_at = NULL
WHERE held.state NOT IN ('WAITING', 'RUNNING')"""
_HASTEN: Final = "UPDATE jobs SET due_at = now() WHERE key = $1 AND state = 'WAITING'"
_CANCEL: Final = """
UPDATE jobs SET state = 'CANCELLED', lease = NULL, finished_at = now()
WHERE id = $1 AND state IN ('WAITING', 'RUNNING')"""
_RETRY: Final = """
UPDATE jobs SET state = 'WAITING', progress = 0, result = NULL, error = '', attempts = 0, takeovers = 0,
  due_at = now(), finished_at = NULL
WHERE id = $1 AND state IN ('FAILED', 'CANCELLED')"""


async def enqueue(kind: str, arguments: dict[str, Any]) -> UUID:
    """The id of a new job, which runs once this transaction commits.

    Arguments are stored in clear: ids, and nobody's name.
    """
    job_id = uuid7()
    await _insert(_ENQUEUE, job_id, kind, arguments)
    return job_id


async def enqueue_once(kind: str, arguments: dict[str, Any], *, key: str, delay: float = 0) -> None:
    """The same, after `delay` seconds, unless a job with this `key` waits or runs already."""
    await _insert(_ENQUEUE + _UNLESS_UNFINISHED, uuid7(), kind, arguments, key=key, delay=delay)


async def hasten(key: str) -> None:
    """Ends the wait of the job with this key, where it waits."""
    await get_connection("default").execute_query(_HASTEN, [key])


async def cancel(job_id: UUID) -> bool:
    """Whether the job was unfinished; it is cancelled now.

    A running one loses its lease: it stores nothing from now on, and the next heartbeat stops it. What its
    noun has to settle belongs into the same transaction.
    """
    cancelled, _rows = await get_connection("default").execute_query(_CANCEL, [job_id])
    return cancelled > 0


async def retry(job_id: UUID) -> bool:
    """Whether the job had failed or was cancelled; it waits again, as if it were new."""
    changed, _rows = await get_connection("default").execute_query(_RETRY, [job_id])
    return changed > 0


async def _insert(
    statement: str,
    job_id: UUID,
    kind: str,
    arguments: dict[str, Any],
    *,
    key: str | None = None,
    delay: float = 0,
) -> None:
    stored = orjson.dumps(arguments).decode()
    await get_connection("default").execute_query(statement, [job_id, kind, stored, key, delay])
