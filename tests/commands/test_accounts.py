"""The service on accounts that can be one of its roles and nothing else, as operators are told to set up."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from records.database.connect import DatabaseRole, connection_arguments
from tests.databases import login

ROOT = Path(__file__).parents[2]
# Both doors, in a process of its own, because Tortoise holds one database at a time.
BOTH_DOORS = """
import asyncio, sys
from pathlib import Path
import httpx
from records.access import partners, staff
from records.core.actor import Role, Scope, system_actor
from records.core.settings import Settings
from server import create_app
from tests.conftest import PASSWORD, area_ids

async def main(settings):
    app, by = create_app(settings), system_actor("test")
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        areas = await area_ids("82")
        row = await partners.create(name="Đối tác mẫu", scopes=set(Scope), areas=areas, by=by)
        key = {"Authorization": f"Bearer {await partners.issue_key(row.id, by=by)}"}
        sent = 'mutation { submitTip(input: {title: "Mẫu", category: "THEFT", area: "29905"}) { code } }'
        for query in (sent, "{ tips { totalCount } }"):
            answer = await client.post("/graphql", json={"query": query}, headers=key)
            assert "errors" not in answer.json(), answer.text
        assert answer.json()["data"]["tips"]["totalCount"] == 1
        given = {"username": "mau-01", "password": PASSWORD}
        await staff.create(**given, name="Mẫu", role=Role.OFFICER, areas=areas, by=by)
        assert (await client.post("/admin/sign-in", data=given)).status_code == 303
        assert "Mẫu" in (await client.get("/admin/tips")).text
        assert (await client.get("/health/ready")).status_code == 200

asyncio.run(main(Settings.from_environment()))
"""


@pytest.fixture
async def accounts(fresh_database: str) -> AsyncIterator[dict[DatabaseRole, str]]:
    """The addresses of a database for accounts that are members of one role each."""
    made, parts = {}, urlsplit(fresh_database)
    async with login(fresh_database) as connection:
        for role in (DatabaseRole.APP, DatabaseRole.READER):
            name, password = f"{role}_{uuid4().hex[:8]}", uuid4().hex
            await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {role}")
            netloc = f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"
            made[role] = urlunsplit(parts._replace(netloc=netloc))
        yield made
        for url in made.values():
            await connection.execute(f"DROP ROLE {urlsplit(url).username}")


async def test_api_and_admin_work_when_accounts_have_their_role_only(
    accounts: dict[DatabaseRole, str],
) -> None:
    urls = {
        "DATABASE_URL": accounts[DatabaseRole.APP],
        "DATABASE_READER_URL": accounts[DatabaseRole.READER],
    }
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BOTH_DOORS),
        cwd=ROOT,
        env={**os.environ, **urls},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await done.communicate()
    assert done.returncode == 0, out.decode()


@pytest.mark.parametrize("role", [DatabaseRole.APP, DatabaseRole.READER])
async def test_account_takes_no_other_role_when_it_runs_sql(
    accounts: dict[DatabaseRole, str], role: DatabaseRole
) -> None:
    connection = await asyncpg.connect(**connection_arguments(accounts[role], role))
    try:
        for other in set(DatabaseRole) - {role}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE {other}")
        for step in ("RESET ROLE", "SET ROLE NONE"):
            await connection.execute(step)
            for refused in (
                "UPDATE audit_entries SET motive = ''",
                "ALTER TABLE tip_reporters DISABLE ROW LEVEL SECURITY",
                "GRANT ketnoi_owner TO CURRENT_USER",
                "CREATE TABLE mine ()",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(refused)
    finally:
        await connection.close()
