"""Connections: each takes on one of the three roles, whatever account it signs in with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final

import asyncpg
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext, set_global_context

from records.database.connection import Connection, connect

_APPS: Final[dict[str, Any]] = {
    "records": {
        "models": ["records.tables"],
        "migrations": "records.database.migrations",
        "default_connection": "default",
    }
}


LEASES: Final = "leases"
"""Tortoise's name for the connection of background jobs, for which no request ever waits."""
_LEASE_STATEMENT_SECONDS: Final = 3


class DatabaseRole(StrEnum):
    """A role of the database; `records.database.grants` lists the rights of each."""

    OWNER = "ketnoi_owner"
    APP = "ketnoi_app"
    READER = "ketnoi_reader"


def connection_arguments(url: str, role: DatabaseRole | None = None) -> dict[str, Any]:
    """The arguments by which asyncpg connects to `url` as `role`; without one as the account itself."""
    arguments: dict[str, Any] = expand_db_url(url)["credentials"]
    if sslmode := arguments.pop("sslmode", None):
        arguments["ssl"] = sslmode
    if role is None:
        return arguments
    settings = {
        "role": role.value,
        "timezone": "UTC",
        "application_name": f"ketnoi {role.value}",
        # How many rows an area or a status has differs by thousands: a plan for any value fits none of them.
        "plan_cache_mode": "force_custom_plan",
    }
    return {**arguments, "server_settings": settings}


def tortoise_config(
    url: str,
    role: DatabaseRole = DatabaseRole.APP,
    *,
    max_size: int = 10,
    statement_seconds: float | None = None,
) -> dict[str, Any]:
    """The Tortoise configuration for the records at `url`, seen as `role`."""
    arguments = connection_arguments(url, role)
    pool = {"minsize": 1, "maxsize": max_size, "command_timeout": statement_seconds}
    # Given up early enough that a lost connection costs no lease.
    single = {"minsize": 1, "maxsize": 1, "command_timeout": statement_seconds and _LEASE_STATEMENT_SECONDS}
    connections = {
        name: {"engine": "records.database.tortoise_client", "credentials": {**arguments, **credentials}}
        for name, credentials in (("default", pool), (LEASES, single))
    }
    return {"connections": connections, "apps": _APPS, "use_tz": True, "timezone": "UTC"}


@asynccontextmanager
async def connected_task(
    url: str,
    role: DatabaseRole = DatabaseRole.APP,
    *,
    max_size: int = 10,
    statement_seconds: float | None = None,
) -> AsyncIterator[TortoiseContext]:
    """Tortoise on the database at `url`, for this task and those it starts, as long as this lasts.

    A statement that the database has not answered after `statement_seconds` is given up, with its connection.
    """
    config = tortoise_config(url, role, max_size=max_size, statement_seconds=statement_seconds)
    # A context of its own: `Tortoise.init` would close the connections of the one that is there.
    async with TortoiseContext() as context:
        await context.init(config=config)
        yield context


@asynccontextmanager
async def connect_database(
    url: str,
    role: DatabaseRole = DatabaseRole.APP,
    *,
    max_size: int = 10,
    statement_seconds: float | None = None,
) -> AsyncIterator[None]:
    """Like `connected_task`, for the whole process. Raises `ConfigurationError` if already connected."""
    async with connected_task(url, role, max_size=max_size, statement_seconds=statement_seconds) as context:
        # Requests run in tasks that know nothing of the one in which the service started.
        set_global_context(context)
        yield


STATEMENT_SECONDS: Final = 10
"""The most that the database may take for one statement of a read."""
RESPONSE_SECONDS: Final = 15
"""The most that the service waits for a statement: a database that hangs ends nothing by itself."""


class _ReaderConnection(Connection):
    """A connection that is handed back as it is: nothing ever sets session state on the reader pool."""

    # Its statements have a limit of their own, and a query that is too slow is no outage.
    not_outages = (asyncpg.QueryCanceledError,)

    def get_reset_query(self) -> str:
        return ""


async def reader_pool(url: str, *, max_size: int = 16) -> "asyncpg.Pool[asyncpg.Record]":
    """The pool for every GraphQL read: read-only, and without any right on sealed tables."""
    arguments = connection_arguments(url, DatabaseRole.READER)
    arguments["server_settings"]["default_transaction_read_only"] = "on"
    arguments["server_settings"]["statement_timeout"] = f"{STATEMENT_SECONDS}s"
    pool = await asyncpg.create_pool(
        min_size=1,
        max_size=max_size,
        connect=connect,
        connection_class=_ReaderConnection,
        command_timeout=RESPONSE_SECONDS,
        **arguments,
    )
    if pool is None:
        raise RuntimeError("asyncpg gave no pool")
    return pool


# For Tortoise's own command line, which only compares the tables with the migrations.
TORTOISE_ORM: Final = tortoise_config("postgresql://localhost/ketnoi")
