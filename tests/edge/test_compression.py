"""Answers are small on the way, stay right in caches, and give no secret away by their length."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

import edge
from edge import zstandard
from records.core.actor import Role
from tests.admin.forms import hidden, some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TEXT = "Tổ tự quản mẫu " * 500


async def _text(_request: Request) -> Response:
    return PlainTextResponse(TEXT, headers={"ETag": '"strong"'})


async def _short(_request: Request) -> Response:
    return PlainTextResponse("short")


async def _picture(_request: Request) -> Response:
    return Response(bytes(9000), media_type="image/jpeg")


async def _parts(_request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        for _ in range(3):
            yield TEXT

    return StreamingResponse(parts(), media_type=_request.query_params["type"])


SMALL = Starlette(
    routes=[
        Route("/text", _text),
        Route("/short", _short),
        Route("/picture", _picture),
        Route("/parts", _parts),
    ],
    middleware=edge.build_middleware(["*"]),
)


async def raw(app: Starlette, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
    """The headers of an answer and its bytes as they are sent."""
    sent: list[Any] = []
    asked: list[str] = []
    path, _question, query = path.partition("?")
    given = {"host": "127.0.0.1:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}

    async def receive() -> Message:
        if asked:
            await asyncio.Event().wait()
        asked.append(path)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    async with asyncio.timeout(20):
        await app(scope, receive, send)
    kept = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return kept, b"".join(message.get("body", b"") for message in sent[1:])


def plain(headers: dict[str, str], body: bytes) -> bytes:
    """The content of an answer."""
    decode = {"gzip": gzip.decompress, "zstd": zstandard.decompress}.get(headers.get("content-encoding", ""))
    return decode(body) if decode else body


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "zstd"),
        ("zstd;q=0, gzip;q=0.1", "gzip"),
        ("br", None),
        ("identity", None),
        ("*", "zstd"),
        ("", None),
    ],
)
async def test_coding_follows_preference_of_client(accepted: str, coding: str | None) -> None:
    headers, body = await raw(SMALL, "/text", accept_encoding=accepted)
    assert headers.get("content-encoding") == coding
    assert plain(headers, body).decode() == TEXT
    assert int(headers["content-length"]) == len(body)
    assert "accept-encoding" in headers["vary"].lower()
    assert headers["etag"] == ('W/"strong"' if coding else '"strong"')


@pytest.mark.parametrize("path", ["/short", "/picture", "/parts?type=text/event-stream"])
async def test_answer_is_not_compressed_when_it_gains_nothing(path: str) -> None:
    headers, body = await raw(SMALL, path, accept_encoding="gzip, zstd")
    assert "content-encoding" not in headers
    assert body


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_stream_is_compressed_part_by_part(coding: str) -> None:
    headers, body = await raw(SMALL, "/parts?type=text/plain", accept_encoding=coding)
    assert headers["content-encoding"] == coding
    assert plain(headers, body).decode() == TEXT * 3


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_answer_is_not_compressed_when_another_site_asks(site: str) -> None:
    headers, _body = await raw(SMALL, "/text", accept_encoding="gzip, zstd", sec_fetch_site=site)
    assert "content-encoding" not in headers


@pytest.mark.parametrize("path", ["/docs", "/schema.graphql", "/admin/sign-in"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_pages_and_schema_are_compressed(app: Starlette, path: str, coding: str) -> None:
    headers, body = await raw(app, path, accept_encoding=coding)
    assert headers["content-encoding"] == coding
    assert len(body) < len(plain(headers, body)) / 2


async def test_json_is_compressed(api: httpx.AsyncClient) -> None:
    answer = await api.post("/graphql", json={"query": "{ __schema { types { name description } } }"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "data" in answer.json()


@pytest.mark.parametrize("coding", ["gzip", "zstd", ""])
async def test_schema_is_not_sent_again_when_its_tag_is_known(app: Starlette, coding: str) -> None:
    headers, body = await raw(app, "/schema.graphql", accept_encoding=coding)
    assert body
    again, body = await raw(app, "/schema.graphql", accept_encoding=coding, if_none_match=headers["etag"])
    assert body == b""
    assert again["etag"].removeprefix("W/") == headers["etag"].removeprefix("W/")


async def test_static_files_are_cached_by_hash(app: Starlette) -> None:
    pages = [
        (await raw(app, path, accept="text/html"))[1].decode()
        for path in ("/graphql", "/docs", "/admin/sign-in")
    ]
    files = {
        found for page in pages for found in re.findall(r'(?:src|href)="(/[\w/]*static/[^"#]+)[#"]', page)
    }
    assert len(files) >= 14
    for file in files:
        headers, body = await raw(app, file)
        assert headers["cache-control"] == "public, max-age=31536000, immutable", file
        small, compressed = await raw(app, file, accept_encoding="zstd")
        assert plain(small, compressed) == body
        assert len(body) < 1024 or len(compressed) < len(body)
        assert (small["etag"] != headers["etag"]) is (len(body) >= 1024)
        _again, nothing = await raw(app, file, accept_encoding="zstd", if_none_match=small["etag"])
        assert nothing == b""
        other, _body = await raw(app, file.partition("?")[0])
        assert other["cache-control"] == "public, no-cache"
        wrong, _body = await raw(app, f"{file}0")
        assert wrong["cache-control"] == "public, no-cache"


async def test_graphiql_start_is_compressed_to_half(app: Starlette) -> None:
    page = (await raw(app, "/graphql", accept="text/html"))[1].decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    whole = sum([len((await raw(app, file))[1]) for file in files])
    small = sum([len((await raw(app, file, accept_encoding="zstd"))[1]) for file in files])
    assert small < whole / 2


async def test_form_token_differs_in_each_form(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER)
    pages = [(await client.get("/admin")).text for _ in range(5)]
    tokens = [token for page in pages for token in re.findall(r'name="csrf" value="([^"]+)"', page)]
    assert len(tokens) >= 10
    assert len(set(tokens)) == len(tokens)
    pieces = {token[start : start + 12] for token in tokens for start in range(len(token) - 12)}
    assert len(pieces) == sum(len(token) - 12 for token in tokens)
    for token in tokens[:3]:
        sent = {"csrf": token, "language": "en", "next": "/admin"}
        assert (await client.post("/admin/language", data=sent)).status_code == 303


async def test_form_token_is_refused_when_it_is_of_another_session(staff_client: SignIn) -> None:
    client, other = await staff_client(Role.COMMANDER), await staff_client(Role.COMMANDER)
    own = hidden((await client.get("/admin")).text, "csrf")
    foreign = hidden((await other.get("/admin")).text, "csrf")
    tip = await some_tip()
    for token in (foreign, own[:-4], own[::-1], own + "AAAA", "", "é", "=", "A" * len(own)):
        sent = {"csrf": token, "note": "Thử"}
        assert (await client.post(f"/admin/tips/{tip.id}/note", data=sent)).status_code == 403


async def test_single_use_tokens_differ_in_each_page(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER)
    pages = [(await client.get("/admin/tips/new")).text for _ in range(2)]
    assert hidden(pages[0], "idempotency_key") != hidden(pages[1], "idempotency_key")
