"""Looking behind row-level security, as only the owner of the tables can."""

from typing import Any

import asyncpg

from records.database.connect import DatabaseRole, credentials


async def as_role(url: str, role: DatabaseRole) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection of a role of ours."""
    given = credentials(url, role)
    del given["minsize"], given["maxsize"]
    return await asyncpg.connect(**given)


async def as_owner(url: str, sql: str, *values: Any) -> list[asyncpg.Record]:
    """What `sql` gives the owner of the tables."""
    connection = await as_role(url, DatabaseRole.OWNER)
    try:
        return (
            list(await connection.fetch(sql, *values))
            if values or ";" not in sql
            else await _run(connection, sql)
        )
    finally:
        await connection.close()


async def _run(connection: "asyncpg.Connection[asyncpg.Record]", sql: str) -> list[asyncpg.Record]:
    await connection.execute(sql)
    return []
