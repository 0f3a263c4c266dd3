"""What the tests of the API share: asking, counting statements, and rows to ask for."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from records.core.actor import Scope
from tests.api.support import Ask, Counting, PartnerKey
from tests.replaced import replaced_services


@pytest.fixture
def ask(api: httpx.AsyncClient, partner_key: PartnerKey) -> Ask:
    """Asks a query with a key (one with every scope in Đồng Tháp when none is given), in English."""
    made: list[str] = []

    async def ask(query: str, *, key: str | None = None, **variables: Any) -> dict[str, Any]:
        if key is None:
            made[:] = made or [await partner_key()]
            key = made[0]
        answer = await api.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"},
        )
        found: dict[str, Any] = answer.json()
        return found

    return ask


@pytest.fixture
def reading(partner_key: PartnerKey) -> Callable[..., Awaitable[str]]:
    """Makes a key with all scopes but some, in areas by code."""

    async def make(*areas: str, but: Sequence[Scope] = ()) -> str:
        return await partner_key(scopes=set(Scope) - set(but), areas=areas or ("82",))

    return make


class _Counting:
    """A reader pool that notes every statement which goes to the database."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", statements: list[str]) -> None:
        self._pool, self._statements = pool, statements

    async def acquire(self) -> Any:
        connection = await self._pool.acquire()
        connection.add_query_logger(self._note)
        return connection

    async def release(self, connection: Any) -> None:
        connection.remove_query_logger(self._note)
        await self._pool.release(connection)

    def _note(self, record: Any) -> None:
        self._statements.append(record.query)


class _Noting(logging.Handler):
    def __init__(self, statements: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._statements = statements

    def emit(self, record: logging.LogRecord) -> None:
        self._statements.append(record.getMessage())


@pytest.fixture
def counting(app: Starlette) -> Counting:
    """Within it every statement is noted, on the reader pool and through Tortoise."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []
        reader = _Counting(app.state.services.reader, statements)
        tortoise, handler = logging.getLogger("tortoise.db_client"), _Noting(statements)
        level = tortoise.level
        tortoise.addHandler(handler)
        tortoise.setLevel(logging.DEBUG)
        try:
            with replaced_services(app, reader=reader):
                yield statements
        finally:
            tortoise.removeHandler(handler)
            tortoise.setLevel(level)

    return counting


@pytest.fixture
def served(live: str, app: Starlette) -> str:
    """The address of the service on the shared database, over real connections."""
    return live
