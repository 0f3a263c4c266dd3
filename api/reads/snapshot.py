"""One view of the database for a whole request, however many statements and root fields it takes."""

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
    """Reads from the reader pool: several statements in one REPEATABLE READ transaction, or a lone one.

    It never has more than one connection, so no request that holds one waits for another. One that is
    `lasting` serves several operations, so that no statement is a lone one. `rows` and `seconds` tell how
    much was read so far, and how long the database took for it.
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
        """The rows of a statement; `alone` says that it need not share the view of the others.

        Raises `QueryTimeout`.
        """
        # Root fields run at the same time: while one of them waits for a connection, no other may hold one.
        async with self._lock:
            if standalone and not self._long_lived and self._connection is None:
                # To wait for a connection is not time of the database.
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
        """Gives the connection back: what follows the operation may wait for one of another pool."""
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
        """The rows of a statement. Once one has failed, the others raise its error."""
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
    """Ends the view of the database as soon as everything is read, before the operation is paid for."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Releases the connection of the request."""
        yield
        await self.execution_context.context.snapshot.operation_ended()
