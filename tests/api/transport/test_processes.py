"""Several processes on one database: who follows at one of them is told what was written at another."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from records.database.notifications import APPLICATION_NAME
from tests.api.feed.test_subscription import END_LISTENERS
from tests.api.streaming import Events, Socket, opened, streamed

KETNOI = Path(sys.executable).with_name("ketnoi")
SUBMIT = """mutation { submitTip(input: {title: "Tin mẫu", category: "THEFT", area: "30244"}) { code } }"""


@dataclass
class Service:
    """A process of the service."""

    url: str
    process: asyncio.subprocess.Process

    async def submit(self, key: str, how_many: int) -> list[str]:
        """Passes on tips; gives their codes."""
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client:
            answers = [
                await client.post(f"{self.url}/graphql", json={"query": SUBMIT}) for _ in range(how_many)
            ]
        return [answer.json()["data"]["submitTip"]["code"] for answer in answers]

    async def stop(self) -> None:
        """Tells it to stop, and waits for less than uvicorn's patience with answers that go on."""
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 8)
        assert self.process.returncode == 0


@asynccontextmanager
async def serving(accounts: dict[str, str]) -> AsyncIterator[Service]:
    """`ketnoi serve` on a port of its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {**os.environ, **accounts, "PORT": str(port)}
    environment |= {"KETNOI_URL": f"http://127.0.0.1:{port}", "KETNOI_HOSTS": "127.0.0.1"}
    environment["KETNOI_DRAIN_SECONDS"] = "0"
    process = await asyncio.create_subprocess_exec(
        *(str(KETNOI), "serve"), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    service = Service(f"http://127.0.0.1:{port}", process)
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while process.returncode is None:
                try:
                    if (await client.get(f"{service.url}/health/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        assert process.returncode is None
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def codes(client: Socket | Events, how_many: int) -> tuple[list[str], dict[str, Any]]:
    """The codes of the next so many changes, and the last message."""
    seen: list[str] = []
    while True:
        feed = await client.feed()
        seen += [change["record"]["code"] for change in feed["changes"]]
        if len(seen) >= how_many:
            return seen, feed


async def test_events_come_in_order_when_listeners_or_processes_end(
    database: str,
    partner_key: Callable[..., Awaitable[str]],
    service_accounts: Callable[[str], dict[str, str]],
) -> None:
    key = await partner_key()
    async with serving(service_accounts(database)) as two:
        async with (
            serving(service_accounts(database)) as one,
            opened(one.url, key) as follower,
            streamed(one.url, key) as events,
        ):
            await follower.subscribe()
            for client in (follower, events):
                assert (await client.feed())["changes"] == []
            written = await two.submit(key, 3)
            connection = await asyncpg.connect(database)
            assert len(await connection.fetch(END_LISTENERS, APPLICATION_NAME)) >= 2
            await connection.close()
            written += await two.submit(key, 3)
            assert (await codes(events, 6))[0] == written
            seen, feed = await codes(follower, 6)
            assert seen == written
            await one.stop()
            # It comes back; that is no end that somebody wished for.
            assert (await follower.closed())[0] == 1012
            assert await events.next() is None
        missed = await two.submit(key, 3)
        async with serving(service_accounts(database)) as one:
            async with opened(one.url, key) as follower:
                await follower.subscribe(after=feed["cursor"])
                seen, feed = await codes(follower, 3)
                assert seen == missed
            async with streamed(two.url, key, headers={"Last-Event-ID": feed["cursor"]}) as events:
                assert (await events.feed())["changes"] == []
                new = await one.submit(key, 1)
                assert (await codes(events, 1))[0] == new
                await two.stop()
