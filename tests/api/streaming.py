"""Clients of subscriptions that hide nothing of the protocols."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

FOLLOW = """subscription($after: String, $types: [ChangeType!], $area: String, $first: Int) {
  changes(after: $after, types: $types, area: $area, first: $first) {
    cursor hasMore
    changes { type recordId action deleted record { id ... on Tip { code } ... on Group { code } } } } }"""
PATIENCE = 20


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def begin(self, key: str | None) -> None:
        """Says who calls, as integrators do."""
        payload = {"Authorization": f"Bearer {key}", "Accept-Language": "en"} if key else {}
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id_: str = "1", query: str = FOLLOW, **variables: Any) -> None:
        await self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables})

    async def feed(self, id_: str = "1") -> dict[str, Any]:
        """The next message of a subscription, which tells of changes."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id_), message
        assert "errors" not in message["payload"], message
        feed: dict[str, Any] = message["payload"]["data"]["changes"]
        return feed

    async def error(self) -> dict[str, Any]:
        """The next message, which says why a subscription does not run."""
        message = await self.receive()
        assert message["type"] == "error", message
        (error,) = message["payload"]
        found: dict[str, Any] = error
        return found

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes it, whatever comes before that."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def opened(
    url: str, key: str | None = None, *, path: str = "", **options: Any
) -> AsyncIterator[Socket]:
    """A socket to the service at `url`; with `key` it has begun."""
    address = url.replace("http", "ws", 1) + (path if path.startswith("/") else f"/graphql{path}")
    protocols = [Subprotocol("graphql-transport-ws")]
    given: dict[str, Any] = {"subprotocols": protocols, "proxy": None} | options
    async with connect(address, **given) as connection:
        socket = Socket(connection)
        if key:
            await socket.begin(key)
        yield socket


class Events:
    """What an event stream tells, event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.pings = 0

    async def next(self) -> dict[str, str] | None:
        """The fields of the next event; None when the stream is over."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line.startswith(":"):
                    self.pings += 1
                elif line:
                    name, _colon, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif fields:
                    return fields
        return None

    async def feed(self) -> dict[str, Any]:
        """The next event, which tells of changes."""
        event = await self.next()
        assert event is not None
        assert event["event"] == "next", event
        body = json.loads(event["data"])
        assert "errors" not in body, body
        feed: dict[str, Any] = body["data"]["changes"]
        assert event["id"] == feed["cursor"]
        return feed


@asynccontextmanager
async def streamed(
    url: str, key: str | None, *, query: str = FOLLOW, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[Events]:
    """An event stream of the service at `url`."""
    given = {"Accept": "text/event-stream", "Accept-Language": "en"} | (headers or {})
    if key:
        given["Authorization"] = f"Bearer {key}"
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", f"{url}/graphql", json=body, headers=given) as answer,
    ):
        yield Events(answer)


async def first_message(url: str, key: str, query: str) -> dict[str, Any]:
    """What the subscription `query` tells first."""
    async with streamed(url, key, query=query) as events:
        event = await events.next()
    assert event is not None
    message: dict[str, Any] = json.loads(event["data"])
    return message
