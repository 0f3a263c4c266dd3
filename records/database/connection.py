"""A connection to PostgreSQL that acts as its role, or is refused, and that tells an outage as one."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

import asyncpg

from records.core.errors import Outage
from records.core.settings import OperatorError
from records.database.outage import to_unavailable, translating_outages

# A database that does not answer the call at all: the network in between drops what is sent.
CONNECT_SECONDS: Final = 5.0


class Connection(asyncpg.Connection):
    """asyncpg's connection, whose statements raise `DatabaseUnavailable` when the database cannot serve."""

    not_outages: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors that this kind of connection provokes on purpose: raised as they are, and not logged."""

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        with translating_outages(self):
            return await super().execute(query, *args, **options)

    async def executemany(self, command: str, args: Iterable[Sequence[Any]], **options: Any) -> None:
        with translating_outages(self):
            await super().executemany(command, args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        with translating_outages(self):
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        with translating_outages(self):
            return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        with translating_outages(self):
            return await super().fetchval(query, *args, **options)


async def connect(*args: Any, **options: Any) -> Any:
    """A connection as the role in `options["server_settings"]`, for asyncpg's pools and on its own.

    Raises `DatabaseUnavailable` when there is none, and when the connection has another role: behind a pooler
    that hands out connections by transaction nothing would keep the roles apart.
    """
    options = {"timeout": CONNECT_SECONDS, "connection_class": Connection, **options}
    try:
        with translating_outages():
            connection = await asyncpg.connect(*args, **options)
    except asyncpg.PostgresError as error:
        # Whatever else it says, it does not let us in: the role is not there, or not ours to take on.
        raise to_unavailable(error, Outage.AWAY) from error
    try:
        await check_role(connection, options["server_settings"]["role"])
    except BaseException as error:
        connection.terminate()
        if isinstance(error, OperatorError):
            raise to_unavailable(error, Outage.AWAY) from error
        raise
    return connection


async def check_role(connection: "asyncpg.Connection[asyncpg.Record]", role: str) -> None:
    """Raises `OperatorError` unless `connection` acts as `role`."""
    current_user = await connection.fetchval("SELECT current_user")
    if current_user != role:
        raise OperatorError(
            f"A database connection that should act as {role} has another role. A pooler in transaction mode "
            "drops the role: connect without it, or through one in session mode that passes `role` on"
        )
