"""What the tests of exports share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from starlette.applications import Starlette

from records.delivery import exports


@pytest.fixture
async def pool(app: Starlette) -> "asyncpg.Pool[asyncpg.Record]":
    """The reader pool of the service."""
    found: asyncpg.Pool[asyncpg.Record] = app.state.services.reader
    return found


@pytest.fixture(autouse=True)
async def _no_files() -> AsyncIterator[None]:
    yield
    await exports.clear()
