"""What every answer of every route carries: each route there is, asked in every way, also the wrong ones."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from records.core.actor import Role

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STATIC = ("/static/", "/admin/static/")


def paths(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            continue  # what is refused there has them too: see tests/api/transport/test_websocket.py
        if isinstance(route, Mount):
            yield f"{route.path}/nothing.js"
        else:
            assert isinstance(route, Route), f"a kind of route that this test does not know: {route}"
            filled = route.path.replace("{id:uuid}", str(uuid4())).replace("{rest:path}", "nothing")
            assert "{" not in filled, f"say here what stands in {route.path}"
            yield filled


def wrong(answer: httpx.Response) -> list[str]:
    """What the headers of an answer lack."""
    headers = answer.headers
    found = [f"{name}: {headers.get(name)}" for name, value in ALWAYS.items() if headers.get(name) != value]
    policy = [part.strip() for part in headers.get("content-security-policy", "").split(";")]
    if not {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy):
        found.append(f"policy: {policy}")
    if not any(part.startswith("form-action ") for part in policy):
        found.append("the policy lets forms go anywhere")
    if any(
        word in headers["content-security-policy"] for word in ("unsafe", "*", "http:", "https:", "blob:")
    ):
        found.append(f"something unsafe: {policy}")
    located = answer.request.url.path in {"/admin/tips", "/admin/tips/new"}
    if f"geolocation=({'self' if located else ''})" not in headers.get("permissions-policy", ""):
        found.append("permissions-policy")
    static = answer.request.url.path.startswith(STATIC) and answer.status_code == 200
    # The schema is no secret, and who has it may ask whether it is still so.
    if answer.request.url.path == "/schema.graphql" and answer.status_code == 200:
        static = headers.get("cache-control") == "private, no-cache"
    if (headers.get("cache-control") == "no-store") is static:
        found.append(f"cache-control: {headers.get('cache-control')}")
    if len(headers.get("x-request-id", "")) != 32:
        found.append("x-request-id")
    if answer.headers.get("content-type", "").startswith("text/html") and "sandbox" in policy:
        found.append("a page that nobody gave a policy of its own")
    return found


@pytest.fixture
async def visitor(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000"
    ) as client:
        yield client


async def test_security_headers_are_in_every_answer(
    app: Starlette, visitor: httpx.AsyncClient, staff_client: Callable[..., Awaitable[httpx.AsyncClient]]
) -> None:
    every = [*paths(app.routes), "/nothing", "/admin/static/admin.css", "/static/api/graphiql.js"]
    assert len(every) > 60
    statuses = set()
    for client, methods in ((visitor, METHODS), (await staff_client(Role.COMMANDER), METHODS[:3:2])):
        for path in every:
            for method in methods:
                answer = await client.request(method, path, headers={"Accept": "text/html"})
                assert wrong(answer) == [], (method, path, answer.status_code)
                assert "server" not in answer.headers
                statuses.add(answer.status_code)
    assert statuses >= {200, 303, 307, 400, 403, 404, 405, 415, 422}


async def test_security_headers_are_in_early_refusals(app: Starlette, visitor: httpx.AsyncClient) -> None:
    large = await visitor.post("/admin/sign-in", headers={"Content-Length": str(65 * 1024**2)}, content=b"")
    assert (large.status_code, wrong(large)) == (413, [])


async def test_security_headers_are_in_internal_errors(app: Starlette, visitor: httpx.AsyncClient) -> None:
    async def broken(_request: Request) -> Response:
        raise RuntimeError("a text that nobody may see")

    app.router.routes.insert(0, Route("/broken", broken))
    try:
        answer = await visitor.get("/broken")
    finally:
        del app.router.routes[0]
    assert (answer.status_code, wrong(answer)) == (500, [])
    assert answer.headers["x-request-id"] in answer.text
    assert "nobody may see" not in answer.text


async def test_security_headers_cannot_be_loosened_by_route(
    app: Starlette, visitor: httpx.AsyncClient
) -> None:
    async def loose(_request: Request) -> Response:
        headers = {
            "Content-Security-Policy": "script-src *",
            "Cache-Control": "public",
            "X-Frame-Options": "x",
        }
        return HTMLResponse("<p>", headers=headers)

    app.router.routes.insert(0, Route("/admin/loose", loose))
    try:
        assert wrong(await visitor.get("/admin/loose")) == []
    finally:
        del app.router.routes[0]


@pytest.mark.parametrize(("scheme", "told"), [("https", True), ("http", False)])
async def test_hsts_header_is_in_every_answer_when_tls_is_on(
    app: Starlette, scheme: str, *, told: bool
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1"
    ) as client:
        for path in (
            "/",
            "/health/live",
            "/admin",
            "/graphql",
            "/oauth/token",
            "/nothing",
            "/admin/static/admin.css",
        ):
            assert ("strict-transport-security" in (await client.get(path)).headers) is told
