"""The service on the shared database, and who asks at its doors."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from api.transport.services import ApiServices
from commands._http import uvicorn_config
from records.access import partners, staff
from records.areas import areas
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.language import Language
from records.core.settings import Settings
from records.database.connect import reader_pool
from records.tables import Staff

PASSWORD = "chỉ dùng trong thử nghiệm"


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
