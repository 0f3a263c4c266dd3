"""The database of the commands."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from records.core.settings import OperatorError, Settings
from records.database import embedded
from records.database.connect import connection_arguments


@contextmanager
def database(settings: Settings, *, shared: bool = True) -> Iterator[Settings]:
    """The settings with a reachable database: the configured one, or the embedded one while in the context.

    `shared` allows the embedded server of a running service; without it, that raises `OperatorError`.
    """
    if settings.database_url is None:
        with embedded.running(settings.data_dir, shared=shared) as url:
            yield settings.with_database_url(url)
    else:
        asyncio.run(_check_connection(settings.database_url))
        yield settings


def check_migrated(settings: Settings) -> None:
    """Raises `OperatorError` unless the database has exactly the migrations of this release."""
    from records.database.readiness import migrations_of

    if settings.database_url is None:
        raise OperatorError("There is no database address")
    state = asyncio.run(migrations_of(settings.database_url))
    if state == "missing":
        raise OperatorError("The database is not up to date: run `ketnoi migrate` first")
    if state == "newer":
        raise OperatorError("The database was migrated by another release than this one: use that one")


async def migrate(owner_url: str) -> None:
    """Migrates the database, and loads its areas and catalogues. Raises `OperatorError`."""
    from records.areas import areas
    from records.database import migrate
    from records.metrics import catalogue

    await migrate.migrate(owner_url, [areas.load, catalogue.load])


async def _check_connection(url: str) -> None:
    parameters = connection_arguments(url)
    location = f"{parameters.get('host')}:{parameters.get('port')}/{parameters.get('database')}"
    try:
        connection = await asyncpg.connect(**parameters, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise OperatorError(f"The database at {location} does not answer: {reason}") from None
    await connection.close()
