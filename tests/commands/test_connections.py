"""What one client sends, or does not send, neither fills the server nor keeps others from being answered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from commands._http import uvicorn_config
from commands._protocol import HttpProtocol, Limits

HEAD = b"POST /length HTTP/1.1\r\nHost: 127.0.0.1\r\n"
GET = b"GET /headers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MIB = 1024 * 1024
PATIENCE = 20
# What the kernel's buffers on both sides may take of what nobody reads.
BUFFERS = 16 * MIB

Serve = Callable[..., Awaitable[int]]
_servers: dict[int, uvicorn.Server] = {}


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _headers(request: Request) -> Response:
    return JSONResponse([name for name, _value in request.headers.items()])


async def _early(_request: Request) -> Response:
    return PlainTextResponse("early")


async def _large(_request: Request) -> Response:
    return PlainTextResponse("x" * 32 * MIB)


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(Exception):
        while True:
            await websocket.send_text(await websocket.receive_text())


@pytest.fixture
async def serve(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Starts a server with the limits given, behind the proxies given; gives its port."""
    async with AsyncExitStack() as stack:

        async def start(proxies: str = "127.0.0.1", keep_alive: int = 75, **limits: float) -> int:
            monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
            config = uvicorn_config()
            routes = [
                Route("/length", _length, methods=["POST"]),
                Route("/early", _early, methods=["POST"]),
                Route("/headers", _headers),
                Route("/large", _large),
                WebSocketRoute("/echo", _echo),
            ]
            config.app, config.factory, config.lifespan = Starlette(routes=routes), False, "off"
            config.http = type("Quick", (HttpProtocol,), {"limits": Limits(**limits)})  # type: ignore[arg-type]
            config.timeout_keep_alive = keep_alive
            config.timeout_graceful_shutdown = 1
            server = uvicorn.Server(config)
            taken = socket.create_server(("127.0.0.1", 0))
            task = asyncio.create_task(server.serve(sockets=[taken]))

            async def stop() -> None:
                server.should_exit = True
                await task

            stack.push_async_callback(stop)
            await until(lambda: has_started(server))
            # What the lifespan of the service would hand it.
            server.lifespan.state["streams"] = _NoStreams()
            port: int = taken.getsockname()[1]
            _servers[port] = server
            return port

        yield start


class _NoStreams:
    def end(self) -> None:
        """Nothing runs."""


async def exchange(port: int, *parts: bytes) -> bytes:
    """What the server answers until it closes the connection."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
        received = b""
        with suppress(ConnectionError):
            while part := await reader.read(MIB):
                received += part
        writer.close()
        return received


async def first_line(port: int, *parts: bytes) -> bytes:
    return (await exchange(port, *parts)).partition(b"\r\n")[0]


async def answered(port: int) -> bool:
    """Whether somebody else is answered."""
    return b"200 OK" in await first_line(port, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds."""
    for _ in range(PATIENCE * 20):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def has_started(server: uvicorn.Server) -> bool:
    return server.started


async def has_connections(port: int, count: int) -> bool:
    return len(_servers[port].server_state.connections) == count


async def flood(port: int, begin: bytes, size: int) -> int:
    """Sends `begin` and then up to `size` bytes; how many were sent before the server closed."""
    sent = 0
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            writer.write(begin)
            while sent < size and not reader.at_eof():
                writer.write(b"a" * MIB)
                await writer.drain()
                sent += MIB
        writer.close()
    return sent


@pytest.mark.parametrize(
    "begin",
    [
        HEAD + b"X-Large: ",
        HEAD + b"X-",
        b"GET /",
        CHUNKED + b"1;extension=",
        CHUNKED + b"1\r\na\r\n0\r\nX-Trailer: ",
    ],
    ids=["value", "name", "url", "extension", "trailer"],
)
async def test_server_closes_early_when_request_has_no_end(serve: Serve, begin: bytes) -> None:
    port = await serve()
    assert await flood(port, begin, 96 * MIB) <= BUFFERS
    assert await answered(port)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"X-Large: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (HEAD + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414),
        (HEAD + b"X-Large: " + b"a" * 70_000, 431),
        (CHUNKED + b"1;" + b"a" * 400_000, 400),
        (b"\r\n" * 40_000, 400),
    ],
    ids=["size", "count", "url", "unfinished", "extension", "blank"],
)
async def test_server_names_limit_when_head_is_too_large(serve: Serve, request_: bytes, status: int) -> None:
    port = await serve()
    received = await exchange(port, request_)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in received
    assert b"x-content-type-options: nosniff" in received


async def test_server_accepts_requests_within_its_limits(serve: Serve) -> None:
    port = await serve()
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 500) for number in range(90))
    request = HEAD + headers + b"Connection: close\r\nContent-Length: 0\r\n\r\n"
    assert await first_line(port, request) == b"HTTP/1.1 200 OK"
    body = b"".join(b"400\r\n" + b"a" * 1024 + b"\r\n" for _ in range(1024)) + b"0\r\n\r\n"
    request = CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert (await exchange(port, request, body)).endswith(str(MIB).encode())


async def test_server_closes_when_body_comes_in_tiny_chunks(serve: Serve) -> None:
    port = await serve(chunks=100)
    assert await first_line(port, CHUNKED, b"1\r\na\r\n" * 101) == b"HTTP/1.1 400 Bad Request"


async def test_trailers_never_become_headers(serve: Serve) -> None:
    port = await serve()
    request = (
        b"GET /headers HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer x\r\n\r\n"
    )
    received = (await exchange(port, request)).lower()
    assert b"transfer-encoding" in received
    assert b"forwarded" not in received
    assert b"authorization" not in received


async def test_unfinished_heads_are_closed_while_others_are_answered(serve: Serve) -> None:
    port = await serve(head_seconds=1)
    async with asyncio.timeout(PATIENCE):
        half = [await asyncio.open_connection("127.0.0.1", port) for _ in range(400)]
        for _reader, writer in half:
            writer.write(HEAD + b"X-Slow: ")
        assert await answered(port)
        received = await asyncio.gather(*[reader.read() for reader, _writer in half])
    assert {line.partition(b"\r\n")[0] for line in received} == {b"HTTP/1.1 408 Request Timeout"}
    for _reader, writer in half:
        writer.close()


@pytest.mark.parametrize(
    "begin",
    [b"", b"\r\n", GET + b"GET /", b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"],
    ids=["silent", "blank", "second", "body"],
)
async def test_connection_closes_when_client_sends_too_slowly(serve: Serve, begin: bytes) -> None:
    port = await serve(head_seconds=0.5, keep_alive=1)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        closed = asyncio.create_task(reader.read())
        with suppress(ConnectionError):
            while not closed.done():
                writer.write(b"\r\n" if begin == b"\r\n" else begin and b"a")
                await writer.drain()
                await asyncio.sleep(0.05)
        with suppress(ConnectionError):
            await closed
        writer.close()


async def test_connection_closes_when_idle_after_answer(serve: Serve) -> None:
    port = await serve(keep_alive=1)
    assert (await exchange(port, GET)).startswith(b"HTTP/1.1 200 OK")


async def test_connection_closes_when_answer_is_not_read(serve: Serve) -> None:
    port = await serve(stalled_seconds=0.5, keep_alive=1)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(GET.replace(b"/headers", b"/large"))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: has_connections(port, 1))
        await until(lambda: has_connections(port, 0))
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        received = 0
        with suppress(ConnectionError):
            while part := await reader.read(MIB):
                received += len(part)
        assert received < 32 * MIB
        writer.close()


async def test_connections_are_limited_per_address(serve: Serve) -> None:
    port = await serve(proxies="192.0.2.1", per_address=3)
    async with asyncio.timeout(PATIENCE):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await first_line(port, GET) == b"HTTP/1.1 429 Too Many Requests"
        held.pop()[1].close()
        await until(lambda: answered(port))
        for _reader, writer in held:
            writer.close()


async def test_connections_of_trusted_proxy_are_not_limited(serve: Serve) -> None:
    port = await serve(proxies="127.0.0.1", per_address=1)
    async with asyncio.timeout(PATIENCE):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        assert await answered(port)
        for _reader, writer in held:
            writer.close()


async def test_connections_are_limited_in_total(serve: Serve) -> None:
    port = await serve(connections=2)
    async with asyncio.timeout(PATIENCE):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        received = await exchange(port, GET)
        assert received.startswith(b"HTTP/1.1 503 Service Unavailable")
        assert b"retry-after: " in received
        for _reader, writer in held:
            writer.close()


async def test_sockets_count_as_connections_until_they_end(serve: Serve) -> None:
    port = await serve(proxies="192.0.2.1", per_address=2)
    async with asyncio.timeout(PATIENCE):
        async with connect(f"ws://127.0.0.1:{port}/echo", proxy=None) as websocket:
            held = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(InvalidStatus):
                await connect(f"ws://127.0.0.1:{port}/echo", proxy=None)
            await websocket.send("x")
            assert await websocket.recv() == "x"
        held[1].close()
        await until(lambda: answered(port))


async def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    port = await serve(keep_alive=1)
    assert (await exchange(port, GET * 5)).count(b"HTTP/1.1 200 OK") == 5


async def test_connection_closes_when_too_much_is_pipelined(serve: Serve) -> None:
    port = await serve(max_pipelined=4)
    received = await exchange(port, GET * 1000)
    assert received.count(b"HTTP/1.1 200 OK") <= 5


async def test_answer_is_not_interrupted_by_error(serve: Serve) -> None:
    port = await serve()
    received = await exchange(port, GET.replace(b"/headers", b"/large") + b"\x00 nonsense\r\n\r\n")
    assert b"400 Bad Request" not in received


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://other.example/headers", b"127.0.0.1", 400),
        (b"http://127.0.0.1@other.example/headers", b"127.0.0.1", 400),
        (b"//other.example/headers", b"127.0.0.1", 404),
        (b"http://127.0.0.1/headers", b"127.0.0.1", 200),
        (b"http://127.0.0.1/headers", b"", 400),
    ],
)
async def test_absolute_target_is_refused_when_host_differs(
    serve: Serve, target: bytes, host: bytes, status: int
) -> None:
    port = await serve()
    request = b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (target, host)
    assert (await first_line(port, request)).startswith(b"HTTP/1.1 %d " % status)


def test_idle_time_is_longer_than_that_of_client_pools() -> None:
    assert uvicorn_config().timeout_keep_alive == 75
