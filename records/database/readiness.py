"""Whether this process can do its work: what its database, its migrations and its keys are like right now.

It asks on connections of its own. What fills the pools does not make a process look dead, and connections
that a pool still holds do not make it look alive.
"""

import asyncio
import pkgutil
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from records.core.errors import DatabaseUnavailable, Outage
from records.core.settings import OperatorError
from records.database import migrations
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import Connection, connect
from records.database.outage import to_unavailable, translating_outages

_SECONDS: Final = 4.0
# Whoever asks more often gets the same answer: health checks cannot use up the connections.
_CACHE_SECONDS: Final = 1.0
RELEASE_MIGRATIONS: Final = frozenset(
    found.name for found in pkgutil.iter_modules(migrations.__path__) if found.name[:4].isdecimal()
)
MIGRATED: Final = "SELECT name FROM tortoise_migrations WHERE app = 'records'"
_INSERT: Final = "INSERT INTO readiness_probe VALUES (now())"
# TRUNCATE gives the table a new file, so that the row needs new space on the disk. All of it is rolled back.
_WRITE: Final = ("SET LOCAL lock_timeout = '200ms'", "TRUNCATE readiness_probe", _INSERT)


@dataclass(frozen=True)
class Report:
    """A status for each part, and whether this process should get requests."""

    ready: bool
    parts: Mapping[str, str]

    def body(self) -> dict[str, str]:
        """As JSON tells it."""
        degraded = self.parts["reader"] != "ok"
        status = "unavailable" if not self.ready else "degraded" if degraded else "ready"
        return {"status": status, **self.parts}


class _ProbeConnection(Connection):
    not_outages = (asyncpg.LockNotAvailableError,)


class Readiness:
    """Looks at most once a second, however many ask. `read_keys` raises `OperatorError` where it cannot."""

    def __init__(self, url: str, reader_url: str, read_keys: Callable[[], object]) -> None:
        self._url, self._reader_url, self._read_keys = url, reader_url, read_keys
        self._looking = asyncio.Lock()
        self._last: tuple[float, Report] | None = None

    async def report(self) -> Report:
        """The current report, at most a second old."""
        async with self._looking:
            if self._last is None or time.monotonic() - self._last[0] > _CACHE_SECONDS:
                report = await self._look()
                self._last = time.monotonic(), report
            return self._last[1]

    async def _look(self) -> Report:
        (database, migrated), reader = await asyncio.gather(self._primary(), self._reader())
        parts = {"database": database, "migrations": migrated, "keys": self._keys(), "reader": reader}
        return Report(all(parts[name] == "ok" for name in ("database", "migrations", "keys")), parts)

    async def _primary(self) -> tuple[str, str]:
        """The status of the database and that of its migrations."""
        migrated = "unknown"
        try:
            async with _connected(self._url, DatabaseRole.APP) as connection:
                migrated = await _migrations(connection)
                if migrated == "ok":
                    await _write(connection)
        except DatabaseUnavailable as error:
            return error.outage.value, migrated
        except asyncpg.PostgresError:
            return "refused", migrated
        return "ok", migrated

    async def _reader(self) -> str:
        try:
            async with _connected(self._reader_url, DatabaseRole.READER) as connection:
                await connection.fetchval("SELECT 1")
        except DatabaseUnavailable as error:
            return error.outage.value
        except asyncpg.PostgresError:
            return "refused"
        return "ok"

    def _keys(self) -> str:
        try:
            self._read_keys()
        except OperatorError:
            return "unreadable"
        return "ok"


async def migrations_of(url: str) -> str:
    """The migrations of the database at `url` beside those of this release: "ok", "missing" or "newer"."""
    async with _connected(url, DatabaseRole.APP) as connection:
        return await _migrations(connection)


async def _migrations(connection: Any) -> str:
    try:
        migrated = {row["name"] for row in await connection.fetch(MIGRATED)}
    except asyncpg.UndefinedTableError:
        return "missing"
    if RELEASE_MIGRATIONS - migrated:
        return "missing"
    return "ok" if migrated == RELEASE_MIGRATIONS else "newer"


async def _write(connection: Any) -> None:
    try:
        await _run_and_roll_back(connection, _WRITE)
    except asyncpg.LockNotAvailableError:
        # A dump holds a lock on every table until it ends, which TRUNCATE has to wait for and INSERT has not.
        await _run_and_roll_back(connection, (_INSERT,))


async def _run_and_roll_back(connection: Any, statements: Iterable[str]) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        with translating_outages(connection):
            await transaction.rollback()


@asynccontextmanager
async def _connected(url: str, role: DatabaseRole) -> AsyncIterator[Any]:
    """A connection for a few seconds. Raises `DatabaseUnavailable`."""
    arguments = connection_arguments(url, role)
    try:
        async with asyncio.timeout(_SECONDS):
            connection = await connect(**arguments, connection_class=_ProbeConnection)
            try:
                yield connection
            finally:
                connection.terminate()
    except TimeoutError as error:
        raise to_unavailable(error, Outage.SLOW) from error
