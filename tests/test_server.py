"""What holds for every route: the names that the service answers to, and how long an answer may take."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge import TimeLimit
from records.core.log import JsonFormatter
from records.core.settings import OperatorError, Settings
from server import build_services, create_app

NOWHERE = "postgresql://127.0.0.1/khong-dung"
NO_READER: Any = None


def client(app: object, host: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}:8000")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/", "/health/live", "/admin", "/graphql", "/static/vendor/x", "/nothing"])
async def test_host_name_is_refused_at_every_address_when_foreign(path: str) -> None:
    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url("postgresql://127.0.0.1/khong-dung")
    app = create_app(replace(settings, hosts=("ketnoi.example",)))
    assert (await client(app, "elsewhere.example").get(path)).status_code == (
        200 if path.startswith("/health/") else 400
    )
    assert (await client(app, "ketnoi.example").get("/health/live")).status_code == 200


async def test_host_name_is_refused_to_socket_when_foreign() -> None:
    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url("postgresql://127.0.0.1/khong-dung")
    app = create_app(replace(settings, hosts=("ketnoi.example",)))
    scope: dict[str, Any] = {"type": "websocket", "path": "/graphql", "scheme": "wss", "query_string": b""}
    scope |= {"headers": [(b"host", b"elsewhere.example")], "extensions": {"websocket.http.response": {}}}
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(dict(message))

    await app(scope, receive, send)
    assert (told[0]["type"], told[0]["status"]) == ("websocket.http.response.start", 400)
    assert b"strict-transport-security" in dict(told[0]["headers"])


def test_names_are_read_from_environment() -> None:
    read = Settings.from_environment
    assert read({}).hosts == ()
    assert read({"KETNOI_HOSTS": "*"}).hosts == ("*",)
    given = read({"KETNOI_HOSTS": "Ketnoi.example, 10.0.0.5"})
    assert given.hosts == ("ketnoi.example", "10.0.0.5")
    assert read(given.environment()).hosts == given.hosts
    with pytest.raises(OperatorError, match="KETNOI_HOSTS"):
        read({"KETNOI_HOSTS": "https://ketnoi.example/"})


def test_provider_return_is_at_public_address() -> None:
    given = {"KETNOI_OIDC_ISSUER": "https://sso.example", "KETNOI_OIDC_CLIENT_ID": "ketnoi"}
    read = Settings.from_environment
    for settings, address in (
        (read(given), "http://127.0.0.1:8000"),
        (read(given | {"KETNOI_URL": "https://ketnoi.example"}), "https://ketnoi.example"),
    ):
        made = build_services(settings.with_database_url(NOWHERE), NO_READER).provider
        assert made is not None
        assert made.redirect_uri == f"{address}/admin/sign-in/provider/return"
    assert build_services(read({}).with_database_url(NOWHERE), NO_READER).provider is None


async def test_answer_is_stopped_when_late_and_stream_continues() -> None:
    async def slow(_request: Request) -> Response:
        await asyncio.Event().wait()
        return PlainTextResponse("never")

    async def stream(_request: Request) -> Response:
        async def parts() -> AsyncIterator[str]:
            yield "one "
            await asyncio.sleep(0.3)
            yield "two"

        return StreamingResponse(parts())

    async def own(_request: Request) -> Response:
        raise TimeoutError

    limited = TimeLimit(
        Starlette(routes=[Route("/slow", slow), Route("/stream", stream), Route("/own", own)]), seconds=0.1
    )
    assert (await client(limited).get("/slow")).status_code == 503
    assert (await client(limited).get("/stream")).text == "one two"
    with pytest.raises(TimeoutError):
        await client(limited).get("/own")


async def test_start_failure_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(tmp_path, "127.0.0.1", 8000).with_database_url("postgresql://127.0.0.1/khong-dung")
    app = create_app(settings)
    with pytest.raises(OperatorError, match="no key file"):
        async with app.router.lifespan_context(app):
            pass
    told = [
        json.loads(JsonFormatter().format(record)) for record in caplog.records if record.name == "ketnoi"
    ]
    assert [(line["event"], line["kind"]) for line in told] == [
        ("fault", "records.core.settings.environment.OperatorError")
    ]
    assert str(tmp_path) not in str(told)
