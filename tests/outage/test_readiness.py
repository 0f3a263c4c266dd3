"""Readiness: whether the process can do its work, whatever its pools are busy with."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from records.database import outage
from records.database import readiness as looking
from records.database.readiness import Readiness
from records.security.sealing import keyring
from tests.databases import login
from tests.outage.installation import PATIENCE, Postgres, partner_key, readiness, service
from tests.outage.test_log import told

OK = dict.fromkeys(("database", "migrations", "keys", "reader"), "ok")
SUBMIT = 'mutation { submitTip(input: {title: "Tin mẫu", category: "THEFT", area: "30244"}) { code } }'


@pytest.fixture(scope="module")
def key_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file that only this service reads."""
    path = tmp_path_factory.mktemp("ready") / "keys.json"
    shutil.copy(os.environ["KETNOI_KEY_FILE"], path)
    return path


@pytest.fixture(scope="module")
async def url(server: Postgres, key_copy: Path) -> AsyncIterator[str]:
    async with service({**server.environment(), "KETNOI_KEY_FILE": str(key_copy)}) as made:
        yield made


async def test_readiness_is_ready_when_lock_fills_pool(server: Postgres, url: str) -> None:
    headers = {"Authorization": f"Bearer {partner_key(server)}"}
    blocking = await asyncpg.connect(server.url())
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
        async with blocking.transaction():
            await blocking.execute("LOCK TABLE counters")
            sent = [
                asyncio.create_task(client.post(f"{url}/graphql", json={"query": SUBMIT})) for _ in range(20)
            ]
            async with asyncio.timeout(PATIENCE):
                while await blocking.fetchval(waiting) < 10:
                    await blocking.execute("SELECT pg_sleep(0.01)")
            for _ in range(2):
                assert await readiness(url, status="ready") == {"status": "ready", **OK}
                await asyncio.sleep(1.1)
        answers = await asyncio.gather(*sent)
    await blocking.close()
    assert {answer.status_code for answer in answers} == {200}


async def test_readiness_degrades_when_reader_is_away(server: Postgres, url: str) -> None:
    await server.run("ALTER ROLE mau_reads NOLOGIN")
    try:
        found = await readiness(url, status="degraded")
    finally:
        await server.run("ALTER ROLE mau_reads LOGIN")
    assert found == {"status": "degraded", **OK, "reader": "away"}
    await readiness(url, status="ready")


async def test_readiness_fails_when_key_file_is_gone(url: str, key_copy: Path) -> None:
    hidden = key_copy.with_suffix(".hidden")
    await asyncio.to_thread(key_copy.rename, hidden)
    try:
        found = await readiness(url, status="unavailable")
    finally:
        await asyncio.to_thread(hidden.rename, key_copy)
    assert found == {"status": "unavailable", **OK, "keys": "unreadable"}
    await readiness(url, status="ready")


@pytest.mark.parametrize(
    ("change", "back", "told"),
    [
        (
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('records', '9999_later', now())",
            "DELETE FROM tortoise_migrations WHERE name = '9999_later'",
            "newer",
        ),
        (
            "UPDATE tortoise_migrations SET app = 'other' WHERE name = '0002_rules'",
            "UPDATE tortoise_migrations SET app = 'records' WHERE name = '0002_rules'",
            "missing",
        ),
    ],
)
async def test_readiness_fails_when_migrations_differ(
    server: Postgres, url: str, change: str, back: str, told: str
) -> None:
    await server.run(change)
    try:
        found = await readiness(url, status="unavailable")
    finally:
        await server.run(back)
    assert found == {"status": "unavailable", **OK, "migrations": told}
    await readiness(url, status="ready")


async def test_readiness_leaves_no_row_in_database(server: Postgres, url: str) -> None:
    await readiness(url, status="ready")
    connection = await asyncpg.connect(server.url())
    assert await connection.fetchval("SELECT count(*) FROM readiness_probe") == 0
    await connection.close()


async def test_readiness_check_is_shared_when_requests_are_parallel(database: str) -> None:
    asked = Readiness(database, database, keyring)
    first, *others = await asyncio.gather(*[asked.report() for _ in range(50)])
    assert first.body() == {"status": "ready", **OK}
    assert all(other is first for other in others)


@asynccontextmanager
async def probe_locked(database: str, mode: str) -> AsyncIterator[None]:
    """Somebody else holds a lock on the table that readiness writes to."""
    async with login(database) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE readiness_probe IN {mode} MODE")
        yield


async def test_readiness_is_ready_when_dump_runs(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_log", outage._OutageLog())
    # pg_dump holds this lock on every table until it ends.
    async with probe_locked(database, "ACCESS SHARE"):
        report = await Readiness(database, database, keyring).report()
    assert report.body() == {"status": "ready", **OK}
    assert told(caplog) == []


async def test_readiness_fails_when_inserting_fails(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_SECONDS", 1.0)
    async with probe_locked(database, "ACCESS EXCLUSIVE"):
        report = await Readiness(database, database, keyring).report()
    assert report.body() == {"status": "unavailable", **OK, "database": "slow"}


async def test_readiness_check_is_shared_when_slow(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_SECONDS", 1.5 * looking._CACHE_SECONDS)
    asked = Readiness(database, database, keyring)
    async with probe_locked(database, "ACCESS EXCLUSIVE"):
        first, *others = await asyncio.gather(*[asked.report() for _ in range(3)])
    assert all(other is first for other in others)
