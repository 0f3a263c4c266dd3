"""Tortoise's client for PostgreSQL (its `engine`), on connections of ours."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from records.database.connection import Connection, connect
from records.database.outage import translating_outages


class _Transaction(TransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Transaction(self))

    async def _translate_exceptions(
        self, func: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        with translating_outages(self._connection):
            return await super()._translate_exceptions(func, *args, **kwargs)

    async def commit(self) -> None:
        with translating_outages(self._connection):
            await super().commit()

    async def rollback(self) -> None:
        with translating_outages(self._connection):
            await super().rollback()


class _TransactionContext(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        """Begins the transaction. Where that fails Tortoise would keep the connection, and the task on it."""
        try:
            return await super().__aenter__()
        except BaseException:
            # Tortoise shows neither the connection nor the pool.
            if (connection := self.client._connection) is not None:  # noqa: SLF001 - see above
                get_connections().reset(self.token)
                await self.client._parent._pool.release(connection)  # noqa: SLF001 - see above
            raise


class Client(AsyncpgDBClient):
    """A pool whose connections must have their role and raise `DatabaseUnavailable` when they fail."""

    async def create_pool(self, **kwargs: Any) -> "asyncpg.Pool[asyncpg.Record]":
        """The pool. Raises `DatabaseUnavailable` when no connection can be had."""
        return await super().create_pool(**{**kwargs, "connect": connect, "connection_class": Connection})

    def _in_transaction(self) -> TransactionContext:
        return _TransactionContext(_Transaction(self), self._pool_init_lock)


client_class = Client
