"""How much a request may bring along, at every route."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import edge

MIB = 1024 * 1024


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [Route(path, _length, methods=["POST"]) for path in ("/x", "/x/attachments")]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=edge.around(["*"])))
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
        ("/x/attachments", 11 * MIB, 200),
        ("/x/attachments", 11 * MIB + 1024, 413),
        ("/nothing", MIB + 1024, 413),
    ],
)
async def test_what_is_too_large_is_refused_whether_it_says_so_or_not(
    client: httpx.AsyncClient, path: str, size: int, status: int
) -> None:
    said = await client.post(path, content=bytes(size))
    assert said.status_code == status
    if path != "/nothing":  # where nobody reads, nothing is held
        assert (await client.post(path, content=_parts(size))).status_code == status


@pytest.mark.parametrize("length", ["9" * 18, "9" * 5000])
async def test_a_length_beyond_all_measure_is_refused(client: httpx.AsyncClient, length: str) -> None:
    assert (await client.post("/x", headers={"Content-Length": length}, content=b"")).status_code == 413


async def test_every_route_of_the_service_refuses_it(app: Starlette, api: httpx.AsyncClient) -> None:
    for path in (
        "/",
        "/health/live",
        "/graphql",
        "/oauth/token",
        "/admin",
        "/static/api/graphiql.js",
        "/nothing",
    ):
        assert (
            await api.post(path, headers={"Content-Length": str(MIB + 1)}, content=b"")
        ).status_code == 413


async def test_the_service_answers_to_an_ipv6_address_of_this_machine() -> None:
    app = Starlette(routes=[Route("/x", _length)], middleware=edge.around(["localhost", "[::1]"]))
    for host, status in (("[::1]:8000", 200), ("localhost", 200), ("ketnoi.example", 400), ("", 400)):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as asking:
            assert (await asking.get("/x", headers={"Host": host})).status_code == status
