"""`ketnoi serve` stops in order, and one worker's trouble is not everybody's."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.databases import login, named

KETNOI = Path(sys.executable).with_name("ketnoi")
PATIENCE = 90
# Less than pytest's own limit for a test, so that the service is stopped first.
LONGEST = 120


class Service:
    """A process of the service, or several on one port."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port

    def workers(self) -> set[int]:
        """The ids of the processes that answer."""
        found = set()
        for child in psutil.Process(self.process.pid).children():
            # One that has ended meanwhile says nothing more.
            with suppress(psutil.Error):
                if "spawn_main" in " ".join(child.cmdline()):
                    found.add(child.pid)
        return found

    async def ready(self) -> tuple[int, str]:
        """The status and word of readiness; 0 where the port is closed."""
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
                answer = await client.get("/health/ready")
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.json()["status"]

    async def stopped(self) -> int | None:
        """The exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(PATIENCE * 10):
        if await holds():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


def starts(log: Path) -> int:
    """How many workers have started since the beginning."""
    return log.read_text(encoding="utf-8").count("service.started")


async def until_started(log: Path, count: int) -> None:
    async def have_started() -> bool:
        return starts(log) >= count

    await until(have_started)


@pytest.fixture
def accounts(fresh_database: str, service_accounts: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return service_accounts(fresh_database)


@asynccontextmanager
async def serving(
    accounts: Mapping[str, str], log: Path, *options: str, drain: str = "0"
) -> AsyncIterator[Service]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {**os.environ, **accounts, "PORT": str(port), "KETNOI_DRAIN_SECONDS": drain}
    environment |= {"KETNOI_URL": f"http://127.0.0.1:{port}", "KETNOI_HOSTS": "127.0.0.1"}
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            *(str(KETNOI), "serve", *options), env=environment, stdout=told, stderr=told
        )
    service = Service(process, port)

    async def is_up() -> bool:
        assert process.returncode is None
        return await service.ready() == (200, "ready")

    try:
        async with asyncio.timeout(LONGEST):
            await until(is_up)
            yield service
    finally:
        if process.returncode is None:
            for worker in service.workers():
                os.kill(worker, signal.SIGKILL)
            process.kill()
        await process.wait()


async def test_readiness_reports_stopping_before_port_closes(
    accounts: dict[str, str], tmp_path: Path
) -> None:
    async with serving(accounts, tmp_path / "log", drain="3") as service:
        stop = asyncio.create_task(service.stopped())

        async def is_stopping() -> bool:
            return await service.ready() == (503, "stopping")

        await until(is_stopping)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}") as client:
            assert (await client.get("/health/live")).status_code == 200
        assert await stop == 0


async def test_request_is_finished_when_service_stops(accounts: dict[str, str], tmp_path: Path) -> None:
    body = json.dumps({"query": "{ __typename }"}).encode()
    head = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    async with serving(accounts, tmp_path / "log") as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5])
        await writer.drain()
        # The head is read by the time that another request is answered.
        assert (await service.ready())[0] == 200
        stop = asyncio.create_task(service.stopped())

        async def is_closed() -> bool:
            return (await service.ready())[0] == 0

        await until(is_closed)
        writer.write(body[5:])
        received = await reader.read()
        assert received.startswith(b"HTTP/1.1 200 OK")
        assert b"connection: close" in received
        assert b'"__typename"' in received
        assert await stop == 0
        writer.close()


async def test_service_goes_on_when_worker_cannot_restart(
    fresh_database: str, accounts: dict[str, str], server_url: str, tmp_path: Path
) -> None:
    name = urlsplit(fresh_database).path.lstrip("/")
    log = tmp_path / "log"
    async with serving(accounts, log, "--workers", "2") as service:
        await until_started(log, 2)
        first = service.workers()
        seen: set[int] = set()
        async with login(named(server_url, "postgres")) as connection:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            os.kill(min(first), signal.SIGKILL)

            async def has_failed_twice() -> bool:
                assert service.process.returncode is None
                seen.update(service.workers() - first)
                return len(seen) >= 2

            await until(has_failed_twice)
            assert max(first) in service.workers()
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}") as client:
                assert (await client.get("/health/live")).status_code == 200
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        async def is_back() -> bool:
            return len(service.workers()) == 2 and (await service.ready())[0] == 200

        await until(is_back)
        assert await service.stopped() == 0


async def test_workers_are_not_restarted_when_sighup_arrives(
    accounts: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with serving(accounts, log, "--workers", "2") as service:
        await until_started(log, 2)
        first = seen = service.workers()
        service.process.send_signal(signal.SIGHUP)
        # Signals are handled in order.
        stop = asyncio.create_task(service.stopped())
        while not stop.done():
            with suppress(psutil.Error):
                seen = seen | service.workers()
            await asyncio.wait([stop], timeout=0.05)
        assert seen == first
        assert await stop == 0


@pytest.mark.parametrize("number", [signal.SIGTTIN, signal.SIGTTOU])
async def test_workers_keep_their_number_when_signal_arrives(
    accounts: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    log = tmp_path / "log"
    async with serving(accounts, log, "--workers", "2") as service:
        await until_started(log, 2)
        first = service.workers()
        service.process.send_signal(number)
        # By the time that this one is replaced, the signal was handled.
        os.kill(min(first), signal.SIGKILL)
        await until_started(log, 3)
        assert max(first) in service.workers()
        assert len(service.workers()) == 2
        assert await service.stopped() == 0


async def test_stop_succeeds_when_no_checkpoint_is_stored(accounts: dict[str, str], tmp_path: Path) -> None:
    log, environment = tmp_path / "log", {**os.environ, **accounts}
    partner = ("partner", "add", "Đối tác mẫu", "--scope", "groups:read", "--area", "82")
    added = await asyncio.create_subprocess_exec(
        str(KETNOI), *partner, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    assert await added.wait() == 0
    # No folder can be made below a file.
    heads = {"KETNOI_AUDIT_HEADS": str(log / "heads")}
    async with serving({**accounts, **heads}, log) as service:
        assert await service.stopped() == 0
    events = [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith("{")]
    assert "audit.head-failed" in events
    assert "fault" not in events
