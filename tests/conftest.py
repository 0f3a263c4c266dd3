"""One real PostgreSQL for the whole run, and the service on it. A test leaves no rows behind."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from starlette.applications import Starlette

from api.transport.services import ApiServices
from commands._database import migrate
from commands._http import uvicorn_config
from records.access import partners, staff
from records.areas import areas
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.language import Language
from records.core.settings import Settings, installation
from records.database import embedded
from records.database.connect import DatabaseRole, connect_database, connection_arguments, reader_pool
from records.security import passwords, sealing
from records.tables import Staff
from tests.proofs_ran import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary
from tests.replaced import replaced_settings

__all__ = ["pytest_runtest_logreport", "pytest_sessionfinish", "pytest_terminal_summary"]

PASSWORD = "chỉ dùng trong thử nghiệm"

# What every installation starts with; a test that changes it takes a database of its own.
_REFERENCE = {
    *("areas", "area_successions", "area_reach", "area_at", "indicators", "tip_categories"),
    *("tortoise_migrations", "retention_rules"),
}

# What takes longest begins first: coming last, it would leave the other process with nothing to do.
_LONGEST = (
    *(
        "tests/browser/test_admin.py",
        "tests/browser/test_areas.py",
        "tests/admin/test_access.py",
        "tests/api/nouns/",
        "tests/browser/",
    ),
    *("tests/api/test_elsewhere.py", "tests/api/reads/test_pools.py", "tests/security/"),
    *("tests/records/audit/", "tests/records/areas/", "tests/records/demo/", "tests/commands/"),
    *("tests/scope/", "tests/api/mutations/test_base.py", "tests/api/guide/"),
)

Database = Callable[[], Awaitable[str]]
Empty = Callable[[], Awaitable[None]]


def pytest_collection_finish() -> None:
    """Hides what is there now from the garbage collector, which would look at all of it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first. In continuous integration nothing may be left out."""
    items.sort(key=_place)
    if not os.environ.get("CHROMIUM") and not os.environ.get("CI"):
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="not run: CHROMIUM is not set"))


def _place(item: pytest.Item) -> int:
    """The place of the first entry of `_LONGEST` that the test is of; else after all."""
    places = (place for place, start in enumerate(_LONGEST) if item.nodeid.startswith(start))
    return next(places, len(_LONGEST))


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The keys of this run: those of this process, and of each command that a test starts."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    sealing.ensure_keyring(path)
    data = tmp_path_factory.mktemp("data")
    installation.use(Settings(data, "127.0.0.1", 8000, key_path=path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KETNOI_KEY_FILE", str(path))
        yield path


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder of its own, for a test that looks into it."""
    with replaced_settings(data_dir=tmp_path):
        yield tmp_path


@pytest.fixture(scope="session", autouse=True)
def _audit_heads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder for the checkpoints of services that tests start; a test that looks into it takes its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KETNOI_AUDIT_HEADS", str(tmp_path_factory.mktemp("audit-heads")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Real argon2id, at a millisecond each: what it costs is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL on which databases may be made: the one given, or an embedded one of this process.

    Processes share none: a transaction on the same server holds back the feed and the links of the audit.
    Not in pytest's own folder: another run of pytest would close it to the user that PostgreSQL runs as.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with (
        TemporaryDirectory(prefix="ketnoi-test-") as folder,
        embedded.running(Path(folder), fast=True) as url,
    ):
        yield url


@pytest.fixture(scope="session")
async def template(server_url: str) -> str:
    """The name of a migrated database, with areas and catalogues, to copy.

    On a server that was given (TEST_DATABASE_URL) it stays for the next run, until what makes it changes.
    """
    name = f"ketnoi_template_{_what_makes_it()}"
    async with _login(server_url) as connection:
        await connection.execute("SELECT pg_advisory_lock(hashtext('ketnoi_template'))")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"DROP DATABASE IF EXISTS {name}_unfinished")
            await connection.execute(f"CREATE DATABASE {name}_unfinished")
            await migrate(_named(server_url, f"{name}_unfinished"))
            await connection.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
    return name


def _what_makes_it() -> str:
    """A digest of the migrations, the grants, and the areas and catalogues with what reads them."""
    records = Path(areas.__file__).parents[1]
    makers = [records / "metrics" / "catalogue.py"]
    for folder in ("areas", "database"):
        makers += sorted(path for path in (records / folder).rglob("*") if path.suffix in {".py", ".csv"})
    digest = sha256()
    for path in makers:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """The database that the tests share."""
    async with _copy(server_url, template) as url:
        yield url


@pytest.fixture
async def fresh_database(server_url: str, template: str) -> AsyncIterator[str]:
    """A database for one test alone, with areas and catalogues."""
    async with _copy(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
async def service_accounts(server_url: str, template: str) -> AsyncIterator[Callable[[str], dict[str, str]]]:
    """Gives the settings that serve on a database with accounts that are nothing but their role."""
    made = {
        "DATABASE_URL": (f"mau_{uuid4().hex[:8]}", DatabaseRole.APP),
        "DATABASE_READER_URL": (f"mau_{uuid4().hex[:8]}", DatabaseRole.READER),
    }
    password = uuid4().hex

    def settings(url: str) -> dict[str, str]:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return {
            setting: urlunsplit(parts._replace(netloc=f"{name}:{password}@{host}"))
            for setting, (name, _role) in made.items()
        }

    async with _login(server_url) as connection:
        for name, role in made.values():
            await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {role}")
        yield settings
        for name, _role in made.values():
            await connection.execute(f"DROP ROLE {name}")


@pytest.fixture(scope="session")
async def _connected(database_url: str) -> AsyncIterator[None]:
    async with connect_database(database_url):
        yield


@pytest.fixture(scope="session")
async def empty(database_url: str) -> AsyncIterator[Empty]:
    """Empties the tables that hold anything: to truncate every one of them takes far longer."""
    async with _login(database_url) as connection:
        # Rows of tables that point to one another go in one statement, without asking for an order.
        await connection.execute("SET session_replication_role = replica")
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in tables if row["tablename"] not in _REFERENCE]
        names.append("tip_categories WHERE code LIKE 'MAU-%'")
        held = await connection.prepare(
            f"SELECT {', '.join(f'EXISTS (SELECT FROM {name})' for name in names)}"
        )

        async def run() -> None:
            row = await held.fetchrow()
            assert row is not None
            if written := [name for name, holds in zip(names, row, strict=True) if holds]:
                await connection.execute(";".join(f"DELETE FROM {name}" for name in written))

        yield run


@pytest.fixture
async def database(database_url: str, _connected: None, empty: Empty) -> AsyncIterator[str]:
    """The shared database, empty but for areas and catalogues, and Tortoise on it; emptied afterwards."""
    yield database_url
    await empty()


@pytest.fixture(scope="session")
async def _app(database_url: str, _connected: None) -> AsyncIterator[Starlette]:
    from server import build_services, create_app

    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url(database_url)
    app = create_app(settings)
    async with await reader_pool(database_url) as reader:
        app.state.services = build_services(settings, reader)
        yield app


@pytest.fixture
def app(_app: Starlette, database: str) -> Starlette:
    """The service on the shared database."""
    return _app


@pytest.fixture(scope="session")
async def live(_app: Starlette, database_url: str) -> AsyncIterator[str]:
    """The address of the service, which runs in this process as it does in production, with notifications."""
    config = uvicorn_config()
    # The app is connected already; its own lifespan would connect it a second time.
    config.app, config.factory, config.lifespan = _app, False, "off"
    services: ApiServices = _app.state.services
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(config)
        tasks = [
            asyncio.create_task(server.serve(sockets=[taken])),
            asyncio.create_task(services.notifications.listen(database_url)),
        ]
        await asyncio.wait_for(services.notifications.next_notification().wait(), 10)
        # What the lifespan would hand it.
        server.lifespan.state["streams"] = services.streams
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        await tasks[0]
        tasks[1].cancel()


@pytest.fixture
async def api(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key or a sign-in."""
    async with _client(app) as client:
        yield client


@pytest.fixture
def partner_key(database: str) -> Callable[..., Awaitable[str]]:
    """Makes a partner with scopes in areas (by code), and gives its key."""

    async def make(*, scopes: set[Scope] | None = None, areas: tuple[str, ...] = ("82",)) -> str:
        row = await partners.create(
            name=f"Đối tác mẫu {uuid4().hex[:8]}",
            scopes=scopes if scopes is not None else set(Scope),
            areas=await area_ids(*areas),
            by=system_actor("test"),
        )
        return await partners.issue_key(row.id, by=system_actor("test"))

    return make


@pytest.fixture
def staff_actor(database: str) -> Callable[..., Awaitable[Actor]]:
    """Makes a staff member with a role in areas (by code), and gives the actor they are."""

    async def make(role: Role = Role.OFFICER, *areas: str) -> Actor:
        row = await _staff(role, areas or ("82",))
        ids = await area_ids(*(areas or ("82",)))
        return Actor(ActorKind.STAFF, row.id, row.name, role=role, areas=frozenset(ids))

    return make


@pytest.fixture
async def staff_client(app: Starlette) -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Makes a staff member with a role in areas (by code), and gives a client that is signed in as them."""
    clients: list[httpx.AsyncClient] = []

    async def make(
        role: Role = Role.OFFICER, *areas: str, language: Language = Language.EN
    ) -> httpx.AsyncClient:
        row = await _staff(role, areas or ("82",), language)
        client = _client(app)
        clients.append(client)
        answer = await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    yield make
    for client in clients:
        await client.aclose()


async def area_ids(*codes: str) -> list[UUID]:
    """The ids of the areas that bear these codes today, or bore them last."""
    return [(await areas.resolve_reference(code)).id for code in codes]


async def _staff(role: Role, codes: tuple[str, ...], language: Language = Language.VI) -> Staff:
    return await staff.create(
        username=f"mau-{uuid4().hex[:12]}",
        name=f"Cán bộ mẫu {role.value.lower()}",
        password=PASSWORD,
        role=role,
        areas=await area_ids(*codes),
        language=language,
        by=system_actor("test"),
    )


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000", follow_redirects=False
    )


def _named(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


@asynccontextmanager
async def _login(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(**connection_arguments(url))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _copy(server_url: str, template: str) -> AsyncIterator[str]:
    name = f"ketnoi_test_{uuid4().hex[:12]}"
    async with _login(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield _named(server_url, name)
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
