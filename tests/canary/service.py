"""A real `ketnoi run`, with every logger at its loudest, and everything that it answers."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from records.database.embedded import cluster
from records.database.embedded import server as postgres
from tests.canary import canaries
from tests.canary.crawl import Visitor

LOUD = """
import logging
from records.core import log
quiet = log.configure
def configure():
    quiet()
    for name in ("", "ketnoi", "asyncio", "uvicorn.error", "uvicorn.asgi", "tortoise", "tortoise.db_client",
                 "asyncpg", "python_multipart.multipart", "httpx", "authlib", "PIL", "strawberry.execution"):
        logging.getLogger(name).setLevel(logging.DEBUG)
log.configure = configure
from commands import main
main(["run"])
"""
# Nobody's device, address or account id, in every header that could carry one.
HEADERS = {
    "User-Agent": f"Mozilla/5.0 {canaries.AGENT}/9 Chrome/120 Android",
    "X-Forwarded-For": canaries.NETWORK,
    "X-Real-Ip": canaries.NETWORK,
    "Forwarded": f"for={canaries.NETWORK}",
    "X-Request-Id": canaries.HEADER,
    "traceparent": f"00-{canaries.HEADER}-{canaries.HEADER}-01",
    "baggage": f"userId={canaries.HEADER}",
    "Accept-Language": f"{canaries.HEADER}, en",
    "X-Account-Id": canaries.ACCOUNT,
}


@dataclass
class Service:
    """What ran, what it answered, and where it wrote."""

    folder: Path
    client: httpx.AsyncClient
    database: str
    demo: dict[str, Any]
    answers: list[httpx.Response] = field(default_factory=list)
    visitors: list[Visitor] = field(default_factory=list)
    log: bytes = b""
    # Backups of the running database, in clear as one would read them.
    backups: dict[str, bytes] = field(default_factory=dict)

    @property
    def key_file(self) -> Path:
        """The keys, which lie apart from the data."""
        return self.folder.parent / "keys.json"

    def back_up(self) -> None:
        """Takes a backup in each of PostgreSQL's ways."""
        binaries = cluster.find_binaries()
        plain = pg_dump(self.database)
        file = self.folder.parent / "backup.custom"
        subprocess.run([binaries / "pg_dump", "-Fc", "-f", file, self.database], check=True)
        restored = subprocess.run(
            [binaries / "pg_restore", "-f", "-", file], capture_output=True, check=True
        ).stdout
        self.backups = {"plain": plain, "custom": file.read_bytes(), "custom, unpacked": restored}

    def written(self) -> dict[str, bytes]:
        """Every file in the data folder, byte by byte."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Service]:
    """`ketnoi run` on `folder`; when this ends it has been stopped, and `log` holds what it printed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    own = {
        "KETNOI_DATA_DIR": str(folder),
        "KETNOI_KEY_FILE": str(folder.parent / "keys.json"),
        "PORT": str(port),
    }
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | own
    printed = folder.parent / "printed"
    with printed.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LOUD, stdout=out, stderr=out, env=environment
        )
    service = None
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=60
        ) as client:
            await _ready(process, client, printed)
            demo = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
            with postgres.running(folder, shared=True) as url:
                service = Service(folder, client, url, demo)
            client.event_hooks["response"].append(_kept(service))
            yield service
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 60)
        if service is not None:
            service.log = printed.read_bytes()


def _kept(service: Service) -> Any:
    async def keep(answer: httpx.Response) -> None:
        await answer.request.aread()
        await answer.aread()
        service.answers.append(answer)

    return keep


async def _ready(process: asyncio.subprocess.Process, client: httpx.AsyncClient, printed: Path) -> None:
    while process.returncode is None:
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.2)
    raise AssertionError(await asyncio.to_thread(printed.read_text, encoding="utf-8"))


def pg_dump(url: str) -> bytes:
    """The database as SQL."""
    return subprocess.run([cluster.find_binaries() / "pg_dump", url], capture_output=True, check=True).stdout
