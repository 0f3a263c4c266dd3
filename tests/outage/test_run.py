"""`ketnoi run` as a newcomer starts it: on an empty folder, again, and after the worst."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

KETNOI = Path(sys.executable).with_name("ketnoi")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    port = _free_port()
    environment = {**os.environ, "KETNOI_DATA_DIR": str(folder), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    process = await asyncio.create_subprocess_exec(
        str(KETNOI), "run", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _ready(process, client)
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _ready(process: asyncio.subprocess.Process, client: httpx.AsyncClient) -> None:
    while process.returncode is None:
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.2)
    assert process.stdout
    raise AssertionError((await process.stdout.read()).decode())


def _servers(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


async def test_run_restarts_from_its_folder_when_stopped_or_killed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with _running(folder) as (process, client):
        path = folder / "demo.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        first = json.loads(path.read_text(encoding="utf-8"))
        assert list(first) == ["url", "staff", "partners"]
        assert first["url"] == str(client.base_url).rstrip("/")
        assert {tuple(row) for row in first["staff"]} == {("username", "password", "role", "areas")}
        assert {tuple(row) for row in first["partners"]} == {("name", "key", "scopes", "areas")}
        roles = [row["role"] for row in first["staff"]]
        assert sorted(roles) == sorted(
            ["ADMINISTRATOR", "COMMANDER", "OFFICER", "FRONT", "ANALYST", "CUSTODIAN", "AUDITOR"]
        )
        assert first["partners"][0]["areas"] == ["82"]
        assert {"groups:read", "tips:read", "metrics:read"} <= set(first["partners"][0]["scopes"])
        headers = {"Authorization": f"Bearer {first['partners'][0]['key']}"}
        query = {"query": "{ groups { totalCount } tips { totalCount } programmes { nodes { code } } }"}
        answer = (await client.post("/graphql", json=query, headers=headers)).json()["data"]
        assert answer["groups"]["totalCount"] > 5
        assert answer["tips"]["totalCount"] > 10
        assert len(answer["programmes"]["nodes"]) == 2
        for who in first["staff"]:
            typed = {"username": who["username"], "password": who["password"]}
            client.cookies.clear()
            assert (await client.post("/admin/sign-in", data=typed)).status_code == 303
        # Ctrl-C.
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 30)
        assert process.stdout
        printed = (await process.stdout.read()).decode()
        loading, addresses, ready = (
            printed.index(line) for line in ("Loading demonstration records…", "  Admin ", "  Ready.")
        )
        assert loading < addresses < ready
    assert _servers(folder) == []

    async with _running(folder) as (process, client):
        again = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        assert again["staff"] == first["staff"]
        assert (await client.post("/graphql", json=query, headers=headers)).json()["data"] == answer
        process.kill()
        await process.wait()

    async with _running(folder) as (process, client):
        assert (await client.post("/graphql", json=query, headers=headers)).json()["data"] == answer
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
    assert _servers(folder) == []
