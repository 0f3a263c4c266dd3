"""An installation of its own that a test may break: PostgreSQL, the accounts of the service, the service."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import psutil

from records.database.connect import DatabaseRole
from records.database.embedded import cluster
from records.database.embedded import server as embedded_server
from records.database.embedded.service_user import service_user

KETNOI = Path(sys.executable).with_name("ketnoi")
PATIENCE = 60

# Accounts like those that an operator makes: each may take on its role and is nothing more.
ACCOUNTS = {
    "DATABASE_OWNER_URL": ("mau_owner", DatabaseRole.OWNER),
    "DATABASE_URL": ("mau_service", DatabaseRole.APP),
    "DATABASE_READER_URL": ("mau_reads", DatabaseRole.READER),
}


class Postgres:
    """A PostgreSQL that can be killed, stopped and started again; it keeps what it said it has stored."""

    def __init__(self, folder: Path) -> None:
        self._binaries = cluster.find_binaries()
        self._folder = folder / "postgres"
        self._user = service_user(self._folder, passes=(folder, self._binaries))
        cluster.create_cluster(self._folder, self._binaries, self._user, fast=False)
        self._sockets = embedded_server._socket_folder(self._folder, self._user)
        self.start()

    @property
    def socket(self) -> Path:
        """The socket that it listens on."""
        return self._sockets / embedded_server._SOCKET

    @property
    def pid(self) -> int:
        """The process that starts all others."""
        return self._server.pid

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        self._server = embedded_server._start(
            self._folder, self._binaries, self._sockets, self._user, fast=False
        )

    def stop(self) -> None:
        """Stops it at once, as a crash would: nothing that runs is finished."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(PATIENCE)

    def kill_a_backend(self, application: str) -> None:
        """Kills a process that serves a connection: the others are ended too, and the log is replayed."""
        for process in psutil.Process(self._server.pid).children():
            with suppress(psutil.NoSuchProcess):
                if application in " ".join(process.cmdline()):
                    process.kill()
                    return
        raise AssertionError(f"no process serves {application}")

    def url(self, account: str = "postgres") -> str:
        """The address of its database for `account`."""
        return f"postgresql://{account}@/{cluster.DATABASE}?host={quote(str(self._sockets), safe='/')}"

    def environment(self) -> dict[str, str]:
        """The addresses for each account of the service."""
        return {name: self.url(account) for name, (account, _role) in ACCOUNTS.items()}

    async def run(self, *statements: str) -> None:
        """Runs statements as its superuser."""
        connection = await asyncpg.connect(self.url())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def load(self, template_url: str) -> None:
        """Takes over all that the database at `template_url` holds, and makes the accounts."""
        for account, role in ACCOUNTS.values():
            await self.run(f"CREATE ROLE {role} NOLOGIN", f"CREATE ROLE {account} LOGIN IN ROLE {role}")
        await asyncio.to_thread(self._copy, template_url)

    def _copy(self, template_url: str) -> None:
        dump: list[str | Path] = [self._binaries / "pg_dump", "--dbname", template_url]
        into: list[str | Path] = [
            self._binaries / "psql",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--dbname",
            self.url(),
        ]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumped:
            subprocess.run(into, stdin=dumped.stdout, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE)
        assert dumped.returncode == 0

    def end(self) -> None:
        """Stops it where it still runs."""
        if self._server.poll() is None:
            self.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's own user may enter."""
    with TemporaryDirectory(prefix="ketnoi-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


@asynccontextmanager
async def postgres(template_url: str) -> AsyncIterator[Postgres]:
    """A PostgreSQL with all that the database at `template_url` holds."""
    with folder() as place:
        server = Postgres(place)
        try:
            await server.load(template_url)
            yield server
        finally:
            server.end()


@asynccontextmanager
async def service(environment: Mapping[str, str]) -> AsyncIterator[str]:
    """`ketnoi serve` in a process of its own; its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    known = {
        "PORT": str(port),
        "KETNOI_HOSTS": "127.0.0.1",
        "KETNOI_URL": url,
        "KETNOI_CALLS_PER_MINUTE": "0",
    }
    process = await asyncio.create_subprocess_exec(
        *(str(KETNOI), "serve"), env={**os.environ, **known, **environment}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE):
            while process.returncode is None:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{url}/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        assert process.returncode is None
        yield url
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def readiness(url: str, *, status: str) -> dict[str, str]:
    """What readiness says as soon as it says `status`; it keeps what it found for a second."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client, asyncio.timeout(PATIENCE):
        while True:
            answer = await client.get(f"{url}/health/ready")
            found: dict[str, str] = answer.json()
            if found["status"] == status:
                assert answer.status_code == (503 if status == "unavailable" else 200)
                return found
            await asyncio.sleep(0.1)


def is_unavailable(answer: httpx.Response) -> bool:
    """Whether this tells of an outage as every door has to, at the two that answer in JSON."""
    told: dict[str, Any] = answer.json()
    codes = {error["extensions"]["code"] for error in told["errors"]} if "errors" in told else {told["code"]}
    return (
        answer.status_code == 503 and codes == {"UNAVAILABLE"} and answer.headers["Retry-After"].isdecimal()
    )


def partner_key(server: Postgres) -> str:
    """The key of a new partner that may pass on tips."""
    name = f"Đối tác mẫu {uuid4().hex[:8]}"
    scopes = ("--scope", "tips:write", "--scope", "tips:read", "--scope", "changes:read")
    ketnoi(server, "partner", "add", name, *scopes, "--area", "82")
    return ketnoi(server, "partner", "key", name).splitlines()[-1].strip()


def ketnoi(server: Postgres, *words: str) -> str:
    """What a command prints on the installation."""
    environment = {**os.environ, **server.environment()}
    done = subprocess.run(
        [KETNOI, *words], env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE
    )
    return done.stdout.strip()
