"""The database goes away under eight writers: what was acknowledged is there once, and nothing else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import httpx

from tests.outage.installation import PATIENCE, Postgres, is_unavailable, partner_key, readiness, service

WRITERS = 8
SUBMIT = """mutation($title: String!, $key: String) { submitTip(input: {
  title: $title, category: "THEFT", area: "30244", idempotencyKey: $key}) { code problems { code } } }"""


@dataclass
class Ledger:
    """What the service acknowledged, by the key of the request, and how often it refused."""

    url: str
    key: str
    title: str = field(default_factory=lambda: f"Tin mẫu {uuid4().hex}")
    stored: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    over: bool = False
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self, accept: str) -> None:
        """Submits one tip after the other, each until it is acknowledged."""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept}
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            while not self.over:
                await self._submit(client, uuid4().hex)

    async def _submit(self, client: httpx.AsyncClient, key: str) -> None:
        body = {"query": SUBMIT, "variables": {"title": self.title, "key": key}}
        while True:
            answer = await client.post(f"{self.url}/graphql", json=body)
            told = answer.json()
            taken = answer.status_code == 200 and "errors" not in told
            if taken:
                self.stored[key] = told["data"]["submitTip"]["code"]
            elif not is_unavailable(answer):
                self.wrong[f"{answer.status_code} {told}"] += 1
            self.refused += not taken
            async with self.moved:
                self.moved.notify_all()
            if taken:
                return

    async def more(self, *, stored: int = 0, refused: int = 0) -> None:
        """Waits until so many more were acknowledged and refused."""
        stored, refused = len(self.stored) + stored, self.refused + refused
        async with asyncio.timeout(PATIENCE), self.moved:
            await self.moved.wait_for(lambda: len(self.stored) >= stored and self.refused >= refused)


@asynccontextmanager
async def written(server: Postgres) -> AsyncIterator[Ledger]:
    """Eight writers at a service on `server`; in the end the ledger has to agree with the database."""
    async with service(server.environment()) as url:
        ledger = Ledger(url, partner_key(server))
        media = ("application/json", "application/graphql-response+json")
        writers = [asyncio.create_task(ledger.write(media[n % 2])) for n in range(WRITERS)]
        try:
            await ledger.more(stored=WRITERS)
            yield ledger
            await ledger.more(stored=2 * WRITERS)
            ledger.over = True
            await asyncio.wait_for(asyncio.gather(*writers), PATIENCE)
        finally:
            for writer in writers:
                writer.cancel()
        connection = await asyncpg.connect(server.url())
        rows = await connection.fetch("SELECT reference AS code FROM tips WHERE title = $1", ledger.title)
        await connection.close()
        assert ledger.wrong == Counter()
        assert sorted(row["code"] for row in rows) == sorted(ledger.stored.values())


async def test_writers_lose_nothing_when_backend_is_killed(server: Postgres) -> None:
    async with written(server) as ledger:
        for _ in range(3):
            server.kill_a_backend("mau_service")
            await ledger.more(stored=WRITERS)


async def test_writers_lose_nothing_when_postgresql_crashes(server: Postgres) -> None:
    async with written(server) as ledger:
        server.stop()
        try:
            await ledger.more(refused=WRITERS)
            await check_doors(ledger, database="away", reader="away")
        finally:
            server.start()


async def test_writers_are_refused_when_database_is_read_only(server: Postgres) -> None:
    async with written(server) as ledger:
        await server.run("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        try:
            await ledger.more(refused=WRITERS)
            await check_doors(ledger, database="read-only")
        finally:
            await server.run(
                "SET default_transaction_read_only = off",
                "ALTER SYSTEM RESET default_transaction_read_only",
                "SELECT pg_reload_conf()",
            )


async def test_writers_are_refused_when_connections_run_out(server: Postgres) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mau_service'"
    async with written(server) as ledger:
        await server.run("ALTER ROLE mau_service CONNECTION LIMIT 0", end)
        try:
            await ledger.more(refused=WRITERS)
            await check_doors(ledger, database="connections")
        finally:
            await server.run("ALTER ROLE mau_service CONNECTION LIMIT -1")


async def test_writers_are_refused_when_disk_is_full(server: Postgres) -> None:
    """A trigger raises what PostgreSQL raises then: no test may fill a disk."""
    tables = ("tips", "readiness_probe")
    async with written(server) as ledger:
        await server.run(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$",
            *(f"CREATE TRIGGER full_disk BEFORE INSERT ON {t} EXECUTE FUNCTION full_disk()" for t in tables),
        )
        try:
            await ledger.more(refused=WRITERS)
            await check_doors(ledger, database="full")
        finally:
            await server.run("DROP FUNCTION full_disk CASCADE")


async def check_doors(ledger: Ledger, *, database: str, reader: str = "ok") -> None:
    """What readiness says, and what is said to those who need the database to be let in."""
    async with httpx.AsyncClient(base_url=ledger.url, timeout=PATIENCE) as client:
        found = await readiness(ledger.url, status="unavailable")
        assert (found["database"], found["reader"]) == (database, reader)
        assert (await client.get("/health/live")).status_code == 200
        if database not in {"away", "connections"}:
            return
        headers = {"Authorization": f"Bearer {ledger.key}"}
        for answer in (
            await client.post("/graphql", json={"query": "{ tips { totalCount } }"}, headers=headers),
            await client.get(f"/exports/{uuid4()}", headers=headers),
        ):
            assert is_unavailable(answer), answer.text
        token = await client.post(
            "/oauth/token", data={"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        )
        assert token.status_code == 503
        assert token.json()["error"] == "temporarily_unavailable"
        assert token.headers["Retry-After"]
