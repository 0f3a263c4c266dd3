"""Which database `ketnoi serve` takes, as whom, and what it refuses to start with."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import uuid4

import pytest

from records.core.errors import DatabaseUnavailable
from records.core.settings import OperatorError
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import connect
from tests.databases import login

KETNOI = Path(sys.executable).with_name("ketnoi")
PUBLIC = {"KETNOI_HOSTS": "127.0.0.1", "KETNOI_URL": "http://127.0.0.1:8999", "PORT": "8999"}

Account = Callable[[str], Awaitable[str]]


def serve(environment: Mapping[str, str], *words: str, command: str = "serve") -> tuple[int, str]:
    """The exit code and what was printed, of a service that is expected not to start."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    done = subprocess.run(
        [KETNOI, command, *words],
        check=False,
        capture_output=True,
        text=True,
        env={**kept, **PUBLIC, **environment},
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
async def account(fresh_database: str) -> AsyncIterator[Account]:
    """Makes an account with some attributes; gives the address of the database for it."""
    made, parts = [], urlsplit(fresh_database)
    async with login(fresh_database) as connection:

        async def make(attributes: str) -> str:
            name, password = f"mau_{uuid4().hex[:8]}", uuid4().hex
            await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' {attributes}")
            made.append(name)
            netloc = f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"
            return urlunsplit(parts._replace(netloc=netloc))

        yield make
        for name in made:
            await connection.execute(f"DROP ROLE {name}")


def test_serve_refuses_when_no_database_is_named(tmp_path: Path) -> None:
    code, out = serve({"KETNOI_DATA_DIR": str(tmp_path)})
    assert (code, "--embedded-database" in out) == (1, True)
    assert not (tmp_path / "postgres").exists()


def test_serve_refuses_embedded_when_address_is_given(fresh_database: str) -> None:
    code, out = serve({"DATABASE_URL": fresh_database}, "--embedded-database")
    assert (code, "not both" in out) == (1, True)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("DATABASE_URl", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("KETNOI_HOST", "KETNOI_HOSTS"),
        ("KETNOI_SECOND_FACTORS", "KETNOI_SECOND_FACTOR"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_commands_refuse_misspelt_setting(tmp_path: Path, name: str, near: str, command: str) -> None:
    secret = "postgresql://u:mật-khẩu@db/ketnoi"
    code, out = serve({name: secret, "KETNOI_DATA_DIR": str(tmp_path)}, command=command)
    assert code == 1
    assert f"{name} is not a setting; did you mean {near}?" in out
    assert "mật-khẩu" not in out
    assert not (tmp_path / "postgres").exists()


def test_serve_refuses_unknown_setting(tmp_path: Path) -> None:
    code, out = serve({"KETNOI_DEBUG_MODE": "1", "KETNOI_DATA_DIR": str(tmp_path)})
    assert (code, "KETNOI_DEBUG_MODE is not a setting" in out) == (1, True)


async def test_serve_refuses_superuser(fresh_database: str) -> None:
    code, out = await asyncio.to_thread(serve, {"DATABASE_URL": fresh_database})
    assert (code, "is a superuser" in out) == (1, True), out


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ("BYPASSRLS IN ROLE ketnoi_app", "may bypass row security"),
        ("IN ROLE ketnoi_app, ketnoi_owner", "may act as ketnoi_owner"),
    ],
)
async def test_serve_refuses_account_with_more_than_its_role(
    account: Account, attributes: str, told: str
) -> None:
    url = await account(attributes)
    code, out = await asyncio.to_thread(serve, {"DATABASE_URL": url})
    assert (code, told in out) == (1, True), out


async def test_serve_refuses_reader_with_more_than_its_role(account: Account) -> None:
    urls = {
        "DATABASE_URL": await account("IN ROLE ketnoi_app"),
        "DATABASE_READER_URL": await account("BYPASSRLS IN ROLE ketnoi_reader"),
    }
    code, out = await asyncio.to_thread(serve, urls)
    assert (code, "of DATABASE_READER_URL may bypass row security" in out) == (1, True), out


async def test_serve_refuses_migrations_of_another_release(fresh_database: str, account: Account) -> None:
    urls = {
        "DATABASE_URL": await account("IN ROLE ketnoi_app"),
        "DATABASE_READER_URL": await account("IN ROLE ketnoi_reader"),
    }
    async with login(fresh_database) as connection:
        await connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('records', '9999_later', now())"
        )
    code, out = await asyncio.to_thread(serve, urls)
    assert (code, "another release" in out) == (1, True), out


@asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """A relay before the database at `url` that drops the role, as a pooler in transaction mode does."""
    parts, sockets = urlsplit(url), parse_qs(urlsplit(url).query).get("host")
    running: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if sockets:
            opened = asyncio.open_unix_connection(f"{sockets[0]}/.s.PGSQL.5432")
            there, to = await opened
        else:
            there, to = await asyncio.open_connection(parts.hostname, parts.port or 5432)
        start = await _start_packet(reader)
        to.write(_without(start, b"role"))
        both = [asyncio.create_task(_copy(reader, to)), asyncio.create_task(_copy(there, writer))]
        running.update(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, to):
            end.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = parts.netloc.rpartition("@")[0]
    try:
        yield f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable"
    finally:
        server.close()
        for task in running:
            task.cancel()


async def _start_packet(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return await reader.readexactly(int.from_bytes(length) - 4)


def _without(packet: bytes, name: bytes) -> bytes:
    """A start-up packet without one of its parameters."""
    version, words = packet[:4], packet[4:].rstrip(b"\0").split(b"\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    body = version + b"".join(key + b"\0" + value + b"\0" for key, value in pairs if key != name) + b"\0"
    return (len(body) + 4).to_bytes(4) + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()


async def test_serve_refuses_pooler_that_drops_role(account: Account) -> None:
    urls = {
        "DATABASE_URL": await account("IN ROLE ketnoi_app"),
        "DATABASE_READER_URL": await account("IN ROLE ketnoi_reader"),
    }
    async with pooler(urls["DATABASE_READER_URL"]) as url:
        code, out = await asyncio.to_thread(serve, urls | {"DATABASE_READER_URL": url})
    assert (code, "should act as ketnoi_reader has another role" in out) == (1, True), out


@pytest.mark.parametrize("role", [DatabaseRole.APP, DatabaseRole.READER])
async def test_connection_is_refused_when_its_role_was_dropped(
    fresh_database: str, role: DatabaseRole
) -> None:
    async with pooler(fresh_database) as url:
        given = connection_arguments(url, role)
        with pytest.raises(DatabaseUnavailable) as refused:
            await connect(**given)
    assert isinstance(refused.value.__cause__, OperatorError)
