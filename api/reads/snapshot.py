"""One database snapshot per request, whatever the number of its statements and root fields."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Self

import asyncpg
from strawberry.extensions import SchemaExtension

from api.errors import QueryTimeout
from records.core.errors import DatabaseUnavailable
from records.database.outage import translating_outages


class Snapshot:
    """Reads from the reader pool: several statements in one REPEATABLE READ transaction, or a standalone one.

    It never holds more than one connection, so that requests cannot deadlock on the pool. A `long_lived` one
    serves several operations and runs every statement in the transaction. `rows` and `seconds` are the number
    of rows read so far and the time that the database took.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, long_lived: bool = False) -> None:
        self._pool = pool
        self._long_lived = long_lived
        self._lock = asyncio.Lock()
        self._connection: Any = None
        self._failure: Exception | None = None
        self.rows = 0
        self.seconds = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._release()

    async def fetch(
        self, sql: str, values: Sequence[Any], *, standalone: bool = False
    ) -> list[asyncpg.Record]:
        """The rows of a statement; a `standalone` one need not share the snapshot.

        Raises `QueryTimeout`.
        """
        # Root fields run concurrently, and must not hold one connection while they wait for another.
        async with self._lock:
            if standalone and not self._long_lived and self._connection is None:
                # The time spent waiting for a connection is not charged.
                connection = await self._pool.acquire()
                try:
                    return await self._fetch_timed(connection, sql, values)
                finally:
                    await self._pool.release(connection)
            if self._connection is None:
                self._connection = await self._pool.acquire()
                await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return await self._in_transaction(sql, values)

    async def operation_ended(self) -> None:
        """Releases the connection, because the next steps may wait for one of another pool."""
        if not self._long_lived:
            await self._release()

    async def _release(self) -> None:
        connection, self._connection, self._failure = self._connection, None, None
        if connection is not None:
            try:
                # Everything was read: a connection that is lost now is no loss.
                with suppress(DatabaseUnavailable), translating_outages(connection):
                    await connection.execute("COMMIT")
            finally:
                await self._pool.release(connection)

    async def _in_transaction(self, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """The rows of a statement. After a failed one, all others raise its error."""
        try:
            return await self._fetch_timed(self._connection, sql, values)
        except asyncpg.InFailedSQLTransactionError as error:
            raise (self._failure or error) from None
        except Exception as error:
            self._failure = error
            raise

    async def _fetch_timed(self, connection: Any, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        started = time.perf_counter()
        try:
            with translating_outages(connection):
                rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
        except asyncpg.QueryCanceledError:
            raise QueryTimeout from None
        finally:
            self.seconds += time.perf_counter() - started
        self.rows += len(rows)
        return rows


class SnapshotExtension(SchemaExtension):
    """Releases the snapshot when everything is read, before the operation is charged."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Releases the connection of the request."""
        yield
        await self.execution_context.context.snapshot.operation_ended()
