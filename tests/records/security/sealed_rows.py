"""Looking behind row-level security, as only the owner of the tables can."""

from typing import Any
from uuid import UUID

import asyncpg

from records.database.connect import DatabaseRole, connection_arguments
from records.security import vault


async def as_role(url: str, role: DatabaseRole) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection of a role of ours."""
    return await asyncpg.connect(**connection_arguments(url, role))


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


async def found_by_phone(url: str, kind: str, phone: str) -> list[UUID]:
    """The records for which this phone is sealed, as only the owner can ask."""
    owner = vault.SEALED_TABLES[kind].owner
    sql = f"SELECT {owner} AS record FROM {kind} WHERE phone_index = $1 ORDER BY {owner}"
    return [row["record"] for row in await as_owner(url, sql, vault.phone_index(phone))]


async def _run(connection: "asyncpg.Connection[asyncpg.Record]", sql: str) -> list[asyncpg.Record]:
    await connection.execute(sql)
    return []
