"""How much a request may bring along, and how long it may take to, at every route."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

import edge
from tests.edge.test_headers import paths

MIB = 1024 * 1024


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [Route(path, _length, methods=["POST"]) for path in ("/x", "/admin/x")]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=edge.build_middleware(["*"])))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made


async def _parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield bytes(1024)


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/x", MIB, 200),
        ("/x", MIB + 1024, 413),
        ("/admin/x", 64 * MIB, 200),
        ("/admin/x", 64 * MIB + 1024, 413),
        ("/nothing", MIB + 1024, 413),
    ],
)
async def test_body_is_refused_when_too_large(
    client: httpx.AsyncClient, path: str, size: int, status: int
) -> None:
    said = await client.post(path, content=bytes(size))
    assert said.status_code == status
    if path != "/nothing":  # where nobody reads, nothing is held
        assert (await client.post(path, content=_parts(size))).status_code == status


@pytest.mark.parametrize("length", ["9" * 18, "9" * 5000])
async def test_length_is_refused_when_excessive(client: httpx.AsyncClient, length: str) -> None:
    assert (await client.post("/x", headers={"Content-Length": length}, content=b"")).status_code == 413


async def test_routes_all_refuse_body_when_too_large(app: Starlette, api: httpx.AsyncClient) -> None:
    for path in [*paths(app.routes), "/nothing"]:
        most = 64 * MIB if path.startswith("/admin/") else MIB
        large = await api.post(path, headers={"Content-Length": str(most + 1)}, content=b"")
        assert large.status_code == 413, path


async def test_routes_answer_in_time_when_body_never_arrives(app: Starlette) -> None:
    """A body that never arrives: each route answers without it, or the time is over."""
    service: Any = app.build_middleware_stack()
    limit = service
    while not isinstance(limit, edge.TimeLimit):
        limit = limit.app
    assert limit.seconds == 60
    limit.seconds = 2
    every = [*paths(app.routes), "/nothing"]
    async with asyncio.timeout(60):
        asked = [_half_asked(service, {"app": app, "path": path}) for path in every]
        statuses = dict(zip(every, await asyncio.gather(*asked), strict=True))
    assert set(statuses.values()) <= {303, 307, 404, 405, 503}
    for path in ("/graphql", "/oauth/token", "/oauth/revoke", "/admin/sign-in", "/admin/tips"):
        assert statuses[path] == 503, path


async def _half_asked(service: ASGIApp, scope: dict[str, Any]) -> int:
    """The status for a request of which the body never comes."""
    statuses: list[int] = []
    path = scope["path"]
    kind = b"application/json" if path == "/graphql" else b"application/x-www-form-urlencoded"
    headers = [(b"host", b"127.0.0.1"), (b"content-type", kind), (b"sec-fetch-site", b"same-origin")]

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    scope |= {"type": "http", "method": "POST", "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": headers, "scheme": "http", "client": ("127.0.0.1", 9), "http_version": "1.1"}
    await service(scope | {"server": ("127.0.0.1", 8000), "root_path": ""}, receive, send)
    (status,) = statuses
    return status


async def test_service_answers_under_ipv6_address() -> None:
    app = Starlette(routes=[Route("/x", _length)], middleware=edge.build_middleware(["localhost", "[::1]"]))
    for host, status in (("[::1]:8000", 200), ("localhost", 200), ("ketnoi.example", 400), ("", 400)):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as asking:
            assert (await asking.get("/x", headers={"Host": host})).status_code == status
