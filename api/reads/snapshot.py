"""One view of the database for a whole request, however many statements and root fields it takes."""

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import asyncpg


class Snapshot:
    """Reads from the reader pool: several statements in one REPEATABLE READ transaction, or a lone one.

    One that is `lasting` serves several operations, so that no statement is a lone one.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, lasting: bool = False) -> None:
        self._pool = pool
        self._lasting = lasting
        self._lock = asyncio.Lock()
        self._connection: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            try:
                await self._connection.execute("COMMIT")
            finally:
                await self._pool.release(self._connection)

    async def fetch(self, sql: str, values: Sequence[Any], *, alone: bool = False) -> list[asyncpg.Record]:
        """The rows of a statement; `alone` says that it is the request's only one."""
        if alone and not self._lasting:
            return await self._pool.fetch(sql, *values)
        async with self._lock:
            if self._connection is None:
                self._connection = await self._pool.acquire()
                await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            rows: list[asyncpg.Record] = await self._connection.fetch(sql, *values)
            return rows
