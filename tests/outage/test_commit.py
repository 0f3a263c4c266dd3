"""The connection that is lost with a COMMIT under way: with a key it is found out, without one it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx

from tests.outage.installation import PATIENCE, Postgres, is_unavailable, partner_key, service

SUBMIT = """mutation($title: String!, $key: String) { submitTip(input: {
  title: $title, category: "THEFT", area: "30244", idempotencyKey: $key}) { code problems { code } } }"""


class Relay:
    """A relay before PostgreSQL that can lose the answer to a COMMIT."""

    def __init__(self) -> None:
        # How many of the next COMMITs are passed on and never answered.
        self.loses = 0
        self.lost = 0

    @asynccontextmanager
    async def before(self, server: Postgres, account: str) -> AsyncIterator[str]:
        """The address of the relay, for `account`."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, to = await asyncio.open_unix_connection(server.socket)
            both = [
                asyncio.create_task(self._pass_on(reader, to, writer)),
                asyncio.create_task(_answer(there, writer)),
            ]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for end in (to, writer):
                end.close()

        listening = await asyncio.start_server(relay, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            yield f"postgresql://{account}@127.0.0.1:{port}/ketnoi?sslmode=disable"

    async def _pass_on(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while part := await reader.read(65536):
            loses = self.loses > 0 and b"COMMIT;\0" in part
            if loses:
                self.loses, self.lost = self.loses - 1, self.lost + 1
                back.close()
            to.write(part)
            await to.drain()
            if loses:
                to.write_eof()
                return


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        if not writer.is_closing():
            writer.write(part)


@asynccontextmanager
async def submitted(server: Postgres, *, key: str | None) -> AsyncIterator[tuple[httpx.Response, list[str]]]:
    """The answer to a tip whose COMMIT was lost on the way back, and the codes of the tips that are there."""
    relay, title = Relay(), f"Tin mẫu {uuid4().hex[:8]}"
    partner = partner_key(server)
    async with (
        relay.before(server, "mau_service") as url,
        service({**server.environment(), "DATABASE_URL": url}) as address,
        httpx.AsyncClient(headers={"Authorization": f"Bearer {partner}", "Accept-Language": "en"}) as client,
    ):
        body = {"query": SUBMIT, "variables": {"title": title, "key": key}}
        relay.loses = 1
        answer = await client.post(f"{address}/graphql", json=body, timeout=PATIENCE)
        assert relay.lost == 1
    connection = await asyncpg.connect(server.url())
    rows = await connection.fetch("SELECT reference AS code FROM tips WHERE title = $1", title)
    await connection.close()
    yield answer, [row["code"] for row in rows]


async def test_lost_commit_is_answered_when_it_has_idempotency_key(server: Postgres) -> None:
    async with submitted(server, key=uuid4().hex) as (answer, codes):
        assert [answer.json()["data"]["submitTip"]["code"]] == codes


async def test_lost_commit_is_unknown_when_idempotency_key_is_missing(server: Postgres) -> None:
    async with submitted(server, key=None) as (answer, codes):
        assert len(codes) == 1
        assert is_unavailable(answer)
        assert "may or may not have been saved" in answer.json()["errors"][0]["message"]
