"""The clients that integrators use follow the change feed: they receive, learn of errors, resume, leave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from api.transport.capacity import Streams
from records.core.actor import Actor, Role
from scripts.node_packages import PACKAGES, node
from tests.api.feed.support import tip
from tests.api.transport.test_websocket import emptied, streams

__all__ = ["streams"]

MakeKey = Callable[..., Awaitable[str]]
FOLLOW = """subscription Follow($after: String) {
  changes(after: $after) { cursor changes { action record { ... on Tip { code } } } } }"""


@pytest.fixture
async def officer(staff_actor: Callable[..., Awaitable[Actor]]) -> Actor:
    return await staff_actor(Role.COMMANDER, "82")


class Program:
    """follow.mjs, and what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            printed = await self.process.stdout.readline()
        assert printed, "it ended: run `make setup`"
        found: dict[str, Any] = json.loads(printed)
        return found

    def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())


@asynccontextmanager
async def following(way: str, url: str, key: str) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *(node(), str(PACKAGES / "follow.mjs"), way, f"{url}/graphql", key),
        cwd=PACKAGES,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Program(process)
    finally:
        await asyncio.wait_for(process.communicate(b""), 30)
    assert process.returncode == 0


def told(code: str) -> dict[str, Any]:
    return {"told": [{"action": "tips.submit", "record": {"code": code}}]}


@pytest.mark.parametrize("way", ["ws", "sse"])
async def test_javascript_clients_receive_changes_and_reconnect(
    served: str, partner_key: MakeKey, officer: Actor, streams: Streams, way: str
) -> None:
    async with following(way, served, await partner_key()) as client:
        assert await client.line() == {"told": []}
        assert told((await tip(officer)).reference) == await client.line()

        # The connection is lost, by the client or because the server stops; what was missed comes once.
        client.tell("drop") if way == "ws" else streams.close()
        missed = (await tip(officer)).reference
        while (line := await client.line()) == {"told": []}:
            pass
        assert line == told(missed)
        assert told((await tip(officer)).reference) == await client.line()

        client.tell("wrong")
        assert await client.line() == {"error": "MALFORMED"}
        if way == "sse":
            assert await client.line() == {"complete": True}
        assert told((await tip(officer)).reference) == await client.line()

        client.tell("stop")
        assert await client.line() == {"complete": True}
        assert await emptied(streams.subscriptions)


async def test_python_client_receives_changes(
    served: str, partner_key: MakeKey, officer: Actor, streams: Streams
) -> None:
    key = await partner_key()

    def client() -> Client:
        url = served.replace("http", "ws") + "/graphql"
        return Client(
            transport=WebsocketsTransport(url, init_payload={"Authorization": f"Bearer {key}"}),
            fetch_schema_from_transport=False,
        )

    async def follow(session: Any, after: str | None) -> AsyncIterator[dict[str, Any]]:
        request = gql(FOLLOW)
        request.variable_values = {"after": after}
        async for result in session.subscribe(request):
            yield result["changes"]

    async with client() as session:
        feed = follow(session, None)
        assert (await anext(feed))["changes"] == []
        code = (await tip(officer)).reference
        message = await anext(feed)
        assert told(code) == {"told": message["changes"]}
        with pytest.raises(TransportQueryError, match="MALFORMED"):
            await anext(follow(session, "x"))
        await feed.aclose()  # type: ignore[attr-defined]
        assert await emptied(streams.subscriptions)
    code = (await tip(officer)).reference
    async with client() as session:
        feed = follow(session, message["cursor"])
        assert told(code) == {"told": (await anext(feed))["changes"]}
        await feed.aclose()  # type: ignore[attr-defined]
