"""Every answer says what it is and in which letters, is for this site alone, and shows what was meant."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from records.core.actor import Role
from tests.admin.matrix import FOR_PARTNERS, OPEN
from tests.edge.test_headers import METHODS, paths

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
ROOT = Path(__file__).parents[2]
# What anybody may ask for. Everything else stands behind the guard of the admin.
STRANGERS = {entry.split()[-1] for entry in (*OPEN, *FOR_PARTNERS)}
FILES = [
    f"{address}/{path.relative_to(folder)}"
    for address, folder in (
        ("/admin/static", ROOT / "admin/static"),
        ("/static/api", ROOT / "api/static"),
        ("/static/vendor", ROOT / "static/vendor"),
    )
    for path in sorted(folder.rglob("*"))
    if path.is_file() and path.name != "stamp"
]


@pytest.fixture
async def visitor(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def wrong(answer: httpx.Response) -> str:
    """What is wrong with how an answer names its content."""
    kind, _semicolon, parameters = answer.headers.get("content-type", "").partition(";")
    if not answer.content:
        return ""
    if kind.startswith("text/") or kind.endswith("+xml"):
        if parameters.strip() != "charset=utf-8":
            return f"letters: {kind}{parameters}"
        answer.content.decode()
    if kind == "text/html":
        seen: list[str] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attrs: seen.append(tag)  # type: ignore[method-assign]  # noqa: ARG005
        parser.feed(answer.text)
        return "" if seen else "no HTML"
    if kind.endswith("json"):
        json.loads(answer.content)
    return "" if kind else "no type"


async def test_answers_declare_their_media_type_and_charset(
    app: Starlette, visitor: httpx.AsyncClient, staff_client: SignIn
) -> None:
    member = await staff_client(Role.COMMANDER)
    kinds = set()
    asked = [path for path in paths(app.routes) if path != "/admin/sign-out"]
    every: dict[str, tuple[str, ...]] = dict.fromkeys(asked, ("GET", "POST"))
    every |= dict.fromkeys([*FILES, "/nothing"], ("GET",)) | {"/graphql": METHODS}
    for path, methods in every.items():
        for method in methods:
            for client in (visitor, member) if path.startswith("/admin/") else (visitor,):
                answer = await client.request(method, path, headers={"Accept": "text/html"})
                assert not wrong(answer), (method, path, wrong(answer))
                kinds.add(answer.headers.get("content-type", "").partition(";")[0])
    assert {"text/html", "text/plain", "application/json", "text/css", "image/svg+xml"} <= kinds
    assert kinds & {"text/javascript", "application/javascript"}


async def test_answers_have_no_cors_headers(
    app: Starlette, visitor: httpx.AsyncClient, staff_client: SignIn
) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    member = await staff_client(Role.COMMANDER)
    for path in paths(app.routes):
        for method in ("GET", "OPTIONS"):
            for client in (member, visitor) if method == "GET" else (visitor,):
                answer = await client.request(method, path, headers=asked)
                assert not [name for name in answer.headers if name.startswith("access-control")], path


def test_routes_for_strangers_are_all_listed(app: Starlette) -> None:
    assert {type(route) for route in app.routes} <= {Route, Mount, WebSocketRoute}
    unguarded = {
        route.path
        for route in app.routes
        if isinstance(route, Mount | WebSocketRoute)
        or (isinstance(route, Route) and not route.endpoint.__qualname__.startswith("require_sign_in."))
    }
    assert unguarded == STRANGERS


async def test_health_shows_one_word_per_part(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/health/live")).text == "ok"
    assert (await visitor.get("/health/ready")).json() == {
        "status": "ready",
        **dict.fromkeys(("database", "migrations", "keys", "reader"), "ok"),
    }


@pytest.mark.parametrize(
    "path",
    [
        *("/redoc", "/openapi.json", "/metrics", "/debug", "/status", "/server-status", "/console"),
        *("/.git/config", "/.env", "/pyproject.toml", "/var/demo.json", "/var/keys.json"),
        *("/static", "/static/", "/static/vendor", "/static/vendor/", "/static/api/", "/admin/static/"),
        *("/static/api/../http.py", "/static/api/%2e%2e/http.py", "/static/api/..%2f..%2fserver.py"),
        *("/static/vendor/..%2f..%2fvar%2fkeys.json", "/admin/static/%2e%2e/guard.py", "/admin/static/.."),
        *("/static/vendor//etc/passwd", "/static/vendor/%00"),
    ],
)
async def test_paths_are_hidden_from_strangers(app: Starlette, path: str) -> None:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "root_path": "",
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "path": _decoded(path),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"} if told else {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(dict(message))

    await app(scope, receive, send)
    assert told[0]["status"] in {303, 307, 404}
    assert b"import" not in b"".join(bytes(part.get("body", b"")) for part in told[1:])


def _decoded(path: str) -> str:
    """As the server decodes it: once, whatever comes out."""
    return str(httpx.URL("http://x").copy_with(raw_path=path.encode()).path) if "%00" not in path else "/\0"


async def test_trace_is_refused_without_echo(app: Starlette, visitor: httpx.AsyncClient) -> None:
    for path in [*paths(app.routes), "/nothing"]:
        answer = await visitor.request("TRACE", path, headers={"X-Secret": "trace-me"})
        assert answer.status_code in {404, 405}, path
        assert "trace-me" not in answer.text


def test_service_runs_without_debug_mode(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    from records.core.settings import Settings
    from server import create_app

    for name in ("DEBUG", "STARLETTE_DEBUG", "PYTHONDEVMODE", "KETNOI_DEBUG"):
        monkeypatch.setenv(name, "1")
    made = create_app(
        Settings(Path("var"), "127.0.0.1", 8000).with_database_url("postgresql://127.0.0.1/khong-dung")
    )
    assert (app.debug, made.debug) == (False, False)


@pytest.mark.parametrize(
    "path", ["/admin/sign-in", "/graphql", "/health/live", "/admin/static/admin.css", "/none"]
)
async def test_policy_forbids_objects_and_another_base(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, headers={"Accept": "text/html"})
    policy = {part.strip() for part in answer.headers["content-security-policy"].split(";")}
    assert {"object-src 'none'", "base-uri 'none'", "default-src 'none'"} <= policy
