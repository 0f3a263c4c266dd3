"""The service in this process, on a database of its own, for proofs that run outside of pytest."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from starlette.applications import Starlette

from records.core.settings import Settings, installation
from records.database.connect import connect_database, connection_arguments, reader_pool
from records.security import sealing


@dataclass(frozen=True)
class Service:
    """The service, a client of it, and a connection of the owner of its tables."""

    app: Starlette
    client: httpx.AsyncClient
    owner: "asyncpg.Connection[Any]"


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Service]:
    """The service on the migrated database `url`."""
    from server import build_services, create_app

    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sealing.ensure_keyring(Path(folder) / "keys.json")
        settings = Settings(Path(folder), "127.0.0.1", 8000).with_database_url(url)
        installation.use(settings)
        await stack.enter_async_context(connect_database(url))
        app = create_app(settings)
        reader = await stack.enter_async_context(await reader_pool(url))
        app.state.services = build_services(settings, reader)
        transport = httpx.ASGITransport(app)
        base = "http://127.0.0.1:8000"
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=base))
        owner = await as_owner(url)
        stack.push_async_callback(owner.close)
        yield Service(app, client, owner)


async def as_owner(url: str) -> "asyncpg.Connection[Any]":
    """A connection of the owner of the tables."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(**connection_arguments(url))
    return connection
