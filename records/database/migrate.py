"""Bringing a database up to date: roles, tables, grants, in one step that only one process runs at a time."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations

from records.core.settings import OperatorError
from records.database import grants
from records.database.connect import DatabaseRole, connected_task, connection_arguments, tortoise_config
from records.database.readiness import MIGRATED, RELEASE_MIGRATIONS

# Any fixed number: the key of the advisory lock under which migrations run.
_LOCK: Final = 0x6B65746E6F69


async def migrate(owner_url: str, loaders: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Brings the database at `owner_url` up to date: roles, tables, grants, then runs `loaders`.

    Safe to run again, and from several machines at once.

    Raises `OperatorError` when the account may neither create the roles nor act as their owner, and when
    the database is older than the first migration.
    """
    connection = await _connect_as_owner(owner_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _ensure_roles(connection)
        await forbid_temporary_tables(connection)
        await _check_origin(connection)
        async with TortoiseContext():
            await run_migrations(config=tortoise_config(owner_url, DatabaseRole.OWNER, max_size=2))
        await connection.execute(f"SET ROLE {DatabaseRole.OWNER}")
        async with connection.transaction():
            for statement in grants.statements():
                await connection.execute(statement)
        async with connected_task(owner_url, max_size=2):
            for load in loaders:
                await load()
    finally:
        await connection.close()


async def forbid_temporary_tables(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Revokes PUBLIC's right to temporary tables. Raises `OperatorError` where this account may not."""
    may = "SELECT has_database_privilege($1, current_database(), 'TEMPORARY')"
    if not await connection.fetchval(may, DatabaseRole.READER.value):
        return
    statement = await connection.fetchval(
        "SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())"
    )
    with suppress(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    if await connection.fetchval(may, DatabaseRole.READER.value):
        raise OperatorError(f"As an administrator of the database, run once: {statement};")


async def _check_origin(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Raises `OperatorError` for a database that was made by migrations that no longer exist."""
    try:
        migrated = {row["name"] for row in await connection.fetch(MIGRATED)}
    except asyncpg.UndefinedTableError:
        return
    if migrated and min(RELEASE_MIGRATIONS) not in migrated:
        raise OperatorError("This database is from before release 0.1.0: begin with an empty one")


async def _connect_as_owner(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(**connection_arguments(url))


async def _ensure_roles(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Creates the three roles, lets this account act as each, and lets the owner create tables."""
    try:
        for role in DatabaseRole:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role.value):
                await connection.execute(f"CREATE ROLE {role} NOLOGIN")
            # pg_has_role would say yes to a superuser for whom SET ROLE works anyway.
            if not await connection.fetchval("SELECT pg_has_role(current_user, $1, 'MEMBER')", role.value):
                await connection.execute(f"GRANT {role} TO CURRENT_USER")
        owner = DatabaseRole.OWNER.value
        if not await connection.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", owner):
            await connection.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {owner}")
    except asyncpg.InsufficientPrivilegeError:
        roles = "; ".join(
            f"CREATE ROLE {role} NOLOGIN; GRANT {role} TO <this account>" for role in DatabaseRole
        )
        raise OperatorError(
            "This database account may not create roles. As an administrator of the database, run once: "
            f"{roles}; GRANT CREATE, USAGE ON SCHEMA public TO {DatabaseRole.OWNER};"
        ) from None
