"""One view of the database for a whole request, however many statements and root fields it takes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

import asyncpg
from strawberry.extensions import SchemaExtension


class Snapshot:
    """Reads from the reader pool: several statements in one REPEATABLE READ transaction, or a lone one.

    It never has more than one connection, so no request that holds one waits for another. One that is
    `lasting` serves several operations, so that no statement is a lone one.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, lasting: bool = False) -> None:
        self._pool = pool
        self._lasting = lasting
        self._lock = asyncio.Lock()
        self._connection: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._release()

    async def fetch(self, sql: str, values: Sequence[Any], *, alone: bool = False) -> list[asyncpg.Record]:
        """The rows of a statement; `alone` says that it need not share the view of the others."""
        # Root fields run at the same time: while one of them waits for a connection, no other may hold one.
        async with self._lock:
            if alone and not self._lasting and self._connection is None:
                return await self._pool.fetch(sql, *values)
            if self._connection is None:
                self._connection = await self._pool.acquire()
                await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            rows: list[asyncpg.Record] = await self._connection.fetch(sql, *values)
            return rows

    async def operation_ended(self) -> None:
        """Gives the connection back: what follows the operation may wait for one of another pool."""
        if not self._lasting:
            await self._release()

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.execute("COMMIT")
            finally:
                await self._pool.release(connection)


class ReleasesSnapshot(SchemaExtension):
    """Ends the view of the database as soon as everything is read, before the operation is paid for."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Releases the connection of the request."""
        yield
        await self.execution_context.context.snapshot.operation_ended()
