"""The databases of the tests: one that they share, which each leaves empty, and copies for one test."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from commands._database import migrate
from records.areas import areas
from records.database import embedded
from records.database.connect import DatabaseRole, connect_database, connection_arguments

# What every installation starts with; a test that changes it takes a database of its own.
_REFERENCE = {
    *("areas", "area_successions", "area_reach", "area_at", "indicators", "tip_categories"),
    *("tortoise_migrations", "retention_rules"),
}

Empty = Callable[[], Awaitable[None]]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL on which databases may be made: the one given, or an embedded one of this process.

    Processes share none: a transaction on the same server holds back the feed and the links of the audit.
    Not in pytest's own folder: another run of pytest would close it to the user that PostgreSQL runs as.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with (
        TemporaryDirectory(prefix="ketnoi-test-") as folder,
        embedded.running(Path(folder), fast=True) as url,
    ):
        yield url


@pytest.fixture(scope="session")
async def template(server_url: str) -> str:
    """The name of a migrated database, with areas and catalogues, to copy.

    On a server that was given (TEST_DATABASE_URL) it stays for the next run, until what makes it changes.
    """
    name = f"ketnoi_template_{_what_makes_it()}"
    async with login(server_url) as connection:
        await connection.execute("SELECT pg_advisory_lock(hashtext('ketnoi_template'))")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"DROP DATABASE IF EXISTS {name}_unfinished")
            await connection.execute(f"CREATE DATABASE {name}_unfinished")
            await migrate(named(server_url, f"{name}_unfinished"))
            await connection.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
    return name


def _what_makes_it() -> str:
    """A digest of the migrations, the grants, and the areas and catalogues with what reads them."""
    records = Path(areas.__file__).parents[1]
    makers = [records / "metrics" / "catalogue.py"]
    for folder in ("areas", "database"):
        makers += sorted(path for path in (records / folder).rglob("*") if path.suffix in {".py", ".csv"})
    digest = sha256()
    for path in makers:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """The database that the tests share."""
    async with _copy(server_url, template) as url:
        yield url


@pytest.fixture
async def fresh_database(server_url: str, template: str) -> AsyncIterator[str]:
    """A database for one test alone, with areas and catalogues."""
    async with _copy(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
async def service_accounts(server_url: str, template: str) -> AsyncIterator[Callable[[str], dict[str, str]]]:
    """Gives the settings that serve on a database with accounts that are nothing but their role."""
    made = {
        "DATABASE_URL": (f"mau_{uuid4().hex[:8]}", DatabaseRole.APP),
        "DATABASE_READER_URL": (f"mau_{uuid4().hex[:8]}", DatabaseRole.READER),
    }
    password = uuid4().hex

    def settings(url: str) -> dict[str, str]:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return {
            setting: urlunsplit(parts._replace(netloc=f"{name}:{password}@{host}"))
            for setting, (name, _role) in made.items()
        }

    async with login(server_url) as connection:
        for name, role in made.values():
            await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {role}")
        yield settings
        for name, _role in made.values():
            await connection.execute(f"DROP ROLE {name}")


@pytest.fixture(scope="session")
async def _connected(database_url: str) -> AsyncIterator[None]:
    async with connect_database(database_url):
        yield


@pytest.fixture(scope="session")
async def empty(database_url: str) -> AsyncIterator[Empty]:
    """Empties the tables that hold anything: to truncate every one of them takes far longer."""
    async with login(database_url) as connection:
        # Rows of tables that point to one another go in one statement, without asking for an order.
        await connection.execute("SET session_replication_role = replica")
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in tables if row["tablename"] not in _REFERENCE]
        names.append("tip_categories WHERE code LIKE 'MAU-%'")
        held = await connection.prepare(
            f"SELECT {', '.join(f'EXISTS (SELECT FROM {name})' for name in names)}"
        )

        async def run() -> None:
            row = await held.fetchrow()
            assert row is not None
            if written := [name for name, holds in zip(names, row, strict=True) if holds]:
                await connection.execute(";".join(f"DELETE FROM {name}" for name in written))

        yield run


@pytest.fixture
async def database(database_url: str, _connected: None, empty: Empty) -> AsyncIterator[str]:
    """The shared database, empty but for areas and catalogues, and Tortoise on it; emptied afterwards."""
    yield database_url
    await empty()


def named(url: str, database: str) -> str:
    """The address of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


@asynccontextmanager
async def login(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A connection as whoever the address names."""
    connection = await asyncpg.connect(**connection_arguments(url))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _copy(server_url: str, template: str) -> AsyncIterator[str]:
    name = f"ketnoi_test_{uuid4().hex[:12]}"
    async with login(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield named(server_url, name)
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
