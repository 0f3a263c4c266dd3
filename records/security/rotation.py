"""Rotation of the keys that wrap data keys, while the service runs. It can be interrupted and repeated.

A new key is put into the key file while nobody seals (`sealed.LOCK`); from then on every process seals
under it, so one pass over the older rows leaves none behind.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from records.core import events
from records.core.events import Event
from records.core.settings import OperatorError
from records.database.connect import DatabaseRole, connection_arguments
from records.security import vault
from records.security.sealing import read_keyring, rewrap, write_keyring

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

_BATCH: Final = 500
# The secrets of authenticator apps and of webhooks, the files of pictures and what waits to be exported are
# sealed the same way.
TABLES: Final = (*vault.SEALED_TABLES, "factors", "webhook_secrets", "attachments", "exports")
# Any fixed number; allows one rotation at a time.
_LOCK: Final = 0x726F_7461


async def rotate(owner_url: str, path: Path) -> int:
    """Adds a wrapping key to the key file, rewraps every data key with it, and returns how many.

    Where an earlier rotation left rows behind, those are finished instead, without one more key.
    Raises `OperatorError` or `DecryptionError`.
    """
    async with _rotating(owner_url) as connection:
        keyring = read_keyring(path)
        if set(await _in_use(connection)) <= {keyring.current}:
            async with _exclusively(connection):
                added = write_keyring(path, keyring.with_new_key())
                events.log(Event.SEALING_KEY_CHANGED, what="rotated", key=added.current)
        return await _rewrap_all(connection, path)


async def remove_key(owner_url: str, path: Path, id_: str) -> None:
    """Removes a wrapping key from the key file. Raises `OperatorError` while a row uses it."""
    async with _rotating(owner_url) as connection, _exclusively(connection):
        left = read_keyring(path).without(id_)
        if rows := (await _in_use(connection)).get(id_):
            raise OperatorError(f"{rows} rows are still under key {id_}: run `ketnoi keys rotate` first")
        write_keyring(path, left)
        events.log(Event.SEALING_KEY_CHANGED, what="dropped", key=id_)


async def keys_in_use(owner_url: str) -> dict[str, int]:
    """The number of rows that use each wrapping key, by its id."""
    async with _rotating(owner_url) as connection:
        return await _in_use(connection)


async def _rewrap_all(connection: "Connection", path: Path) -> int:
    keyring, done = read_keyring(path), 0
    prefix = f"{keyring.current}:".encode()
    for table in TABLES:
        while True:
            async with connection.transaction():
                rows = await connection.fetch(
                    f"SELECT id, data_key FROM {table}"
                    " WHERE data_key IS NOT NULL AND substring(data_key FROM 1 FOR $1) <> $2"
                    " ORDER BY id LIMIT $3 FOR UPDATE",
                    len(prefix),
                    prefix,
                    _BATCH,
                )
                wrapped = [(rewrap(keyring, table, row["id"], row["data_key"]), row["id"]) for row in rows]
                await connection.executemany(f"UPDATE {table} SET data_key = $1 WHERE id = $2", wrapped)
            done += len(rows)
            if len(rows) < _BATCH:
                break
    return done


async def _in_use(connection: "Connection") -> dict[str, int]:
    keys: dict[str, int] = {}
    for table in TABLES:
        for row in await connection.fetch(
            "SELECT split_part(encode(data_key, 'escape'), ':', 1) AS id, count(*) AS rows"
            f" FROM {table} WHERE data_key IS NOT NULL GROUP BY 1"
        ):
            keys[row["id"]] = keys.get(row["id"], 0) + row["rows"]
    return keys


@asynccontextmanager
async def _rotating(owner_url: str) -> AsyncIterator["Connection"]:
    """A connection as the owner, who bypasses row-level security; rotations wait for each other."""
    connection = await asyncpg.connect(**connection_arguments(owner_url, DatabaseRole.OWNER))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _exclusively(connection: "Connection") -> AsyncIterator[None]:
    """Blocks sealing and unsealing until the end of the block."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", vault.LOCK)
        yield
